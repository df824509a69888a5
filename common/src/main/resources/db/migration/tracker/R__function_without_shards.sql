-- Directives less the shards that are done with; a drain directive without shards is dropped, no directives at all is NULL.
CREATE OR REPLACE FUNCTION tracker.without_shards(p_directives jsonb, p_shards integer[])
RETURNS jsonb
LANGUAGE sql
IMMUTABLE
SET search_path = ''
AS $$
  SELECT jsonb_agg(kept.directive)
    FROM (SELECT CASE WHEN d ? 'shards' THEN d || jsonb_build_object('shards',
                   (SELECT coalesce(jsonb_agg(s), '[]') FROM jsonb_array_elements(d -> 'shards') AS s WHERE s::integer <> ALL (p_shards)))
                 ELSE d END AS directive
            FROM jsonb_array_elements(p_directives) AS d) AS kept
   WHERE NOT kept.directive ? 'shards' OR jsonb_array_length(kept.directive -> 'shards') > 0
$$;
