DROP TABLE autoscaler.events;
DELETE FROM autoscaler.flyway_schema_history WHERE version = '202611211230';
