-- wrk: rate limit checks of many users in turn. Arguments: token, policy, number of users, checks in a request (1: /check, else /check-batch).
local token, policy, users, batch
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
function init(args)
  token, policy, users, batch = args[1], args[2], tonumber(args[3]), tonumber(args[4])
  headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }
  sent = 0
end
local function check()
  sent = sent + 1
  return string.format('{"model":"bench","user_id":"u%d","policy":"%s"}', (sent * 2 + number) % users, policy)
end
function request()
  if batch == 1 then return wrk.format("POST", "/api/v1/rate-limits/check", headers, check()) end
  local checks = {}
  for i = 1, batch do checks[i] = check() end
  return wrk.format("POST", "/api/v1/rate-limits/check-batch", headers, '{"checks":[' .. table.concat(checks, ",") .. "]}")
end
