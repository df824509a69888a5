-- Whether a lease no longer protects its shard. The pod stops at expires_at; the service waits the grace on top before it gives the
-- shard away. Unfenced leases (rows written by the seed's clients) have no pod-side deadline, so the seed's threshold alone counts.
CREATE OR REPLACE FUNCTION tracker.lease_over(p_expires_at timestamptz, p_fenced boolean, p_grace interval, p_now timestamptz)
RETURNS boolean
LANGUAGE sql
IMMUTABLE
RETURN p_expires_at + CASE WHEN p_fenced THEN p_grace ELSE interval '0' END <= p_now;
