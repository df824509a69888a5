-- cache_get 1: a cached value and how long it is good, or what a caller needs who computes it; counted either way.
-- KEYS: 1 the value, 2 the hash of counts, 3... generations
-- ARGV: 1 field of a hit, 2 field of a miss, 3 fields that the hash may have, 4 where a new generation begins, 5 its life in ms,
--       6... the generations' letters
-- Reply: {0 miss | 1 hit | 2 stale, the value or '', ms that it is still fresh (of a stale one below 0), fill token or ''}
local value = redis.call('GET', KEYS[1])
local state, left = 0, 0
if value then
  state = 1
  left = redis.call('PTTL', KEYS[1])
  if string.byte(value, 1) >= 2 then
    local time = redis.call('TIME')
    left = tonumber(string.sub(value, 2, 14)) - (time[1] * 1000 + math.floor(time[2] / 1000))
    if left <= 0 then
      state = 2
    end
  end
end
local field = state == 0 and ARGV[2] or ARGV[1]
if redis.call('HLEN', KEYS[2]) < tonumber(ARGV[3]) or redis.call('HEXISTS', KEYS[2], field) == 1 then
  redis.call('HINCRBY', KEYS[2], field, 1)
end
if state == 1 then
  return {1, value, left, ''}
end
local token = {}
for i = 3, #KEYS do
  local generation = redis.call('GET', KEYS[i])
  if not generation then
    generation = ARGV[4]
    redis.call('SET', KEYS[i], generation)
  end
  redis.call('PEXPIRE', KEYS[i], ARGV[5])
  token[#token + 1] = ARGV[i + 3] .. generation
end
return {state, value or '', left, table.concat(token, '.')}
