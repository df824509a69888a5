-- A release without shards names what it gave back. Asked again it must say the same, when there is nothing left to give.
ALTER TABLE tracker.instances ADD farewell jsonb;
COMMENT ON COLUMN tracker.instances.farewell IS 'What the release that ended its stay answered; NULL once it has come back';
