-- wrk: 256 pods, one shard each, all fields of a usual heartbeat. Arguments: token, number of pods.
local token, pods
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
function init(args)
  token, pods = args[1], tonumber(args[2])
  headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }
  beat = 0
end
function request()
  beat = beat + 1
  local pod = (beat * 2 + number) % pods
  local body = string.format(
    '{"incarnation":"00000000-0000-4000-8000-%012d","state":"ready","shards":[{"shard_id":%d,"epoch":1,"state":"ready","guild_count":912,"latency_ms":44.1,"session_id":"0123456789abcdef0123456789abcdef","seq":%d}],"memory_usage_mb":512.5,"cpu_usage_percent":37.5}',
    pod, pod, beat)
  return wrk.format("POST", "/api/v1/clusters/bench/instances/pod-" .. pod .. "/heartbeat", headers, body)
end
