-- Version 1. All that is ever decided about one circuit breaker, by the clock of Redis. One run is one operation; nothing comes between
-- what it reads and what it writes, so versions follow each other and no two replicas give out the same place of a probe.
--
-- KEYS  1 cb:{service}:state, 2 cb:{service}:window, 3 cb:{service}:probes, 4 cb:{service}:reporters, 5 cb:outbox,
--       6... of outcomes: bitmaps of the permits that have been reported
-- ARGV  1 operation, 2 service, 3 who asks, 4 jitter of the open time from -1 to 1, 5... by operation:
--   permit    5 the rest of the permit's id, unique in the fleet
--   outcomes  six of each outcome: success|failure|ignored, duration in ms or -1, permit or '', reporter, bitmap (0: none), bit in it
--   restore   5 state, 6 version, 7 failures, 8 open until, 9 reopened, 10 last failure, 11 last success, 12 last change, 13 override or '',
--             14 override until, 15 config, 16 fallback, 17 version of the settings; instants in ms, 0: none; the last two of JSON
--   reset, look   nothing more
--
-- Replies, each an array that begins with a word; {'unknown'}: Redis has no such breaker, restore it first.
--   permit    'permitted'|'refused', state, version, permit or '', ms to wait or -1, fallback as JSON, transition
--   outcomes  'counted', state, version, outcomes that moved nothing, transition
--   restore   'restored'|'kept'
--   reset     'reset', state, version, transition
--   look      'seen', state, version, failures, volume, slow calls, successes of probes, probes on their way, last failure, last success,
--             open until, reporters of failures as JSON, transition
-- transition: '' or JSON, the very text that lies in the outbox until PostgreSQL has it.

local state_key, window_key, probes_key, reporters_key, outbox_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local operation, service, actor, jitter = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local time = redis.call('TIME')
local seconds = tonumber(time[1])
local now_us = seconds * 1000000 + tonumber(time[2])
local now = math.floor(now_us / 1000)
-- A permit may report for so long; the bitmap that remembers that it did lives at least as long.
local REPORT_S = 3600

local function whole(number)
  return string.format('%.0f', number)
end

local read = redis.call('HMGET', state_key, 'state', 'version', 'episode', 'open_until', 'override', 'override_until', 'successes', 'reopened',
  'config', 'fallback', 'last_failure', 'last_success', 'failures', 'settings')
local b = {
  state = read[1], version = tonumber(read[2] or 0), episode = tonumber(read[3] or 0), open_until = tonumber(read[4] or 0),
  override = read[5] or '', override_until = tonumber(read[6] or 0), successes = tonumber(read[7] or 0), reopened = tonumber(read[8] or 0),
  fallback = read[10] or '[]', last_failure = tonumber(read[11] or 0), last_success = tonumber(read[12] or 0),
  failures = tonumber(read[13] or 0), settings = tonumber(read[14] or 0)
}

if operation == 'restore' then
  local state, version, settings = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[17])
  -- PostgreSQL is ahead when Redis was emptied, or went back to a replica that lagged; the same version with another state is the same.
  local behind = not b.state or b.version < version or (b.version == version and b.state ~= state)
  if behind then
    redis.call('DEL', window_key, probes_key, reporters_key)
    -- An episode never comes again, so a permit from before the loss reports nothing.
    redis.call('HSET', state_key, 'state', state, 'version', ARGV[6], 'failures', ARGV[7], 'open_until', ARGV[8], 'reopened', ARGV[9],
      'last_failure', ARGV[10], 'last_success', ARGV[11], 'last_change', ARGV[12], 'successes', 0,
      'episode', whole(math.max(now_us, b.episode + 1)))
  end
  if behind or b.settings < settings then
    redis.call('HSET', state_key, 'override', ARGV[13], 'override_until', ARGV[14], 'config', ARGV[15], 'fallback', ARGV[16],
      'settings', ARGV[17])
  end
  return {behind and 'restored' or 'kept'}
end

if not b.state then
  return {'unknown'}
end

local decoded
local function config()
  decoded = decoded or cjson.decode(read[9])
  return decoded
end

local function setting(name)
  local value = config()[name]
  return value ~= cjson.null and value or nil
end

local function override()
  if b.override ~= '' and (b.override_until == 0 or b.override_until > now) then
    return b.override
  end
  return ''
end

