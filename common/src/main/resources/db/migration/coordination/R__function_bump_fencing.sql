-- After a restore or a fail-over to a standby that lagged, the sequence may give out tokens once more: step over all that can have been given.
CREATE OR REPLACE FUNCTION coordination.bump_fencing(p_by bigint DEFAULT 1000000)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  raised bigint;
BEGIN
  IF p_by < 1 OR p_by > 1000000000000 THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_value', MESSAGE = 'the step must be between 1 and 10^12';
  END IF;
  -- Two at once must not set the same value.
  PERFORM pg_advisory_xact_lock(hashtextextended('coordination.lock_fencing_seq', 7));
  raised := setval('coordination.lock_fencing_seq', nextval('coordination.lock_fencing_seq') + p_by);
  INSERT INTO coordination.lock_audit (lock_key, event, fencing_token, reason) VALUES ('*', 'bumped', raised, format('by %s', p_by));
  RETURN raised;
END
$$;
