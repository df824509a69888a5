-- cache_queue 1: remembers what PostgreSQL has to be told of a value once it is back.
-- KEYS: 1 the list
-- ARGV: 1 what is to be told, as JSON
-- Reply: the time, in ms since 1970; it stands before the JSON.
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('RPUSH', KEYS[1], now .. ' ' .. ARGV[1])
return now
