-- CASCADE takes the functions and views with it that name the table's row type. They come from repeatable files, so Flyway
-- forgets those and makes them again on the way up.
DROP TABLE tracker.cluster_management CASCADE;
DELETE FROM tracker.flyway_schema_history WHERE version IS NULL;
DELETE FROM tracker.flyway_schema_history WHERE version = '202611210905';
