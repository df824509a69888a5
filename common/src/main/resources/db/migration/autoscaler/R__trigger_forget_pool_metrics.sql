CREATE OR REPLACE TRIGGER forget_pool_metrics AFTER DELETE ON autoscaler.pools
  FOR EACH ROW EXECUTE FUNCTION autoscaler.forget_pool_metrics();
