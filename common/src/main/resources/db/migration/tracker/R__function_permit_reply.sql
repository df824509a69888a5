-- A permit as its holder is told, at p_now. When the slot has begun (a repeated request), what is left of its window counts.
CREATE OR REPLACE FUNCTION tracker.permit_reply(p tracker.identify_grants, a tracker.applications, p_now timestamptz)
RETURNS jsonb
LANGUAGE sql
IMMUTABLE
SET search_path = ''
AS $$
  SELECT jsonb_build_object(
    'permit_id', p.permit_id, 'bucket', p.bucket,
    -- Rounded up, and the window down: the pod may be late within the slot, never early.
    'identify_in_ms', greatest(ceil(extract(epoch FROM p.slot_at - p_now) * 1000)::bigint, 0),
    'use_within_ms', greatest(least(tracker.ms(p.use_within) - 1, tracker.ms(p.slot_at + p.use_within - p_now)), 0),
    'remaining', a.remaining, 'reset_in_ms', tracker.ms(greatest(a.reset_at - p_now, '0')))
$$;
