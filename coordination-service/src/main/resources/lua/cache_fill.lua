-- cache_fill 1: stores a value, unless something that it depends on has changed since its token was given out.
-- KEYS: 1 the value, 2... generations
-- ARGV: 1 fill token, 2 the value, 3 when it ends (ms since 1970), 4... the generations' letters
-- Reply: 1 stored, 0 the token is no longer good.
local token = {}
for i = 2, #KEYS do
  local generation = redis.call('GET', KEYS[i])
  if not generation then
    return 0
  end
  token[#token + 1] = ARGV[i + 2] .. generation
end
if table.concat(token, '.') ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
return 1
