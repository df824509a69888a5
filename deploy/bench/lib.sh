# shellcheck shell=bash
# What the benches share: a service under test on a database of its own, and a table and a JSON of what was measured.
# Sourced by a bench, which then calls bench_begin SERVICE and, when it is done, bench_end NAME.
# shellcheck source=../local/lib/base.sh
. "$(dirname "${BASH_SOURCE[0]}")/../local/lib/base.sh"

out=$ROOT/target/bench
seconds=${BENCH_SECONDS:-8}
rows=()
json=()

# The service SERVICE is built, the development backends run, an empty database DATABASE has the roles. Sets jar, port, pgbench, work.
bench_begin() {
  bench_service=$1 database=$2
  mkdir -p "$out"
  work=$(mktemp -d)
  service_pid=''
  trap bench_clean EXIT
  trap 'exit 130' INT TERM
  use_set dev
  find_jdk
  find_postgres
  addresses
  pgbench=$PG_BIN/pgbench
  [ -x "$pgbench" ] || die "pgbench is missing (it comes with PostgreSQL's server or contrib package): install it, then run this again"
  bench_tool wrk wrk
  say "backends"
  "$LOCAL_DIR/backends" start >/dev/null
  use_set dev
  addresses
  export PGHOST=$PG_HOST PGPORT=$PG_PORT PGUSER=$PG_USER PGPASSWORD=$PG_PASSWORD
  steps_begin
  on_cancel() { :; }
  step build "Looking for changed sources" build_services "$bench_service"
  steps_wait || exit 1
  steps_end
  # steps_begin set traps of its own
  trap bench_clean EXIT
  trap 'exit 130' INT TERM
  jar=$STATE/apps/$bench_service/$(source_stamp "$bench_service")/quarkus-run.jar
  [ -f "$jar" ] || jar=$ROOT/$bench_service/target/quarkus-app/quarkus-run.jar
  psql -qX -d postgres -c "DROP DATABASE IF EXISTS $database WITH (FORCE)" -c "CREATE DATABASE $database" 2>/dev/null
  sql -f "$ROOT/common/src/main/resources/db/bootstrap/roles.sql" 2>/dev/null
  port=$(shuf -i 20000-28000 -n 1)
}

# bench_tool PROGRAM PACKAGE: installs it where that is possible, else says so.
bench_tool() {
  if have "$1"; then return; fi
  if [ "$(id -u)" = 0 ] && have apt-get; then
    say "installing $2"
    apt-get install -y -qq --no-install-recommends "$2" >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$2" >/dev/null; }
  else
    die "$1 is missing: install your system's package $2, then run this again"
  fi
}

bench_clean() {
  # Its end by our signal is no failure of the bench.
  if [ -n "$service_pid" ]; then kill "$service_pid" 2>/dev/null && wait "$service_pid" 2>/dev/null || true; fi
  rm -rf "$work"
}

sql() { psql -qAtX -v ON_ERROR_STOP=1 -d "$database" "$@"; }

# bench_start HEAP NAME=VALUE…: a fresh process of the service on $port, and waits until it is ready.
bench_start() {
  local heap=$1
  shift
  if [ -n "$service_pid" ]; then kill "$service_pid" && wait "$service_pid" 2>/dev/null || true; fi
  local variable=${bench_service%-service}
  env -u PGUSER -u PGPASSWORD PGDATABASE="$database" OIDC_ISSUER="$(issuer)" KEYCLOAK_URL="$KEYCLOAK_ADDRESS" REDIS_URL="$REDIS_ADDRESS" \
    "${variable^^}_PORT=$port" QUARKUS_PROFILE=dev QUARKUS_HTTP_HOST=127.0.0.1 MALLOC_ARENA_MAX=2 "$@" \
    "$JAVA_HOME/bin/java" "-Xmx$heap" "${SERVICE_JVM[@]}" -jar "$jar" >"$work/service.log" 2>&1 &
  service_pid=$!
  for _ in $(seq 240); do
    curl -fsS -o /dev/null --max-time 2 "http://127.0.0.1:$port/q/health/ready" 2>/dev/null && return
    kill -0 "$service_pid" 2>/dev/null || die "$bench_service did not start: $(tail -n 3 "$work/service.log")"
    sleep 0.25
  done
  die "$bench_service is not ready after 60 s: $(tail -n 3 "$work/service.log")"
}

token() { "$LOCAL_DIR/verbs/token" "$1"; }
service_mib() { awk '/VmRSS/ { printf "%.0f", $2 / 1024 }' "/proc/$service_pid/status"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf("%.2f", b > 0 ? a / b : 0) }'; }

# tps CONNECTIONS FILE [pgbench arguments]: transactions per second
tps() {
  local connections=$1 file=$2
  shift 2
  "$pgbench" -n -M prepared -c "$connections" -j 2 -T "$seconds" -f "$file" "$@" "$database" 2>/dev/null | awk '/^tps/ { printf "%.0f", $3 }'
}

machine() {
  local asked
  asked=$(psql -qAtX -d postgres -F '|' -c "SELECT split_part(current_setting('server_version'), ' ', 1), current_setting('fsync'), current_setting('synchronous_commit'), current_setting('shared_buffers')")
  IFS='|' read -r pg_version pg_fsync pg_commit pg_buffers <<<"$asked"
  printf '%s cores, %s, PostgreSQL %s with fsync %s, synchronous_commit %s and shared_buffers %s, JDK %s' "$(nproc)" \
    "$(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)" "$pg_version" "$pg_fsync" "$pg_commit" "$pg_buffers" \
    "$("$JAVA_HOME/bin/java" -version 2>&1 | awk -F'"' 'NR == 1 { print $2 }')"
}

# bench_title TEXT: says what is measured, and on what.
bench_title() {
  bench_heading="$1, measured on $(machine); clients, service and database share the machine"
  printf '%s\n' "$bench_heading"
}

head_line() {
  rows+=("" "$1")
  printf '\n%s\n' "$1"
}

note() { # KEY LABEL VALUE UNIT
  json+=("\"$1\": $3")
  rows+=("$(printf '%-84s %12s %s' "$2" "$3" "$4")")
  printf '  %-84s %12s %s\n' "$2" "$3" "$4"
}

# bench_end NAME: the table and the JSON; the database goes.
bench_end() {
  {
    printf '%s\n' "$bench_heading"
    printf '%s\n' "${rows[@]}"
  } >"$out/$1.txt"
  {
    printf '{\n  "machine": "%s"' "$(machine)"
    printf ',\n  %s' "${json[@]}"
    printf '\n}\n'
  } >"$out/$1.json"
  kill "$service_pid" && wait "$service_pid" 2>/dev/null || true
  service_pid=''
  psql -qX -d postgres -c "DROP DATABASE $database WITH (FORCE)"
  printf '\ntable: target/bench/%s.txt\njson:  target/bench/%s.json\n' "$1" "$1"
}
