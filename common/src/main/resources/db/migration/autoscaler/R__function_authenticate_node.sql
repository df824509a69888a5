-- Finds the node of a key and narrows the rest of the transaction to that node's rows. Every call of a node begins with it, in the same
-- statement, so that a revoked key is refused from the commit of its revocation on. p_node_id is the node in the address: one that is
-- not the key's is refused alike whether it exists or not, so that ids cannot be probed.
CREATE OR REPLACE FUNCTION autoscaler.authenticate_node(p_key_hash text, p_node_id integer, p_ip text)
RETURNS integer
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  k record;
BEGIN
  SELECT id, node_id, expires_at, revoked_at, last_used_at, last_used_ip INTO k
    FROM autoscaler.node_api_keys WHERE key_hash = p_key_hash;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'AS401', CONSTRAINT = 'key_unknown', MESSAGE = 'no node has this key',
      HINT = 'take a new one: POST /api/v1/nodes/{id}/api-key/rotate';
  ELSIF k.revoked_at IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'AS401', CONSTRAINT = 'key_revoked', MESSAGE = 'the key was revoked',
      HINT = 'take a new one: POST /api/v1/nodes/{id}/api-key/rotate';
  ELSIF k.expires_at <= now() THEN
    RAISE EXCEPTION USING ERRCODE = 'AS401', CONSTRAINT = 'key_expired', MESSAGE = 'the key was rotated and its grace is over',
      HINT = 'use the newer key';
  ELSIF k.node_id <> p_node_id THEN
    RAISE EXCEPTION USING ERRCODE = 'AS403', CONSTRAINT = 'node_mismatch', MESSAGE = 'the key belongs to another node';
  END IF;
  PERFORM set_config('autoscaler.node_id', k.node_id::text, true);
  -- Once a minute is enough to see which keys are in use, and spares the hot path a write.
  IF k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 min' OR k.last_used_ip IS DISTINCT FROM p_ip THEN
    UPDATE autoscaler.node_api_keys SET last_used_at = now(), last_used_ip = p_ip WHERE id = k.id;
  END IF;
  RETURN k.node_id;
END
$$;
