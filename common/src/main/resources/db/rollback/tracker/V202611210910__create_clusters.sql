DROP TABLE tracker.generations, tracker.clusters;
DELETE FROM tracker.flyway_schema_history WHERE version = '202611210910';
