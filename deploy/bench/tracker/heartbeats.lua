-- wrk: heartbeats of 256 pods, all fields of a usual one. Arguments: token, cluster, number of pods, shards per pod.
-- Pod n of the cluster holds the shards from n * shards on, each with epoch 1.
local token, cluster, pods, shards
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
function init(args)
  token, cluster, pods, shards = args[1], args[2], tonumber(args[3]), tonumber(args[4])
  headers = { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }
  beat = 0
end
function request()
  beat = beat + 1
  local pod = (beat * 2 + number) % pods
  local reports = {}
  for i = 0, shards - 1 do
    reports[i + 1] = string.format(
      '{"shard_id":%d,"epoch":1,"state":"ready","guild_count":912,"latency_ms":44.1,"session_id":"0123456789abcdef0123456789abcdef","seq":%d}',
      pod * shards + i, beat)
  end
  local body = string.format(
    '{"incarnation":"00000000-0000-4000-8000-%012d","state":"ready","shards":[%s],"memory_usage_mb":512.5,"cpu_usage_percent":37.5}',
    pod, table.concat(reports, ","))
  return wrk.format("POST", "/api/v1/clusters/" .. cluster .. "/instances/pod-" .. pod .. "/heartbeat", headers, body)
end
