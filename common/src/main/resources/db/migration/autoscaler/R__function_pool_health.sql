-- The status of a pool by its number of instances: one that is outside the limits is reported, not refused. An error stays until the
-- agent takes it back.
CREATE OR REPLACE FUNCTION autoscaler.pool_health(p_status autoscaler.pool_status, p_current integer, p_min integer, p_max integer)
RETURNS autoscaler.pool_status
LANGUAGE sql
IMMUTABLE
SET search_path = ''
AS $$
  SELECT CASE WHEN p_status = 'error' THEN p_status
              WHEN p_current NOT BETWEEN p_min AND p_max THEN 'warning'::autoscaler.pool_status
              ELSE 'healthy'::autoscaler.pool_status END
$$;
