-- cache_hits_drop 1: throws counts away that PostgreSQL has, and no others that were taken since.
-- KEYS: 1 the hash of counts that were taken
-- ARGV: 1 their name
-- Reply: 1 thrown away, 0 not there any more.
if redis.call('HGET', KEYS[1], '#id') == ARGV[1] then
  return redis.call('UNLINK', KEYS[1])
end
return 0
