-- wrk: one batch of 5,000 samples, each time under a batch_id of its own. Arguments: key, file with the batch behind its id, start.
local samples, key, start
local sent = 0
function init(args)
  key, start = args[1], tonumber(args[3])
  local file = io.open(args[2])
  samples = file:read("*a")
  file:close()
end
function request()
  sent = sent + 1
  local body = string.format('{"batch_id":"%08x-0000-4000-8000-%012x"', start, sent) .. samples
  return wrk.format("POST", "/api/v1/nodes/1/metrics", { ["X-API-Key"] = key, ["Content-Type"] = "application/json" }, body)
end
