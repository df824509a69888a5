-- cache_told 1: forgets what PostgreSQL has been told, unless somebody else has already.
-- KEYS: 1 the list
-- ARGV: 1 its first entry, as it was read, 2 how many entries were told
-- Reply: how long the list is now.
if redis.call('LINDEX', KEYS[1], 0) == ARGV[1] then
  redis.call('LTRIM', KEYS[1], ARGV[2], -1)
end
return redis.call('LLEN', KEYS[1])
