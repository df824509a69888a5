-- version 1. Rate limits of one user at one model: all windows decide together, in one step.
--
-- KEYS[1] HASH of the request: what it was charged, for repeats and settling
-- KEYS[2..n+1] the windows; KEYS[n+2], if given, where settling finds the request by its id alone
-- ARGV[1] what to do: check, peek or settle
-- ARGV[2] cost, 1 or more; for settle the actual cost, 0 or more
-- ARGV[3] nonce of the log's members (check)
-- ARGV[4] ms for which the request is remembered; 0: not at all (check)
-- ARGV[5] text that says what the windows are, given back with an earlier answer (check)
-- ARGV[6] text kept under KEYS[n+2] (check)
-- ARGV[7] n, then six for each window: algorithm (log, bucket, gcra, counter, fixed), ms, limit, burst, units per window by which a
--         gcra refills, number of buckets
-- returns a text of comma-separated integers, or {that text, the earlier ARGV[5]} where the request was charged before:
--   allowed (1, 0), then for each window remaining, ms until the next unit is back, ms until the cost fits (0: it fits).
--   settle: false where the request is not known
--
-- No caller's clock is asked, and each window's time never goes back: a clock that was set back cannot open it again.

local op, cost = ARGV[1], tonumber(ARGV[2])
local t = redis.call('TIME')
local clock = t[1] * 1000000 + t[2]

local function exact(number) return string.format('%.17g', number) end

-- Each algorithm reads its window once into w: used (of limit), frees(n): us until n more units fit than do now, and can then add and
-- take back, keeping w true. Times are in us.

-- ZSET of one member for each unit, by when it was charged in ms. Exact.
local log = {}
function log.read(w)
  local newest = redis.call('ZREVRANGE', w.key, 0, 0, 'WITHSCORES')[2]
  w.at = clock / 1000
  if newest and tonumber(newest) > w.at then w.at = tonumber(newest) end
  w.from = w.at - w.ms
  w.used = redis.call('ZCOUNT', w.key, '(' .. exact(w.from), '+inf')
  w.mark = string.format('%d', math.floor(w.at))
end
function log.leaves(w, units)
  local score = redis.call('ZRANGEBYSCORE', w.key, '(' .. exact(w.from), '+inf', 'WITHSCORES', 'LIMIT', units - 1, 1)[2]
  return score and (tonumber(score) + w.ms - w.at) * 1000 or 0
