-- Chooses the key to lease: the primary, or the fallback where the primary is out or retired; counts the lease.
-- KEYS[1] api_key:{model}, KEYS[2] leases that PostgreSQL does not know of yet, a hash by model|version
-- ARGV[1] model
-- Reply: {'ok', slot, version, envelope}; {'absent'}: load it; {'retired'}: its time is over, load it again;
-- {'out', ms}: no key can be leased for so long
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local retired = false
local wait = -1
local known = false
for _, slot in ipairs({'primary', 'fallback'}) do
  local k = redis.call('HMGET', KEYS[1], slot, slot .. '_version', slot .. '_retire_at', slot .. '_out_until')
  if k[1] then
    known = true
    local out = tonumber(k[4] or '0') - now
    if k[3] and tonumber(k[3]) <= now then
      retired = true
    elseif out > 0 then
      if wait < 0 or out < wait then wait = out end
    else
      redis.call('HINCRBY', KEYS[1], 'usage_count', 1)
      redis.call('HSET', KEYS[1], 'active_slot', slot)
      redis.call('HINCRBY', KEYS[2], ARGV[1] .. '|' .. k[2], 1)
      return {'ok', slot, tonumber(k[2]), k[1]}
    end
  end
end
if not known then return {'absent'} end
if retired then return {'retired'} end
return {'out', wait}