-- To another state. Returns what PostgreSQL is to be told.
local function transition(to, cause)
  local from = b.state
  b.state = to
  b.version = b.version + 1
  b.episode = math.max(now_us, b.episode + 1)
  b.successes = 0
  b.open_until = 0
  if to == 'open' then
    b.reopened = from == 'half-open' and b.reopened + 1 or 0
    local longest = setting('max_reset_timeout_ms')
    local wait = math.min(setting('reset_timeout_ms') * 2 ^ math.min(b.reopened, 30), longest)
    b.open_until = now + math.max(1, math.floor(math.min(wait * (1 + 0.1 * jitter), longest)))
  elseif to == 'closed' then
    b.reopened = 0
    b.failures = 0
    redis.call('DEL', window_key, reporters_key)
  end
  redis.call('DEL', probes_key)
  redis.call('HSET', state_key, 'state', to, 'version', whole(b.version), 'episode', whole(b.episode), 'successes', 0,
    'open_until', whole(b.open_until), 'reopened', whole(b.reopened), 'failures', whole(b.failures), 'last_change', whole(now),
    'last_failure', whole(b.last_failure), 'last_success', whole(b.last_success))
  local function instant(ms)
    return ms > 0 and ms or cjson.null
  end
  local told = cjson.encode({
    service_name = service, from_state = from, to_state = to, version = b.version, cause = cause, reporter = actor, at_ms = now,
    failure_count = b.failures, open_until_ms = instant(b.open_until), reopened = b.reopened, last_failure_ms = instant(b.last_failure),
    last_success_ms = instant(b.last_success)
  })
  redis.call('RPUSH', outbox_key, told)
  return told
end

-- A probe whose caller never came back must not keep the breaker half-open.
local function lose_probes()
  if redis.call('ZREMRANGEBYSCORE', probes_key, '-inf', whole(now)) > 0 and setting('probe_timeout_as') == 'failure' then
    b.last_failure = now
    return transition('open', 'probe_lost')
  end
  return ''
end

-- Sums of what lies within the window, which forgets in steps of a sixtieth of it.
local function window()
  local oldest = now - setting('monitoring_window_ms')
  local width = math.max(1, math.ceil(setting('monitoring_window_ms') / 60000)) * 1000
  local volume, failures, slow = 0, 0, 0
  local counts = redis.call('HGETALL', window_key)
  for i = 1, #counts, 2 do
    local start, kind = string.match(counts[i], '^(%d+):(%a)$')
    if tonumber(start) * 1000 + width <= oldest then
      redis.call('HDEL', window_key, counts[i])
    elseif kind == 't' then
      volume = volume + counts[i + 1]
    elseif kind == 'f' then
      failures = failures + counts[i + 1]
    else
      slow = slow + counts[i + 1]
    end
  end
  redis.call('ZREMRANGEBYSCORE', reporters_key, '-inf', whole(oldest))
  return volume, failures, slow
end

if operation == 'permit' then
  local function refused(wait, told)
    return {'refused', b.state, whole(b.version), '', whole(wait), b.fallback, told}
  end
  local forced = override()
  if forced == 'forced_open' then
    return refused(b.override_until > 0 and b.override_until - now or -1, '')
  end
  local permit = whole(b.episode) .. '.' .. time[1] .. '.' .. ARGV[5]
  local told = ''
  if forced == '' and b.state ~= 'closed' then
    if b.state == 'half-open' then
      told = lose_probes()
    end
    if b.state == 'open' then
      if now < b.open_until then
        return refused(b.open_until - now, told)
      end
      told = transition('half-open', 'reset_timeout')
    end
    if b.successes >= setting('half_open_requests') then
      -- Fewer are asked for than when they were counted.
      told = transition('closed', 'probes_succeeded')
      permit = whole(b.episode) .. '.' .. time[1] .. '.' .. ARGV[5]
      return {'permitted', b.state, whole(b.version), permit, '-1', b.fallback, told}
    end
    if redis.call('ZCARD', probes_key) + b.successes >= setting('half_open_requests') then
      local first = redis.call('ZRANGE', probes_key, 0, 0, 'WITHSCORES')
      return refused(first[2] and math.max(1, tonumber(first[2]) - now) or 1, told)
    end
    permit = whole(b.episode) .. '.' .. time[1] .. '.' .. ARGV[5]
    redis.call('ZADD', probes_key, whole(now + setting('probe_timeout_ms')), permit)
  end
  return {'permitted', b.state, whole(b.version), permit, '-1', b.fallback, told}
end

