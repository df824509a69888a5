-- The seed keeps JSON in columns of type text. What some other writer put there that is no JSON is shown as a string, not as an error.
CREATE OR REPLACE FUNCTION autoscaler.json_of_text(p_text text)
RETURNS json
LANGUAGE plpgsql
IMMUTABLE
SET search_path = ''
AS $$
BEGIN
  RETURN p_text::json;
EXCEPTION WHEN invalid_text_representation THEN
  RETURN to_json(p_text);
END
$$;
