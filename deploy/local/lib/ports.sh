# shellcheck shell=bash
# The two sets of backends, and their ports.
#   dev   .quintet/dev    what `quintet up` uses: fixed ports, durable
#   test  .quintet/test   what tests use: free ports, thrown away at will
# shellcheck disable=SC2034  # read by the other parts

PG_SUPERUSER=postgres
PG_SUPERUSER_PASSWORD=quintet-dev

# What runs keeps the port it was started with, whatever the environment says by now.
is_up() { running "$1" >/dev/null || in_containers; }

use_set() {
  SET=$1
  SET_DIR=$STATE/$SET
  LOGS=$SET_DIR/logs
  PORTS_FILE=$SET_DIR/ports.env
  PG_PORT='' REDIS_PORT='' KEYCLOAK_PORT=''
  read_ports
  # as recorded: `addresses` puts the given ones in their place
  OWN_PG_PORT=$PG_PORT OWN_REDIS_PORT=$REDIS_PORT
  if [ "$SET" = dev ]; then
    is_up postgres && [ -n "$PG_PORT" ] || PG_PORT=${QUINTET_PG_PORT:-15432}
    is_up redis && [ -n "$REDIS_PORT" ] || REDIS_PORT=${QUINTET_REDIS_PORT:-16379}
    is_up keycloak && [ -n "$KEYCLOAK_PORT" ] || KEYCLOAK_PORT=${QUINTET_KEYCLOAK_PORT:-18080}
  fi
  PG_VARIABLE=QUINTET_PG_PORT REDIS_VARIABLE=QUINTET_REDIS_PORT KEYCLOAK_VARIABLE=QUINTET_KEYCLOAK_PORT
}

read_ports() {
  local key value
  [ -r "$PORTS_FILE" ] || return 0
  while IFS='=' read -r key value; do
    case $key in PG_PORT | REDIS_PORT | KEYCLOAK_PORT) printf -v "$key" '%s' "$value" ;; esac
  done <"$PORTS_FILE"
}

make_set_dirs() {
  mkdir -p "$SET_DIR/pids" "$LOGS"
  printf '%s\n' "$ROOT" >"$STATE/root"
}

# Test ports are chosen once and kept, as long as nobody else took them meanwhile.
settle_ports() {
  if [ "$SET" = test ]; then
    is_up postgres || PG_PORT=$(usable_or_free "$PG_PORT")
    is_up redis || REDIS_PORT=$(usable_or_free "$REDIS_PORT" "$PG_PORT")
    is_up keycloak || KEYCLOAK_PORT=$(usable_or_free "$KEYCLOAK_PORT" "$PG_PORT" "$REDIS_PORT")
  fi
  printf 'PG_PORT=%s\nREDIS_PORT=%s\nKEYCLOAK_PORT=%s\n' "$PG_PORT" "$REDIS_PORT" "$KEYCLOAK_PORT" >"$PORTS_FILE.$$"
  mv -f "$PORTS_FILE.$$" "$PORTS_FILE"
}

answers() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

usable_or_free() {
  local port=$1 other
  shift
  if [ -n "$port" ] && ! answers 127.0.0.1 "$port"; then
    printf '%s' "$port"
    return
  fi
  while :; do
    # below the range from which the kernel hands out client ports
    port=$((20000 + RANDOM % 10000))
    for other in "$@"; do [ "$port" != "$other" ] || continue 2; done
    answers 127.0.0.1 "$port" || break
  done
  printf '%s' "$port"
}

# need_port PORT VARIABLE WHAT: says who holds it, as far as we may know, and which variable moves us away.
need_port() {
  local port=$1 variable=$2 what=$3 holder=''
  answers 127.0.0.1 "$port" || return 0
  if have ss; then
    holder=$(ss -Hltnp "sport = :$port" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/ by \1 (process \2)/p' | head -n 1)
  elif have lsof; then
    holder=$(lsof -nP -iTCP:"$port" -sTCP:LISTEN 2>/dev/null | awk 'NR == 2 { print " by " $1 " (process " $2 ")" }')
  fi
  die "port $port, wanted for $what, is taken$holder; end that, or choose another: $variable=$((port + 10000 > 60000 ? port - 1 : port + 10000)) ./quintet up"
}