end
function log.add(w, units, nonce, first)
  redis.call('ZREMRANGEBYSCORE', w.key, '-inf', exact(w.from))
  local score, ms, members = exact(w.at), w.mark, {}
  for n = first, first + units - 1 do
    members[#members + 1] = score
    members[#members + 1] = ms .. ':' .. nonce .. ':' .. n
    if #members == 1000 then
      redis.call('ZADD', w.key, unpack(members))
      members = {}
    end
  end
  if #members > 0 then redis.call('ZADD', w.key, unpack(members)) end
  redis.call('PEXPIRE', w.key, w.ms)
  w.used = w.used + units
end
function log.give(w, units, mark, nonce, last)
  local members = {}
  for n = last - units + 1, last do
    members[#members + 1] = mark .. ':' .. nonce .. ':' .. n
    if #members == 1000 then
      redis.call('ZREM', w.key, unpack(members))
      members = {}
    end
  end
  if #members > 0 then redis.call('ZREM', w.key, unpack(members)) end
end

-- HASH of counts by number of the bucket. A bucket counts until the last moment that it stands for has left the window, so never too
-- little is counted, and a unit is kept up to one bucket longer.
local bucket = {}
function bucket.read(w)
  local flat = redis.call('HGETALL', w.key)
  w.width = w.ms * 1000 / w.buckets
  w.counts = {}
  w.stale = {}
  local newest, width = math.floor(clock / w.width), w.width
  for i = 1, #flat, 2 do
    if flat[i] == 'w' then width = tonumber(flat[i + 1]) end
  end
  if width ~= w.width then
    -- The policy changed the window: what may still count moves to now, which can only make it stricter.
    local total = 0
    for i = 1, #flat, 2 do
      if flat[i] ~= 'w' then
        w.stale[#w.stale + 1] = flat[i]
        if (tonumber(flat[i]) + 1) * width > clock - w.ms * 1000 then total = total + tonumber(flat[i + 1]) end
      end
    end
    if total > 0 then w.counts[newest] = total end
    w.moved = total
  else
    for i = 1, #flat, 2 do
      if flat[i] ~= 'w' then
        local number = tonumber(flat[i])
        w.counts[number] = tonumber(flat[i + 1])
        if number > newest then newest = number end
      end
    end
  end
  w.newest = newest
  w.first = newest - w.buckets
  w.at = math.max(clock, newest * w.width)
  w.used = 0
  for number, count in pairs(w.counts) do
    if number >= w.first then
      w.used = w.used + count
    else
      w.stale[#w.stale + 1] = string.format('%d', number)
    end
  end
  w.mark = string.format('%d', newest)
end
function bucket.leaves(w, units)
  local left = 0
  for number = w.first, w.newest do
    left = left + (w.counts[number] or 0)
    if left >= units then return (number + w.buckets + 1) * w.width - w.at end
  end
  return 0
end
function bucket.add(w, units)
  if #w.stale > 0 then redis.call('HDEL', w.key, unpack(w.stale)) end
  redis.call('HINCRBY', w.key, w.mark, units + (w.moved or 0))
  redis.call('HSET', w.key, 'w', exact(w.width))
  redis.call('PEXPIRE', w.key, math.ceil(w.ms + w.width / 1000))
  w.counts[w.newest] = (w.counts[w.newest] or 0) + units
  w.used = w.used + units
end
function bucket.give(w, units, mark)
  local there = w.counts[tonumber(mark)]
  if there then redis.call('HINCRBY', w.key, mark, -math.min(units, there)) end
end

-- The instant at which everything charged so far has flowed back, as a text.
local gcra = {}
function gcra.read(w)
  w.unit = w.ms * 1000 / w.rate
  w.at = clock
  w.full = math.max(tonumber(redis.call('GET', w.key) or 0), clock)
  w.used = math.ceil((w.full - clock) / w.unit - 0.000001)
  w.mark = exact(clock)
end
function gcra.leaves(w, units)
  -- used is rounded up: the first of them flows back after a part of its time.
  return math.max(0, w.full - w.at - (w.used - units) * w.unit)
end
function gcra.set(w, full)
  w.full = math.max(full, clock)
  w.used = math.ceil((w.full - clock) / w.unit - 0.000001)
  if full <= clock then
    redis.call('DEL', w.key)
  else
    redis.call('SET', w.key, exact(full), 'PX', math.ceil((full - clock) / 1000) + 1)
  end
end
function gcra.add(w, units) gcra.set(w, w.full + units * w.unit) end
function gcra.give(w, units, mark)
  -- What has flowed back since cannot be given back again.
  local flowed = math.max(0, clock - tonumber(mark)) / w.unit
  if units > flowed then gcra.set(w, w.full - (units - flowed) * w.unit) end
end

-- HASH: number of the window, its count, the count of the one before, of which a share is taken to be still there. An estimate.
local counter = {}
function counter.read(w)
  local was = redis.call('HMGET', w.key, 'i', 'c', 'p')
  local us = w.ms * 1000
  local number = math.floor(clock / us)
  local before = tonumber(was[1] or -9)
  w.now, w.past = 0, 0
  if before >= number then
    number, w.now, w.past = before, tonumber(was[2]), tonumber(was[3])
  elseif before == number - 1 then
    w.past = tonumber(was[2])
  end
  w.number = number
  w.at = math.max(clock, number * us)
  w.gone = (w.at - number * us) / us
  w.used = math.ceil(w.now + w.past * (1 - w.gone) - 0.000001)
  w.mark = string.format('%d', number)
end
function counter.leaves(w, units)
  local us, most = w.ms * 1000, w.used - units
  if w.past > 0 and w.now <= most then
    return math.max(0, (1 - (most - w.now) / w.past - w.gone) * us)
  end
  local later = w.now > 0 and math.max(0, 1 - most / w.now) or 0
  return (1 - w.gone + later) * us
end
function counter.add(w, units)
  w.now = w.now + units
  w.used = w.used + units
  redis.call('HSET', w.key, 'i', w.mark, 'c', w.now, 'p', w.past)
  redis.call('PEXPIRE', w.key, 2 * w.ms)
end
function counter.give(w, units, mark)
  local number = tonumber(mark)
  if number == w.number then
    w.now = math.max(0, w.now - units)
  elseif number == w.number - 1 then
    w.past = math.max(0, w.past - units)
  else
    return
  end
  counter.add(w, 0)
end

-- HASH: number of the window and its count. Twice the limit can pass around its edge.
local fixed = {}
function fixed.read(w)
  local was = redis.call('HMGET', w.key, 'i', 'c')
  local us = w.ms * 1000
  w.number = math.floor(clock / us)
  w.now = 0
  local before = tonumber(was[1] or -9)
  if before >= w.number then w.number, w.now = before, tonumber(was[2]) end
  w.at = math.max(clock, w.number * us)
  w.used = w.now
  w.mark = string.format('%d', w.number)
end
function fixed.leaves(w) return (w.number + 1) * w.ms * 1000 - w.at end
function fixed.add(w, units)
  w.now = w.now + units
  w.used = w.now
  redis.call('HSET', w.key, 'i', w.mark, 'c', w.now)
  redis.call('PEXPIRE', w.key, w.ms)
end
function fixed.give(w, units, mark)
  if tonumber(mark) == w.number then
    w.now = math.max(0, w.now - units)
    fixed.add(w, 0)
  end
end

local algorithms = { log = log, bucket = bucket, gcra = gcra, counter = counter, fixed = fixed }

local windows = {}
for i = 1, tonumber(ARGV[7]) do
  local at = 8 + (i - 1) * 6
  windows[i] = {
    key = KEYS[i + 1], algorithm = algorithms[ARGV[at]], ms = tonumber(ARGV[at + 1]), limit = tonumber(ARGV[at + 2]),
    burst = tonumber(ARGV[at + 3]), rate = tonumber(ARGV[at + 4]), buckets = tonumber(ARGV[at + 5])
  }
end

local function read()
  for _, w in ipairs(windows) do w.algorithm.read(w) end
end

-- Of a gcra the burst is what can be there at once.
local function most(w) return w.algorithm == gcra and w.burst or w.limit end

local function ms(us) return string.format('%d', math.ceil(us / 1000 - 0.000001)) end

local function answer(allowed, wanted)
  local parts = { allowed and 1 or 0 }
  for _, w in ipairs(windows) do
    local over = w.used + wanted - most(w)
    local remaining = math.max(0, most(w) - w.used)
    parts[#parts + 1] = string.format('%d', remaining)
    parts[#parts + 1] = w.used == 0 and 0 or ms(w.algorithm.leaves(w, math.max(1, w.used - most(w) + 1)))
    parts[#parts + 1] = over > 0 and ms(w.algorithm.leaves(w, over)) or 0
  end
  return table.concat(parts, ',')
end

local function fits(wanted)
  for _, w in ipairs(windows) do
    if w.used + wanted > most(w) then return false end
  end
  return true
end

if op == 'peek' then
  read()
  return answer(fits(cost), cost)
end

local remember = op == 'check' and tonumber(ARGV[4]) or 0

if op == 'check' then
  if remember > 0 then
    local earlier = redis.call('HMGET', KEYS[1], 'answer', 'windows')
    if earlier[1] then return { earlier[1], earlier[2] } end
  end
  read()
  if not fits(cost) then return answer(false, cost) end
  local marks = {}
  for i, w in ipairs(windows) do
    w.algorithm.add(w, cost, ARGV[3], 1)
    marks[i] = w.mark
  end
  local reply = answer(true, 0)
  if remember > 0 then
    redis.call('HSET', KEYS[1], 'answer', reply, 'windows', ARGV[5], 'cost', cost, 'nonce', ARGV[3], 'marks', table.concat(marks, ','))
    redis.call('PEXPIRE', KEYS[1], remember)
    if KEYS[#windows + 2] then redis.call('SET', KEYS[#windows + 2], ARGV[6], 'PX', remember) end
  end
  return reply
end

-- settle
local known = redis.call('HMGET', KEYS[1], 'cost', 'nonce', 'marks', 'settled')
if not known[1] then return false end
read()
if not known[4] then
  local estimate, i = tonumber(known[1]), 0
  for mark in string.gmatch(known[3], '[^,]+') do
    i = i + 1
    local w = windows[i]
    if cost < estimate then
      w.algorithm.give(w, estimate - cost, mark, known[2], estimate)
    elseif cost > estimate then
      local more = cost - estimate
      -- Members beyond the limit change nothing: as many as the limit already keep everybody out until they leave.
      if w.algorithm == log then more = math.min(more, w.limit) end
      w.algorithm.add(w, more, known[2], estimate + 1)
    end
  end
  redis.call('HSET', KEYS[1], 'settled', cost)
  read()
end
return answer(true, 0)
