-- wrk: a day of a pool at random. Arguments: token, number of pools, from, to, aggregate.
local headers, pools, from, to, agg
function init(args)
  headers = { ["Authorization"] = "Bearer " .. args[1] }
  pools, from, to, agg = tonumber(args[2]), args[3], args[4], args[5]
  math.randomseed(7)
end
function request()
  return wrk.format("GET", string.format("/api/v1/metrics/query?pool_id=%d&metric_type=cpu&step=60&agg=%s&from=%s&to=%s", math.random(pools), agg, from, to), headers)
end
