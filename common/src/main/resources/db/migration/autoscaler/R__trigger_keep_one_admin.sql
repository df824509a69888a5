DROP TRIGGER IF EXISTS keep_one_admin_deleted ON autoscaler.users;
CREATE TRIGGER keep_one_admin_deleted BEFORE DELETE ON autoscaler.users
  FOR EACH ROW WHEN (OLD.role = 'ADMIN' AND OLD.is_active) EXECUTE FUNCTION autoscaler.keep_one_admin();

DROP TRIGGER IF EXISTS keep_one_admin_changed ON autoscaler.users;
CREATE TRIGGER keep_one_admin_changed BEFORE UPDATE ON autoscaler.users
  FOR EACH ROW WHEN (OLD.role = 'ADMIN' AND OLD.is_active AND NOT (NEW.role = 'ADMIN' AND NEW.is_active))
  EXECUTE FUNCTION autoscaler.keep_one_admin();
