-- Puts leases back that could not be written.
-- KEYS[1] hash by model|version
-- ARGV field, count, field, count, …
-- Reply: 1
for i = 1, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
end
return 1
