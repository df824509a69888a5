-- The bucket of a value on a logarithmic scale: 0 for 0, k for values in (0.0001 * 1.02^(k-2), 0.0001 * 1.02^(k-1)], -k for those below 0.
-- The middle of a bucket, 0.0001 * 1.02^(k-1) * 2 / 2.02, is off by less than 1 % from all that fall into it. Readers know this scale.
CREATE OR REPLACE FUNCTION coordination.metric_bucket(p_value numeric)
RETURNS integer
LANGUAGE sql
IMMUTABLE
SET search_path = ''
AS $$
  SELECT CASE WHEN p_value = 0 THEN 0
              ELSE sign(p_value)::integer * (ceil(ln(abs(p_value)::float8 * 10000) / ln(1.02::float8))::integer + 1) END
$$;
