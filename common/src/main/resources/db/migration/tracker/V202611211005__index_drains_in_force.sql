-- Every acquire asks whether a drain shuts its instance out. Drains stay in force after they are done, until they are cancelled.
CREATE INDEX idx_drains_in_force ON tracker.drains (cluster_name)
  WHERE state IN ('running', 'done') AND kind = 'drain' AND shard_ids IS NULL;
