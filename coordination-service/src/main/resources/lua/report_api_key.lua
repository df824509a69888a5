-- Notes that the provider refused a key. The second refusal within the window takes the slot out.
-- KEYS[1] api_key:{model}
-- ARGV[1] slot, ARGV[2] version, ARGV[3] window in ms, ARGV[4] ms that the slot stays out
-- Reply: 0: it is not the slot's key any more, 1: noted, 2: out from now on, 3: out already
local slot = ARGV[1]
if redis.call('HGET', KEYS[1], slot .. '_version') ~= ARGV[2] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if tonumber(redis.call('HGET', KEYS[1], slot .. '_out_until') or '0') > now then return 3 end
local before = tonumber(redis.call('HGET', KEYS[1], slot .. '_failed_at') or '-1')
if before >= 0 and now - before <= tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[1], slot .. '_out_until', string.format('%d', now + tonumber(ARGV[4])))
  redis.call('HDEL', KEYS[1], slot .. '_failed_at')
  return 2
end
redis.call('HSET', KEYS[1], slot .. '_failed_at', string.format('%d', now))
return 1
