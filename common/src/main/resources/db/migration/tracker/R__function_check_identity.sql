-- Bounds of the two names that every function takes. Errors: 22023.
CREATE OR REPLACE FUNCTION tracker.check_identity(p_cluster text, p_instance text)
RETURNS void
LANGUAGE plpgsql
IMMUTABLE
SET search_path = ''
AS $$
BEGIN
  IF p_cluster IS NULL OR length(p_cluster) NOT BETWEEN 1 AND 253 THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_cluster_name',
      MESSAGE = 'cluster_name must have 1 to 253 characters';
  END IF;
  IF p_instance IS NULL OR length(p_instance) NOT BETWEEN 1 AND 253 OR p_instance ~ '[[:cntrl:]/]' THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_instance_id',
      MESSAGE = 'instance_id must have 1 to 253 characters, no control characters and no "/"';
  END IF;
END
$$;
