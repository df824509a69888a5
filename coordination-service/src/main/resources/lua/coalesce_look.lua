-- Version 1. About which of many keys somebody who waits has to look again: a doorbell, the decisions are those of coalesce.lua.
-- KEYS  coalesce:{operation}:{hash} of each
-- ARGV  the promise that is waited for, of each
-- Reply: the numbers, from 0, of those whose promise is over or whose leader is silent.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local rung = {}
for i = 1, #KEYS do
  local read = redis.call('HMGET', KEYS[i] .. ':lease', 'promise', 'state', 'lease_until')
  if read[1] ~= ARGV[i] or read[2] ~= 'working' or tonumber(read[3]) <= now or redis.call('GET', KEYS[i]) ~= ARGV[i] then
    rung[#rung + 1] = i - 1
  end
end
return rung
