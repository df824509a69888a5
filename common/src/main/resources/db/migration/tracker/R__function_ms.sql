-- An interval in whole milliseconds, as the HTTP contract speaks of durations.
CREATE OR REPLACE FUNCTION tracker.ms(p_interval interval)
RETURNS bigint
LANGUAGE sql
IMMUTABLE
RETURN floor(extract(epoch FROM p_interval) * 1000)::bigint;
