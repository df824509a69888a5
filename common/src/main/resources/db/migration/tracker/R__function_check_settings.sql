-- Bounds of every setting of a cluster, named one by one. NULL: not given. Errors: 22023 invalid_setting, DETAIL: JSON
-- with setting, min and max.
CREATE OR REPLACE FUNCTION tracker.check_settings(p_settings jsonb)
RETURNS void
LANGUAGE plpgsql
IMMUTABLE
SET search_path = ''
AS $$
DECLARE
  b record;
BEGIN
  FOR b IN
    SELECT v.name, v.low, v.high, (p_settings ->> v.name)::numeric AS given
      FROM (VALUES ('max_concurrency', 1::numeric, 4096::numeric), ('shard_multiple', 1, 1024), ('lease_ttl_ms', 2000, 600000),
                   ('heartbeat_interval_ms', 1, coalesce((p_settings ->> 'lease_ttl_ms')::numeric, 600000) / 3),
                   ('takeover_grace_ms', 0, 60000), ('resume_max_age_ms', 0, 3600000), ('identify_use_within_ms', 50, 10000),
                   ('max_moves_per_minute', 1, 10000), ('identify_reserve', 0, 1000000)) AS v (name, low, high)
  LOOP
    IF b.given NOT BETWEEN b.low AND b.high THEN
      RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_setting',
        MESSAGE = format('%s must be between %s and %s', b.name, b.low, trunc(b.high)),
        DETAIL = jsonb_build_object('setting', b.name, 'min', b.low, 'max', trunc(b.high));
    END IF;
  END LOOP;
  IF p_settings ->> 'fencing_mode' NOT IN ('strict', 'available') THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_setting', MESSAGE = 'fencing_mode must be strict or available';
  ELSIF length(p_settings ->> 'application_id') NOT BETWEEN 1 AND 253 THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_setting', MESSAGE = 'application_id must have 1 to 253 characters';
  END IF;
END
$$;
