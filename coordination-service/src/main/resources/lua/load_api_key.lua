-- Puts a model's keys in as PostgreSQL has them. A slot that is out stays out while its key is the same.
-- KEYS[1] api_key:{model}
-- ARGV[1..3] primary: envelope, version, ms since 1970 when it retires; ARGV[4..6] the same of the fallback; '' for none
-- ARGV[7] leases so far, ARGV[8] last rotated, ms since 1970
-- Reply: 1
local kept = {}
for i, slot in ipairs({'primary', 'fallback'}) do
  local version = ARGV[i * 3 - 1]
  if version ~= '' then
    if redis.call('HGET', KEYS[1], slot .. '_version') == version then
      for _, field in ipairs({slot .. '_out_until', slot .. '_failed_at'}) do
        local value = redis.call('HGET', KEYS[1], field)
        if value then
          table.insert(kept, field)
          table.insert(kept, value)
        end
      end
    end
    table.insert(kept, slot)
    table.insert(kept, ARGV[i * 3 - 2])
    table.insert(kept, slot .. '_version')
    table.insert(kept, version)
    if ARGV[i * 3] ~= '' then
      table.insert(kept, slot .. '_retire_at')
      table.insert(kept, ARGV[i * 3])
    end
  end
end
redis.call('DEL', KEYS[1])
if #kept > 0 then
  redis.call('HSET', KEYS[1], 'usage_count', ARGV[7], 'last_rotated', ARGV[8], unpack(kept))
end
return 1
