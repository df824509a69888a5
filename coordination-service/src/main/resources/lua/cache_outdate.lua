-- cache_outdate 1: makes tokens worthless that depend on what has changed. A generation that is not there has none.
-- KEYS: 1 the list of what PostgreSQL has to be told, 2... generations
-- Reply: how long the list is.
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    redis.call('INCR', KEYS[i])
  end
end
return redis.call('LLEN', KEYS[1])
