-- The incarnation of those that have none: bots that use the seed's table and functions directly.
CREATE OR REPLACE FUNCTION tracker.unfenced()
RETURNS uuid
LANGUAGE sql
IMMUTABLE
RETURN '00000000-0000-0000-0000-000000000000'::uuid;
