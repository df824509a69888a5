-- Version 1. Where a user's sockets are, by the clock of Redis. A session lives as long as its hash; the indexes follow it, and whoever
-- reads one takes out what is gone.
--
-- KEYS  of put, touch, remove, find: 1 session:{user}:{session}, 2 sessions:{user}, a set of session ids
--       of user: 1 sessions:{user}; of server, transfer, sweep_server: 1 sessions:server:{server}, a sorted set of {user}:{session}, all of
--       score 0, so in the order of their text; of transfer also 2, that of the other server; of sweep_user: 1 sessions:{user};
--       of index: session:{user}:{session} of many
-- ARGV  1 operation, 2 'session:' and 3 'sessions:' as this installation has them; then
--   put            4 user, 5 session, 6 socket, 7 server, 8 ms to live, 9 most of a user, 10 evict_oldest|reject
--   touch          4 user, 5 session, 6 ms to live
--   remove, find   4 user, 5 session
--   user           4 user
--   server         4 member to start behind or '', 5 how many
--   transfer       4 server that they leave, 5 server that they come to, 6 how many
--   sweep_user     4 user
--   sweep_server   4 server, 5 member to start behind or '', 6 how many
--   index          {user}:{session} of each key
--
-- Replies
--   put, touch, find   {'expired'}, {'full', sessions} or {'made'|'there', socket, server, connected at, last activity, ms to live, evicted...}
--   remove             {'removed'|'expired'}
--   user, server       of each: {user}:{session}, socket, server, connected at, last activity, ms to live; before them of server: how many of
--                      the index were looked at, and the last of them or ''
--   transfer           {moved, looked at}      sweep_user   {taken out}      sweep_server   {taken out, looked at, the last or ''}
--   index              {put in, alive}

local operation, session_prefix, sessions_prefix = ARGV[1], ARGV[2], ARGV[3]
local time = redis.call('TIME')
local now = string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))

local function server_index(server)
  return sessions_prefix .. 'server:' .. server
end

-- Empty: it is over.
local function read(key)
  local fields = redis.call('HMGET', key, 'socket_id', 'server_id', 'connected_at', 'last_activity')
  if not fields[2] then
    return {}
  end
  return {fields[1], fields[2], fields[3], fields[4], string.format('%.0f', redis.call('PTTL', key))}
end

local function told(word, key)
  local session = read(key)
  table.insert(session, 1, word)
  return session
end

local function forget(user, session, server)
  redis.call('DEL', session_prefix .. user .. ':' .. session)
  redis.call('SREM', sessions_prefix .. user, session)
  if server then
    redis.call('ZREM', server_index(server), user .. ':' .. session)
  end
end