if operation == 'outcomes' then
  local forced = override()
  local told = ''
  if b.state == 'half-open' and forced == '' then
    told = lose_probes()
  end
  local began = b.state
  local volume, failures, slow, ignored = 0, 0, 0, 0
  local slow_ms = setting('slow_call_ms')
  for i = 5, #ARGV, 6 do
    local kind, duration, permit, reporter, bitmap = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2], ARGV[i + 3], tonumber(ARGV[i + 4])
    local counts = false
    if b.state == began then
      if began == 'closed' and forced ~= 'disabled' and forced ~= 'forced_open' then
        counts = permit == ''
        if not counts then
          local episode, issued = string.match(permit, '^(%d+)%.(%d+)%.')
          if episode == whole(b.episode) and seconds - tonumber(issued) <= REPORT_S then
            counts = redis.call('SETBIT', KEYS[5 + bitmap], ARGV[i + 5], 1) == 0
            redis.call('EXPIRE', KEYS[5 + bitmap], REPORT_S + 60)
          end
        end
      elseif began == 'half-open' and permit ~= '' then
        -- Gives its place back in any case, and proves something only where nobody overrides.
        counts = redis.call('ZREM', probes_key, permit) == 1 and forced == ''
      end
    end
    if not counts or kind == 'ignored' then
      ignored = ignored + 1
    else
      volume = volume + 1
      if slow_ms and duration >= slow_ms then
        slow = slow + 1
      end
      if kind == 'failure' then
        failures = failures + 1
        b.last_failure = now
        if began == 'closed' then
          redis.call('ZADD', reporters_key, whole(now), reporter)
        else
          told = transition('open', 'probe_failed')
        end
      else
        b.last_success = now
        if began == 'half-open' then
          b.successes = b.successes + 1
          redis.call('HSET', state_key, 'successes', whole(b.successes))
          if b.successes >= setting('half_open_requests') then
            told = transition('closed', 'probes_succeeded')
          end
        end
      end
    end
  end
  if volume > 0 then
    redis.call('HSET', state_key, 'last_failure', whole(b.last_failure), 'last_success', whole(b.last_success))
  end
  if began == 'closed' and volume > 0 then
    local span = setting('monitoring_window_ms')
    local width = math.max(1, math.ceil(span / 60000))
    local start = whole(math.floor(seconds / width) * width)
    redis.call('HINCRBY', window_key, start .. ':t', volume)
    if failures > 0 then
      redis.call('HINCRBY', window_key, start .. ':f', failures)
    end
    if slow > 0 then
      redis.call('HINCRBY', window_key, start .. ':s', slow)
    end
    redis.call('PEXPIRE', window_key, whole(span + 2000 * width))
    redis.call('PEXPIRE', reporters_key, whole(span + 2000 * width))
    if failures > 0 or slow > 0 then
      volume, failures, slow = window()
      b.failures = failures
      redis.call('HSET', state_key, 'failures', whole(failures))
      local cause
      if volume >= setting('volume_threshold') then
        local rate, slow_rate = setting('failure_rate_threshold'), setting('slow_rate_threshold')
        if failures >= setting('failure_threshold') then
          cause = 'failures'
        elseif rate and failures / volume >= rate then
          cause = 'failure_rate'
        end
        if cause and redis.call('ZCARD', reporters_key) < setting('min_reporters') then
          cause = nil
        end
        -- Calls that are slow but succeed have no failing reporters, of whom the quorum is.
        if not cause and slow_rate and slow / volume >= slow_rate then
          cause = 'slow_rate'
        end
      end
      if cause and forced == '' then
        told = transition('open', cause)
      end
    end
  end
  return {'counted', b.state, whole(b.version), whole(ignored), told}
end

if operation == 'reset' then
  local told = ''
  if b.state ~= 'closed' then
    told = transition('closed', 'reset')
  else
    redis.call('DEL', window_key, reporters_key)
    redis.call('HSET', state_key, 'failures', 0, 'episode', whole(math.max(now_us, b.episode + 1)))
  end
  return {'reset', b.state, whole(b.version), told}
end

if operation == 'look' then
  local told = ''
  if b.state == 'half-open' and override() == '' then
    told = lose_probes()
  end
  local volume, failures, slow = window()
  if b.state == 'closed' and failures ~= b.failures then
    redis.call('HSET', state_key, 'failures', whole(failures))
    b.failures = failures
  end
  local reporters = redis.call('ZREVRANGE', reporters_key, 0, 99)
  return {'seen', b.state, whole(b.version), whole(b.failures), whole(volume), whole(slow), whole(b.successes),
    whole(redis.call('ZCARD', probes_key)), whole(b.last_failure), whole(b.last_success), whole(b.open_until),
    #reporters > 0 and cjson.encode(reporters) or '[]', told}
end

return redis.error_reply('ERR no such operation')
