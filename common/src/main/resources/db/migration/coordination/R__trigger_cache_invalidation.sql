DROP TRIGGER IF EXISTS document_cache_invalidation ON coordination.documents;
CREATE TRIGGER document_cache_invalidation
AFTER UPDATE OR DELETE ON coordination.documents
FOR EACH ROW EXECUTE FUNCTION coordination.notify_cache_invalidation();

DROP TRIGGER IF EXISTS user_cache_invalidation ON coordination.users;
CREATE TRIGGER user_cache_invalidation
AFTER UPDATE ON coordination.users
FOR EACH ROW
WHEN (OLD.subscription_tier IS DISTINCT FROM NEW.subscription_tier)
EXECUTE FUNCTION coordination.notify_cache_invalidation();

-- The seed forgets the user who is deleted: his windows and sessions would stay.
DROP TRIGGER IF EXISTS user_delete_invalidation ON coordination.users;
CREATE TRIGGER user_delete_invalidation
AFTER DELETE ON coordination.users
FOR EACH ROW EXECUTE FUNCTION coordination.notify_cache_invalidation();

DROP TRIGGER IF EXISTS cache_metadata_delete_invalidation ON coordination.cache_metadata;
CREATE TRIGGER cache_metadata_delete_invalidation
AFTER DELETE ON coordination.cache_metadata
REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION coordination.outbox_deleted_cache_keys();
