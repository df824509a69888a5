DROP TABLE tracker.identify_grants, tracker.identify_buckets, tracker.applications;
DELETE FROM tracker.flyway_schema_history WHERE version = '202611210925';
