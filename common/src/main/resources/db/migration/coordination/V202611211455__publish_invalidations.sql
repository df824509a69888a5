-- Ids of the outbox are taken before their transactions commit, so a reader that goes by them may pass one that is still to come. What is
-- done gets a position, and only one transaction at a time gives positions out: whoever has seen one has seen all before it.
CREATE TABLE coordination.cache_invalidation_position (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  last     bigint NOT NULL DEFAULT 0
);
INSERT INTO coordination.cache_invalidation_position DEFAULT VALUES;

ALTER TABLE coordination.cache_invalidation_outbox ADD COLUMN position bigint;
CREATE UNIQUE INDEX idx_cache_invalidation_outbox_position ON coordination.cache_invalidation_outbox (position) WHERE position IS NOT NULL;
