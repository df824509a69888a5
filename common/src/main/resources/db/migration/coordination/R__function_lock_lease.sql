-- A lease as the API shows it. Relative time is what a client counts with, instants are for people.
CREATE OR REPLACE FUNCTION coordination.lock_lease(
  p_key text, p_lease uuid, p_holder text, p_mode text, p_permits integer, p_token bigint, p_acquired timestamptz, p_expires timestamptz,
  p_metadata jsonb, p_holds integer, p_at timestamptz)
RETURNS jsonb
LANGUAGE sql
IMMUTABLE
SET search_path = ''
AS $$
  SELECT jsonb_build_object(
    'lock_key', p_key, 'lease_id', p_lease, 'holder', p_holder, 'mode', p_mode, 'permits', p_permits, 'fencing_token', p_token,
    'acquired_at', p_acquired, 'expires_at', p_expires, 'metadata', p_metadata, 'hold_count', p_holds,
    'ttl_remaining_ms', greatest(0, floor(extract(epoch FROM p_expires - p_at) * 1000))::bigint)
$$;
