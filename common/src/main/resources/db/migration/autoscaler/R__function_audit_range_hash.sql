-- sha256(the seal before || the rows from p_from to p_to), and how many rows these are. Seals and their verification both ask here.
CREATE OR REPLACE FUNCTION autoscaler.audit_range_hash(p_prev bytea, p_from bigint, p_to bigint, OUT sha256 bytea, OUT rows integer)
LANGUAGE plpgsql STABLE
SET search_path = ''
AS $$
BEGIN
  SELECT pg_catalog.sha256(coalesce(p_prev, '') || convert_to(coalesce(string_agg(autoscaler.audit_canonical(a), E'\n' ORDER BY a.id), ''), 'UTF8')),
         count(*)
    INTO sha256, rows
    FROM autoscaler.audit_logs a
   WHERE a.id BETWEEN p_from AND p_to;
END
$$;
