DROP TABLE tracker.cluster_management;
DELETE FROM tracker.flyway_schema_history WHERE version = '202611210905';
