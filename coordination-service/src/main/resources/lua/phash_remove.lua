-- phash_remove 1: takes documents out of the seed's index.
-- KEYS: 1 the sorted set, 2 the hash of digits
-- ARGV: documents
-- Reply: how many were there.
local gone = 0
for i = 1, #ARGV do
  gone = gone + redis.call('ZREM', KEYS[1], ARGV[i])
  redis.call('HDEL', KEYS[2], ARGV[i])
end
return gone
