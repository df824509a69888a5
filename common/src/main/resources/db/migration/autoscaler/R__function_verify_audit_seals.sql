-- Recomputes up to p_most seals after the seal p_after (0: from the first). One row per seal; fault is NULL where it holds. A seal of more
-- than a year ago may be without its rows, all of them: retention takes no younger ones, and no part of what a seal covers.
CREATE OR REPLACE FUNCTION autoscaler.verify_audit_seals(p_after bigint, p_most integer)
RETURNS TABLE (seal_id bigint, from_id bigint, to_id bigint, rows integer, fault text)
LANGUAGE plpgsql STABLE
SET search_path = ''
AS $$
DECLARE
  s      autoscaler.audit_seals;
  before autoscaler.audit_seals;
  now_is record;
BEGIN
  SELECT * INTO before FROM autoscaler.audit_seals WHERE id <= p_after ORDER BY id DESC LIMIT 1;
  FOR s IN SELECT * FROM autoscaler.audit_seals a WHERE a.id > p_after ORDER BY a.id LIMIT p_most LOOP
    seal_id := s.id;
    from_id := s.from_id;
    to_id := s.to_id;
    rows := s.rows;
    fault := NULL;
    IF s.prev IS DISTINCT FROM before.sha256 THEN
      fault := 'it does not build on the seal before it';
    ELSIF s.from_id <> coalesce(before.to_id, 0) + 1 THEN
      fault := 'rows between it and the seal before it are under no seal';
    ELSE
      SELECT h.sha256, h.rows INTO now_is FROM autoscaler.audit_range_hash(s.prev, s.from_id, s.to_id) h;
      IF now_is.rows = 0 AND s.sealed_at < now() - interval '365 days' THEN
        NULL;
      ELSIF now_is.rows <> s.rows THEN
        fault := format('it covers %s rows, and %s are there', s.rows, now_is.rows);
      ELSIF now_is.sha256 <> s.sha256 THEN
        fault := 'a row was changed';
      END IF;
    END IF;
    RETURN NEXT;
    before := s;
  END LOOP;
END
$$;
