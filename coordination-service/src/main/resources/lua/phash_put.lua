-- phash_put 1: shows hashes of documents in the seed's index.
-- KEYS: 1 the sorted set (score: the upper 32 bits, which a double holds exactly), 2 the hash of all 64 bits as hexadecimal digits
-- ARGV: document, digits, document, digits, ...
-- Reply: how many were shown.
for i = 1, #ARGV, 2 do
  redis.call('ZADD', KEYS[1], tonumber(string.sub(ARGV[i + 1], 1, 8), 16), ARGV[i])
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
return #ARGV / 2
