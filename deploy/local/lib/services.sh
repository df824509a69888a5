# shellcheck shell=bash
# The services of services.table: which there are, where they listen, how one is run.

# How a service's JVM keeps itself small: the heap shrinks when it can, native memory has its bounds too, and what the compilers
# leave behind in malloc's pools is given back. JDK 21 may not know the last one.
SERVICE_JVM=(-XX:+UseSerialGC -Xms32m -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=20 -XX:ReservedCodeCacheSize=64m
  -XX:MaxDirectMemorySize=64m -XX:+IgnoreUnrecognizedVMOptions -XX:+UnlockExperimentalVMOptions -XX:TrimNativeHeapInterval=5000)

service_rows() { grep -v '^#' "$LOCAL_DIR/services.table"; }

# Names of the services whose module exists.
available_services() {
  local name rest
  while read -r name rest; do
    [ -f "$ROOT/$name/pom.xml" ] && printf '%s\n' "$name"
  done < <(service_rows)
  true
}

# service NAME: sets service_port service_schema service_jar service_variable service_url
# shellcheck disable=SC2034
service() {
  local name=$1 row port_variable recorded
  row=$(service_rows | awk -v name="$name" '$1 == name')
  [ -n "$row" ] || die "there is no service $name; there are: $(available_services | xargs)"
  # shellcheck disable=SC2086
  set -- $row
  service_port=$2 service_schema=$3 service_jar=$4 service_variable=$5
  port_variable=$(service_port_variable)
  recorded=$(cat "$SET_DIR/run/$name.port" 2>/dev/null || true)
  if [ -n "$recorded" ] && running "$name" >/dev/null; then
    service_port=$recorded
  else
    service_port=${!port_variable:-$service_port}
  fi
  service_url=http://127.0.0.1:$service_port
}

service_port_variable() { printf '%s_PORT' "${service_variable%_URL}"; }

# choose_services a,b: prints the names, or all that are available.
choose_services() {
  local name
  if [ -z "${1:-}" ]; then
    available_services
    return
  fi
  for name in ${1//,/ }; do
    # `tracker` says as much as `tracker-service`
    case $name in *-service) ;; *) name=$name-service ;; esac
    available_services | grep -qx "$name" || die "there is no service $name to start; there are: $(available_services | xargs)"
    printf '%s\n' "$name"
  done
}

service_ready() { curl -fsS -o /dev/null --max-time 3 "$service_url/q/health/ready" 2>/dev/null; }

# The environment a service runs in: our addresses over whatever the caller's shell has, and nothing of the superuser.
service_environment() {
  addresses
  SERVICE_ENVIRONMENT=(env -u PGUSER -u PGPASSWORD
    "PGHOST=$PG_HOST" "PGPORT=$PG_PORT" "PGDATABASE=$PG_DATABASE" "REDIS_URL=$REDIS_ADDRESS"
    "KEYCLOAK_URL=$KEYCLOAK_ADDRESS" "OIDC_ISSUER=$(issuer)" "$(service_port_variable)=$service_port"
    QUARKUS_PROFILE=dev QUARKUS_HTTP_HOST=127.0.0.1 MALLOC_ARENA_MAX=2)
}

start_service() {
  local name=$1 stamp app was tries
  service "$name"
  after postgres redis keycloak build
  stamp=$(source_stamp "$name")
  app=$STATE/apps/$name/$stamp
  service_environment
  was=$SET_DIR/run/$name
  mkdir -p "$was"
  stamp="$stamp $(printf '%s\n' "${SERVICE_ENVIRONMENT[@]}" | hash_of)"
  if running "$name" >/dev/null && [ "$(cat "$was.stamp" 2>/dev/null)" = "$stamp" ] && service_ready; then
    title "$name on $service_url was running already"
    return
  fi
  stop_process "$name"
  # a port chosen anew counts only now that the old process is gone
  service "$name"
  service_environment
  need_port "$service_port" "$(service_port_variable)" "$name"
  title "$name is starting"
  cd "$was"
  spawn "$name" "$LOGS/$name.log" "${SERVICE_ENVIRONMENT[@]}" "$JAVA_HOME/bin/java" -Xmx256m "${SERVICE_JVM[@]}" -jar "$app/quarkus-run.jar"
  printf '%s\n' "$service_port" >"$was.port"
  printf '%s\n' "$stamp" >"$was.stamp"
  for ((tries = 0; tries < 1200; tries++)); do
    if service_ready; then
      title "$name is ready on $service_url"
      forget_old_apps "$name" "${stamp%% *}"
      return
    fi
    running "$name" >/dev/null || break
    sleep 0.2
  done
  die "$name did not get ready: $(grep -E 'ERROR|Caused by' "$LOGS/$name.log" | tail -n 1 | cut -c1-200) (log: ./quintet logs $name)"
}
