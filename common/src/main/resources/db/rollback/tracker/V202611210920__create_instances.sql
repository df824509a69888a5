DROP TABLE tracker.instances;
DELETE FROM tracker.flyway_schema_history WHERE version = '202611210920';
