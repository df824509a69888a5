-- What Discord told a bot (GET /gateway/bot, session_start_limit). Before our reset time the smaller count is right, as other bots may
-- have grants under way; after it, Discord's count replaces ours.
CREATE OR REPLACE FUNCTION tracker.report_session_limit(
  p_application text, p_total integer, p_remaining integer, p_reset_after_ms bigint, p_max_concurrency integer, p_shards integer DEFAULT NULL)
RETURNS tracker.applications
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  a tracker.applications;
BEGIN
  PERFORM tracker.set_application(p_application, p_max_concurrency);
  UPDATE tracker.applications t
     SET total = p_total,
         remaining = CASE WHEN t.reported_at IS NULL OR t.reset_at <= clock_timestamp()
           THEN greatest(p_remaining - CASE WHEN t.reported_at IS NULL THEN spent.n ELSE 0 END, 0) ELSE least(t.remaining, p_remaining) END,
         reset_at = clock_timestamp() + p_reset_after_ms * interval '1 ms', reported_at = clock_timestamp(), reported_shards = p_shards
    FROM (SELECT count(*)::integer AS n FROM tracker.identify_grants g
           WHERE g.application_id = p_application AND g.slot_at > clock_timestamp()) AS spent
   WHERE t.application_id = p_application
  RETURNING t.* INTO a;
  RETURN a;
END
$$;
