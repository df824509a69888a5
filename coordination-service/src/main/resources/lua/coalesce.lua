-- Version 1. Who computes a value that many want at once, and what becomes of it, by the clock of Redis.
--
-- KEYS  1 coalesce:{operation}:{hash}, the promise of who computes now, 2 ..:lease, a hash about it, 3 ..:waiting, a sorted set of waits by
--       their end, 4 ..:pass, there for as long as nobody is to wait. Results lie in ..:result:{promise}: d and the result, e and the
--       error, m and the promise that followed, b where it cannot be shared.
-- ARGV  1 operation, 2 a promise; then
--   join       2 promise if this caller leads, 3 holder, 4 lease in ms, 5 error policy, 6 most waits, 7 wait or '', 8 ms to wait,
--              9 1 if the promise is the caller's own, told again
--   follow     2 promise to follow, 3 promise if this caller is promoted, or '', 4 holder, 5 most waits, 6 wait or '', 7 ms to wait
--   current    nothing more
--   heartbeat  2 promise, 3 lease in ms or '' for the same
--   complete   2 promise, 3 result as JSON, 4 ms for which it is given to those who come later, 5 1 if it may be shared
--   fail       2 promise, 3 error as JSON
--
-- Replies, each an array that begins with a word:
--   'leader', promise, ms of the lease left, 1 if by promotion        'pending', promise, ms of the lease left
--   'done', promise, result   'failed', promise, error   'bypass', promise or ''
--   'kept', ms of the lease left   'stale', promise that leads now or ''   'unknown'   'promoting'

local base, lease_key, waiting_key, pass_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local operation, promise = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local LIFE_MS = 60000
local LEASE_MS = 10000
local PASS_MS = 5000
-- Those who waited come for it within that time, however short it is kept for others.
local FETCH_MS = 10000

local function whole(number)
  return string.format('%.0f', number)
end

local function result_key(of)
  return base .. ':result:' .. of
end

local current = redis.call('GET', base)
local lease = {}
if current then
  local read = redis.call('HMGET', lease_key, 'promise', 'state', 'lease_until', 'lease_ms', 'error_policy')
  lease = {state = read[2], ends = tonumber(read[3] or 0), ms = tonumber(read[4] or LIFE_MS), policy = read[5]}
  if read[1] ~= current then
    -- The lease was evicted, and with it whether anybody still computes.
    lease = {state = 'working', ends = 0, ms = 10000, policy = 'propagate'}
  end
end

local function lead(as, holder, ms, policy, promoted, id)
  if promoted == 1 then
    redis.call('ZREM', waiting_key, id)
    redis.call('SET', result_key(current), 'm' .. as, 'PX', LIFE_MS)
  end
  redis.call('SET', base, as, 'PX', LIFE_MS)
  redis.call('HSET', lease_key, 'promise', as, 'state', 'working', 'holder', holder, 'lease_ms', ms, 'lease_until', whole(now + ms),
    'error_policy', policy)
  redis.call('PEXPIRE', lease_key, LIFE_MS)
  return {'leader', as, whole(ms), whole(promoted)}
end

local function wait(most, id, ms)
  if id ~= '' then
    redis.call('ZREMRANGEBYSCORE', waiting_key, '-inf', whole(now))
    if not redis.call('ZSCORE', waiting_key, id) then
      if redis.call('ZCARD', waiting_key) >= tonumber(most) then
        return {'bypass', current}
      end
      redis.call('ZADD', waiting_key, whole(now + tonumber(ms)), id)
      redis.call('PEXPIRE', waiting_key, LIFE_MS + 5000)
    end
  end
  return {'pending', current, whole(math.max(0, lease.ends - now))}
end

local function found(result)
  local kind, rest = string.sub(result, 1, 1), string.sub(result, 2)
  if kind == 'd' then
    return {'done', promise, rest}
  elseif kind == 'e' then
    return {'failed', promise, rest}
  end
  return {'bypass', promise}
