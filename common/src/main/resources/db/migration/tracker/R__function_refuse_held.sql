-- The one wording for a direct write that would take a shard from its live holder.
CREATE OR REPLACE FUNCTION tracker.refuse_held(l tracker.shard_leases)
RETURNS void
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = '23505', CONSTRAINT = 'shard_held',
    MESSAGE = format('shard %s of cluster %s is leased to %s (epoch %s)', l.shard_id, l.cluster_name, l.instance_id, l.epoch),
    HINT = 'its holder must release it, or its lease run out, first';
END
$$;
