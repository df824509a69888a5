-- A deleted document's cache rows go by foreign key before any trigger of documents runs, and with them the keys. So the rows themselves
-- tell, once per statement. Rows that had expired are the cleanup's, and nobody need hear of them; nor of those that go because their values
-- are being deleted (coordination.invalidating).
CREATE OR REPLACE FUNCTION coordination.outbox_deleted_cache_keys()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  written bigint;
BEGIN
  IF coalesce(current_setting('coordination.invalidating', true), '') = 'on' THEN
    RETURN NULL;
  END IF;
  INSERT INTO coordination.cache_invalidation_outbox (payload, keys)
  SELECT jsonb_build_object('operation', 'DELETE', 'table', 'cache_metadata', 'timestamp', now()), array_agg(gone.cache_key)
    FROM gone WHERE gone.expires_at > now()
  HAVING count(*) > 0
  RETURNING id INTO written;
  IF written IS NOT NULL AND coalesce(current_setting('coordination.bulk', true), '') <> 'on' THEN
    PERFORM pg_notify('cache_invalidation', jsonb_build_object('operation', 'DELETE', 'table', 'cache_metadata', 'outbox_id', written)::text);
  END IF;
  RETURN NULL;
END
$$;
