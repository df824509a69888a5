-- cache_hits_take 1: the counts since the last time, or those that were taken and not yet thrown away.
-- KEYS: 1 the hash of counts, 2 the hash of counts that were taken
-- ARGV: 1 a name for them, if they are new
-- Reply: fields and counts; the field #id has their name. Empty: nothing was counted.
if redis.call('EXISTS', KEYS[2]) == 0 then
  if redis.call('EXISTS', KEYS[1]) == 0 then
    return {}
  end
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[2], '#id', ARGV[1])
end
return redis.call('HGETALL', KEYS[2])
