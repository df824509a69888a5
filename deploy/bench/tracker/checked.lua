-- wrk: a request whose token is checked and that is then refused for its parameter, before any work. Argument: token.
function init(args)
  headers = { ["Authorization"] = "Bearer " .. args[1] }
end
function request()
  return wrk.format("GET", "/api/v1/clusters/bench/instances/pod-0/assignments?wait_s=-1", headers)
end
