-- Makes the application if it is new, and sets what is given. A change of max_concurrency deals the shards to other buckets, so every
-- bucket then waits for the latest slot of any: two identifies may not come closer because their bucket was renamed.
CREATE OR REPLACE FUNCTION tracker.set_application(p_application text, p_max_concurrency integer, p_reserve integer DEFAULT NULL)
RETURNS tracker.applications
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  a tracker.applications;
BEGIN
  INSERT INTO tracker.applications (application_id, max_concurrency, reserve)
  VALUES (p_application, coalesce(p_max_concurrency, 1), coalesce(p_reserve, 50))
  ON CONFLICT (application_id) DO NOTHING;
  -- Clusters come before applications in the order of locks, and those of one application by name.
  IF EXISTS (SELECT FROM tracker.applications WHERE application_id = p_application AND max_concurrency <> p_max_concurrency) THEN
    PERFORM FROM tracker.clusters c WHERE c.application_id = p_application ORDER BY c.cluster_name FOR NO KEY UPDATE;
  END IF;
  SELECT * INTO a FROM tracker.applications WHERE application_id = p_application FOR UPDATE;
  IF p_max_concurrency <> a.max_concurrency THEN
    INSERT INTO tracker.identify_buckets AS t (application_id, bucket, next_at)
    SELECT p_application, b, latest.next_at
      FROM generate_series(0, p_max_concurrency - 1) AS b,
           (SELECT max(next_at) AS next_at FROM tracker.identify_buckets WHERE application_id = p_application) AS latest
     WHERE latest.next_at > clock_timestamp()
    ON CONFLICT (application_id, bucket) DO UPDATE SET next_at = greatest(t.next_at, EXCLUDED.next_at);
    UPDATE tracker.clusters SET max_concurrency = p_max_concurrency
     WHERE application_id = p_application AND max_concurrency <> p_max_concurrency;
  END IF;
  UPDATE tracker.applications
     SET max_concurrency = coalesce(p_max_concurrency, max_concurrency), reserve = coalesce(p_reserve, reserve)
   WHERE application_id = p_application
  RETURNING * INTO a;
  RETURN a;
END
$$;
