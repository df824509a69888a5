-- The seed's trigger function. The outbox row is the truth and is written with the change; the notification only rings. The patterns are
-- the seed's, which match none of its keys: who empties the cache goes by the exact keys that cache_metadata knows.
CREATE OR REPLACE FUNCTION coordination.notify_cache_invalidation()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  subject uuid := coalesce(NEW.id, OLD.id);
  payload jsonb := jsonb_build_object('operation', TG_OP, 'table', TG_TABLE_NAME, 'id', subject, 'timestamp', now());
  known text[] := '{}';
  written bigint;
BEGIN
  CASE TG_TABLE_NAME
    WHEN 'documents' THEN
      payload := payload || jsonb_build_object('invalidate_patterns',
        jsonb_build_array('cache:doc:*:' || subject || ':*', 'cache:enhance:*:' || subject || ':*'));
      SELECT coalesce(array_agg(m.cache_key), '{}') INTO known
        FROM coordination.cache_metadata m WHERE m.document_id = subject AND m.expires_at > now();
    WHEN 'users' THEN
      payload := payload || jsonb_build_object('invalidate_patterns',
        jsonb_build_array('rl:*:' || subject || ':*', 'session:' || subject || ':*'));
    ELSE
      -- Another table that somebody put the trigger on: its payload has no patterns, and its change goes through.
      payload := payload;
  END CASE;
  INSERT INTO coordination.cache_invalidation_outbox (payload, keys) VALUES (payload, known) RETURNING id INTO written;
  -- A bulk change writes its rows only: notifications make commits wait for each other, and the sweep finds the rows anyway.
  IF coalesce(current_setting('coordination.bulk', true), '') <> 'on' THEN
    PERFORM pg_notify('cache_invalidation', (payload || jsonb_build_object('outbox_id', written))::text);
  END IF;
  RETURN coalesce(NEW, OLD);
END
$$;
