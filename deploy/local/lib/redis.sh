# shellcheck shell=bash
# One Redis per set, on 127.0.0.1 only. The development set keeps an append-only file, the test set keeps nothing.

redis_ping() {
  local host=$1 port=$2 reply=''
  {
    exec 4<>"/dev/tcp/$host/$port" && printf 'PING\r\n' >&4 && IFS= read -r -t 2 reply <&4
  } 2>/dev/null || true
  { exec 4>&-; } 2>/dev/null || true
  case $reply in +PONG* | -NOAUTH*) return 0 ;; *) return 1 ;; esac
}

redis_ready() { (redis_ping "$(host_of "$REDIS_ADDRESS")" "$(port_of "$REDIS_ADDRESS")"); }

start_redis() {
  addresses
  if given_redis; then
    redis_ready || die "REDIS_URL names a Redis at $(host_of "$REDIS_ADDRESS"):$(port_of "$REDIS_ADDRESS"), but none answers there; start it, or unset REDIS_URL to use our own"
    title "Redis at $(host_of "$REDIS_ADDRESS"):$(port_of "$REDIS_ADDRESS"), as the environment says"
    return
  fi
  after programs
  if in_containers; then
    redis_ready || die "Redis runs in a container but does not answer on 127.0.0.1:$REDIS_PORT; see: docker ps"
    title "Redis answers on 127.0.0.1:$REDIS_PORT (container)"
    return
  fi
  if running redis >/dev/null && redis_ready; then
    title "Redis on 127.0.0.1:$REDIS_PORT was running already"
    return
  fi
  find_redis || die "Redis is missing"
  stop_process redis
  need_port "$REDIS_PORT" "$REDIS_VARIABLE" Redis
  mkdir -p "$SET_DIR/redis"
  local keep=no tries
  [ "$SET" = test ] || keep=yes
  spawn redis "$LOGS/redis.log" "$REDIS_SERVER" --port "$REDIS_PORT" --bind 127.0.0.1 --dir "$SET_DIR/redis" \
    --save '' --appendonly $keep --maxmemory 256mb --maxmemory-policy noeviction --daemonize no
  for ((tries = 0; tries < 100; tries++)); do
    if redis_ready; then
      title "Redis answers on 127.0.0.1:$REDIS_PORT"
      return
    fi
    running redis >/dev/null || break
    sleep 0.1
  done
  die "Redis did not start: $(tail -n 1 "$LOGS/redis.log") (log: ${LOGS#"$ROOT"/}/redis.log)"
}

stop_redis() { stop_process redis; }