if operation == 'put' then
  local user, session, socket, server, ttl = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
  local before = redis.call('HGET', KEYS[1], 'server_id')
  local evicted = {}
  if not before then
    local live = {}
    for _, other in ipairs(redis.call('SMEMBERS', KEYS[2])) do
      local active = redis.call('HMGET', session_prefix .. user .. ':' .. other, 'last_activity', 'server_id')
      if active[2] then
        live[#live + 1] = {other, tonumber(active[1]), active[2]}
      else
        redis.call('SREM', KEYS[2], other)
      end
    end
    local over = #live + 1 - tonumber(ARGV[9])
    if over > 0 then
      if ARGV[10] == 'reject' then
        return {'full', string.format('%.0f', #live)}
      end
      table.sort(live, function(a, b)
        return a[2] < b[2] or (a[2] == b[2] and a[1] < b[1])
      end)
      for i = 1, over do
        forget(user, live[i][1], live[i][3])
        evicted[i] = live[i][1]
      end
    end
    redis.call('HSET', KEYS[1], 'connected_at', now)
  elseif before ~= server then
    redis.call('ZREM', server_index(before), user .. ':' .. session)
  end
  redis.call('HSET', KEYS[1], 'socket_id', socket, 'server_id', server, 'last_activity', now)
  redis.call('PEXPIRE', KEYS[1], ttl)
  redis.call('SADD', KEYS[2], session)
  redis.call('ZADD', server_index(server), 0, user .. ':' .. session)
  local reply = told(before and 'there' or 'made', KEYS[1])
  for _, one in ipairs(evicted) do
    reply[#reply + 1] = one
  end
  return reply
end

if operation == 'touch' or operation == 'find' then
  if redis.call('HEXISTS', KEYS[1], 'server_id') == 0 then
    redis.call('SREM', KEYS[2], ARGV[5])
    return {'expired'}
  end
  if operation == 'touch' then
    redis.call('HSET', KEYS[1], 'last_activity', now)
    redis.call('PEXPIRE', KEYS[1], ARGV[6])
  end
  return told('there', KEYS[1])
end

if operation == 'remove' then
  local server = redis.call('HGET', KEYS[1], 'server_id')
  forget(ARGV[4], ARGV[5], server)
  return {server and 'removed' or 'expired'}
end

if operation == 'user' then
  local all = {}
  for _, session in ipairs(redis.call('SMEMBERS', KEYS[1])) do
    local one = read(session_prefix .. ARGV[4] .. ':' .. session)
    if #one == 0 then
      redis.call('SREM', KEYS[1], session)
    else
      table.insert(one, 1, ARGV[4] .. ':' .. session)
      all[#all + 1] = one
    end
  end
  return all
end

local function behind(member, most)
  return redis.call('ZRANGEBYLEX', KEYS[1], member == '' and '-' or '(' .. member, '+', 'LIMIT', 0, most)
end

if operation == 'server' then
  local server = string.sub(KEYS[1], #sessions_prefix + #'server:' + 1)
  local members = behind(ARGV[4], ARGV[5])
  local all = {string.format('%.0f', #members), members[#members] or ''}
  for _, member in ipairs(members) do
    local one = read(session_prefix .. member)
    if one[2] ~= server then
      redis.call('ZREM', KEYS[1], member)
    else
      table.insert(one, 1, member)
      all[#all + 1] = one
    end
  end
  return all
end

if operation == 'transfer' then
  local moved = 0
  local members = redis.call('ZRANGE', KEYS[1], 0, tonumber(ARGV[6]) - 1)
  for _, member in ipairs(members) do
    if redis.call('HGET', session_prefix .. member, 'server_id') == ARGV[4] then
      redis.call('HSET', session_prefix .. member, 'server_id', ARGV[5])
      redis.call('ZADD', KEYS[2], 0, member)
      moved = moved + 1
    end
    redis.call('ZREM', KEYS[1], member)
  end
  return {string.format('%.0f', moved), string.format('%.0f', #members)}
end

if operation == 'sweep_user' then
  local gone = 0
  for _, session in ipairs(redis.call('SMEMBERS', KEYS[1])) do
    if redis.call('EXISTS', session_prefix .. ARGV[4] .. ':' .. session) == 0 then
      gone = gone + redis.call('SREM', KEYS[1], session)
    end
  end
  return {string.format('%.0f', gone)}
end

if operation == 'sweep_server' then
  local gone = 0
  local members = behind(ARGV[5], ARGV[6])
  for _, member in ipairs(members) do
    if redis.call('HGET', session_prefix .. member, 'server_id') ~= ARGV[4] then
      gone = gone + redis.call('ZREM', KEYS[1], member)
    end
  end
  return {string.format('%.0f', gone), string.format('%.0f', #members), members[#members] or ''}
end

if operation == 'index' then
  local put, alive = 0, 0
  for i = 1, #KEYS do
    local server = redis.call('HGET', KEYS[i], 'server_id')
    if server then
      alive = alive + 1
      local user, session = string.match(ARGV[i + 3], '^([^:]+):([^:]+)$')
      put = put + redis.call('SADD', sessions_prefix .. user, session) + redis.call('ZADD', server_index(server), 0, ARGV[i + 3])
    end
  end
  return {string.format('%.0f', put), string.format('%.0f', alive)}
end

return redis.error_reply('ERR no such operation')
