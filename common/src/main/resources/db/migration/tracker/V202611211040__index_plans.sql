-- Plans are listed newest first.
CREATE INDEX idx_reshards_cluster ON tracker.reshards (cluster_name, id DESC);
CREATE INDEX idx_drains_cluster ON tracker.drains (cluster_name, id DESC);

-- Each step looks for the moves that are still open.
CREATE INDEX idx_shard_moves_open ON tracker.shard_moves (cluster_name, generation, shard_id) WHERE state IN ('planned', 'directed');