end

if operation == 'join' then
  if current and lease.state == 'working' and ARGV[9] == '1' and current == promise then
    return {'leader', current, whole(math.max(0, lease.ends - now)), '0'}
  end
  if current and lease.state == 'done' then
    local result = redis.call('GET', result_key(current))
    if result then
      promise = current
      return found(result)
    end
    current = false
  end
  if redis.call('EXISTS', pass_key) == 1 then
    return {'bypass', ''}
  end
  if not current then
    return lead(promise, ARGV[3], tonumber(ARGV[4]), ARGV[5], 0, '')
  end
  if lease.ends <= now then
    return lead(promise, ARGV[3], tonumber(ARGV[4]), ARGV[5], 1, ARGV[7])
  end
  return wait(ARGV[6], ARGV[7], ARGV[8])
end

if operation == 'current' then
  return current and {'pending', current, whole(math.max(0, lease.ends - now))} or {'unknown'}
end

-- The promise that followed on this one, and on that.
local result = redis.call('GET', result_key(promise))
local moved = false
for _ = 1, 100 do
  if not result or string.sub(result, 1, 1) ~= 'm' then
    break
  end
  moved = true
  if operation ~= 'follow' then
    return {'stale', string.sub(result, 2)}
  end
  promise = string.sub(result, 2)
  result = redis.call('GET', result_key(promise))
end

if operation == 'follow' then
  if result then
    return found(result)
  end
  if current ~= promise then
    return {'unknown'}
  end
  if lease.ends <= now and ARGV[3] ~= '' then
    -- It named no lease, and only learns that it leads: not less than the usual one.
    return lead(ARGV[3], ARGV[4], math.max(lease.ms, LEASE_MS), lease.policy, 1, ARGV[6])
  end
  return wait(ARGV[5], ARGV[6], ARGV[7])
end

-- What only the leader may do. Told again, it is done already.
if result then
  if operation == 'heartbeat' then
    return {'stale', ''}
  end
  return found(result)
end
if current ~= promise then
  return current and {'stale', current} or {'unknown'}
end

if operation == 'heartbeat' then
  local ms = ARGV[3] ~= '' and tonumber(ARGV[3]) or lease.ms
  redis.call('HSET', lease_key, 'lease_until', whole(now + ms), 'lease_ms', ms)
  redis.call('PEXPIRE', base, LIFE_MS)
  redis.call('PEXPIRE', lease_key, LIFE_MS)
  return {'kept', whole(ms)}
end

if operation == 'complete' then
  local keep = tonumber(ARGV[4])
  redis.call('DEL', waiting_key)
  if ARGV[5] == '1' then
    redis.call('SET', result_key(promise), 'd' .. ARGV[3], 'PX', math.max(keep, FETCH_MS))
    if keep > 0 then
      redis.call('PEXPIRE', base, keep)
      redis.call('HSET', lease_key, 'state', 'done')
      redis.call('PEXPIRE', lease_key, keep)
    else
      redis.call('DEL', base, lease_key)
    end
    return {'done', promise, ''}
  end
  redis.call('SET', result_key(promise), 'b', 'PX', FETCH_MS)
  redis.call('SET', pass_key, '1', 'PX', PASS_MS)
  redis.call('DEL', base, lease_key)
  return {'bypass', promise}
end

if operation == 'fail' then
  if lease.policy == 'promote' and redis.call('ZCOUNT', waiting_key, whole(now), '+inf') > 0 then
    -- Whoever looks first of those who wait computes next.
    redis.call('HSET', lease_key, 'lease_until', '0')
    return {'promoting'}
  end
  redis.call('SET', result_key(promise), 'e' .. ARGV[3], 'PX', FETCH_MS)
  redis.call('DEL', base, lease_key, waiting_key)
  return {'failed', promise, ''}
end

return redis.error_reply('ERR no such operation')
