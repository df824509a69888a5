-- Takes the leases that PostgreSQL does not know of yet: whoever gets them writes them.
-- KEYS[1] hash by model|version
-- Reply: field, count, field, count, …
local taken = redis.call('HGETALL', KEYS[1])
redis.call('DEL', KEYS[1])
return taken
