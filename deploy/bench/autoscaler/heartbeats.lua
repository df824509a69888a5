-- wrk: heartbeats of many nodes in turn, each with its own key and one pool. Arguments: number of nodes.
local nodes
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
function init(args)
  nodes = tonumber(args[1])
  beat = 0
end
function request()
  beat = beat + 1
  local node = (beat * 2 + number) % nodes + 1
  local body = string.format(
    '{"status":"active","metrics_data":{"load":0.5},"pool_analytics":[{"oracle_pool_id":"ocid1.instancepool.oc1..%d","current_instances":3,"active_instances":3,"avg_cpu_utilization":61.5,"avg_memory_utilization":48.25,"max_cpu_utilization":70,"max_memory_utilization":55,"pool_status":"healthy","is_active":true}]}',
    node)
  return wrk.format("POST", "/api/v1/nodes/" .. node .. "/heartbeat", { ["X-API-Key"] = string.format("ask_%043d", node), ["Content-Type"] = "application/json" }, body)
end
