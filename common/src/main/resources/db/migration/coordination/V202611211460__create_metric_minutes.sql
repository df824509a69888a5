-- Minutes whose rollups are behind their rows. Only appended to: with a key, those who send metrics would wait for each other here.
CREATE TABLE coordination.metric_minutes_due (
  minute timestamptz NOT NULL
);
CREATE INDEX idx_metric_minutes_due_minute ON coordination.metric_minutes_due (minute);

ALTER TABLE coordination.metric_minutes_due ENABLE ROW LEVEL SECURITY;
ALTER TABLE coordination.metric_minutes_due FORCE ROW LEVEL SECURITY;
CREATE POLICY service_access ON coordination.metric_minutes_due
FOR ALL USING ((auth.jwt() ->> 'role') = 'service_role') WITH CHECK ((auth.jwt() ->> 'role') = 'service_role');
GRANT SELECT, INSERT, UPDATE, DELETE ON coordination.metric_minutes_due TO coordination_role;

-- Old rollups are found by it.
CREATE INDEX idx_performance_metric_rollups_minute ON coordination.performance_metric_rollups (minute);
