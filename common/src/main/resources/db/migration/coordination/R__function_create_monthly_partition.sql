-- The seed's function: this month, and three ahead, so that the first row of a month finds its place even if the job missed a day.
CREATE OR REPLACE FUNCTION coordination.create_monthly_partition()
RETURNS void
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
  FOR ahead IN 0..3 LOOP
    -- Months are added in UTC: in a zone behind it, the 1st is the last of the month before.
    PERFORM coordination.ensure_metric_partition(
      (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => ahead)) AT TIME ZONE 'UTC');
  END LOOP;
END
$$;
