DROP INDEX IF EXISTS coordination.idx_ai_usage_document_miss;
DROP INDEX IF EXISTS coordination.idx_ai_usage_created_at;
DELETE FROM coordination.flyway_schema_history WHERE version = '202611211461';
