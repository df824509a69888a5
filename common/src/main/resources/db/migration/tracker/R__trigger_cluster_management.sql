CREATE OR REPLACE TRIGGER trigger_update_cluster_management_updated_at
  BEFORE UPDATE ON tracker.cluster_management
  FOR EACH ROW EXECUTE FUNCTION tracker.update_updated_at_column();

-- Our own functions write this table from the leases and say so; everybody else's writes are mirrored into them.
CREATE OR REPLACE TRIGGER trigger_guard_cluster_management
  BEFORE INSERT ON tracker.cluster_management
  FOR EACH ROW WHEN (coalesce(current_setting('tracker.sync', true), '') <> 'off')
  EXECUTE FUNCTION tracker.mirror_cluster_management();

CREATE OR REPLACE TRIGGER trigger_guard_cluster_management_move
  BEFORE UPDATE ON tracker.cluster_management
  FOR EACH ROW
  WHEN ((NEW.cluster_name, NEW.shard_id, NEW.instance_id) IS DISTINCT FROM (OLD.cluster_name, OLD.shard_id, OLD.instance_id)
        AND coalesce(current_setting('tracker.sync', true), '') <> 'off')
  EXECUTE FUNCTION tracker.mirror_cluster_management();

CREATE OR REPLACE TRIGGER trigger_mirror_cluster_management
  AFTER INSERT OR UPDATE OR DELETE ON tracker.cluster_management
  FOR EACH ROW WHEN (coalesce(current_setting('tracker.sync', true), '') <> 'off')
  EXECUTE FUNCTION tracker.mirror_cluster_management();
