-- cache_token 1: the fill token that is good now.
-- KEYS: generations
-- ARGV: 1 a token to be checked or '', 2 where a new generation begins, 3 its life in ms, 4... the generations' letters
-- Reply: the token; '' where the one to be checked is no longer it.
local token = {}
for i = 1, #KEYS do
  local generation = redis.call('GET', KEYS[i])
  if not generation then
    if ARGV[1] ~= '' then
      return ''
    end
    generation = ARGV[2]
    redis.call('SET', KEYS[i], generation)
  end
  redis.call('PEXPIRE', KEYS[i], ARGV[3])
  token[i] = ARGV[i + 3] .. generation
end
local now = table.concat(token, '.')
return (ARGV[1] == '' or ARGV[1] == now) and now or ''
