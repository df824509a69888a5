-- Whoever inserts metrics, the service or the database's own jobs: their minutes have to be rolled up (again). In the same transaction,
-- so that no row is missed.
CREATE OR REPLACE FUNCTION coordination.note_metric_minutes()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
  INSERT INTO coordination.metric_minutes_due (minute) SELECT DISTINCT date_trunc('minute', added.timestamp, 'UTC') FROM added;
  RETURN NULL;
END
$$;
