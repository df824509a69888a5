DROP TABLE coordination.ai_usage_tracking, coordination.documents, coordination.users;
DELETE FROM coordination.flyway_schema_history WHERE version = '202611211410';
