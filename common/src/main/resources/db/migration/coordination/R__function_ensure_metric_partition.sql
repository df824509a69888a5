-- Makes the month of an instant, if it is not there. Bounds are instants in UTC and the name is UTC's month, whatever the session's zone:
-- bounds as dates left a gap and then stood in the next month's way. No grant and no policy on a partition: it is reached through its parent.
CREATE OR REPLACE FUNCTION coordination.ensure_metric_partition(p_ts timestamptz)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  month timestamp := date_trunc('month', p_ts AT TIME ZONE 'UTC');
  partition_name text := 'performance_metrics_' || to_char(month, 'YYYY_MM');
BEGIN
  IF to_regclass('coordination.' || quote_ident(partition_name)) IS NOT NULL THEN
    RETURN;
  END IF;
  -- Two sessions that make one month would fail on each other.
  PERFORM pg_advisory_xact_lock(hashtextextended('coordination.' || partition_name, 0));
  EXECUTE format('CREATE TABLE IF NOT EXISTS coordination.%I PARTITION OF coordination.performance_metrics FOR VALUES FROM (%L) TO (%L)',
                 partition_name, month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
  EXECUTE format('ALTER TABLE coordination.%I ENABLE ROW LEVEL SECURITY', partition_name);
  EXECUTE format('ALTER TABLE coordination.%I FORCE ROW LEVEL SECURITY', partition_name);
  EXECUTE format('REVOKE ALL ON coordination.%I FROM PUBLIC, anon, authenticated, coordination_role', partition_name);
END
$$;
REVOKE EXECUTE ON FUNCTION coordination.ensure_metric_partition(timestamptz) FROM PUBLIC;
