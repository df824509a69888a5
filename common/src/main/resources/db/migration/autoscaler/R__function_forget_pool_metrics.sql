-- What a deleted pool leaves in tables that name it without a foreign key, as 0 there means the node itself.
CREATE OR REPLACE FUNCTION autoscaler.forget_pool_metrics()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
  DELETE FROM autoscaler.metrics_rollup r
   USING (SELECT node_id FROM autoscaler.metric_series WHERE pool_id = OLD.id UNION SELECT OLD.node_id) AS of
   WHERE r.node_id = of.node_id AND r.pool_id = OLD.id;
  DELETE FROM autoscaler.metric_series WHERE pool_id = OLD.id;
  RETURN NULL;
END
$$;
