# shellcheck shell=bash
# The backends of one set as steps, their addresses, their state.

backend_steps() {
  make_set_dirs
  settle_ports
  CONTAINERS=no
  if given_postgres && given_redis && given_keycloak; then
    :
  elif containers_wanted; then
    CONTAINERS=yes
    step programs "Containers" start_containers
  elif ! { given_postgres && given_redis; }; then
    step programs "PostgreSQL, pgvector and Redis: looking what is installed" install_programs
  fi
  step postgres "PostgreSQL" start_postgres
  step redis "Redis" start_redis
  step keycloak "Keycloak" start_keycloak
}

stop_backends() {
  local name
  for name in keycloak redis postgres; do "stop_$name"; done
  stop_containers
}

# Everything the set wrote, at the place of the data too. Downloads, the prepared Keycloak and the logs stay.
wipe_set() {
  local place
  place=$(cat "$SET_DIR/postgres.place" 2>/dev/null || true)
  case $place in */postgres) rm -rf "$place" ;; esac
  rm -rf "$SET_DIR"/{postgres,redis,keycloak,run,pids,ports.env,postgres.place}
}

backends_ready() {
  addresses
  find_postgres || true
  [ -n "$PG_PORT" ] && [ -n "$REDIS_ADDRESS" ] && [ -n "$KEYCLOAK_ADDRESS" ] || return 1
  answers "$PG_HOST" "$PG_PORT" && { [ -z "$PG_BIN" ] || postgres_ready; } && redis_ready && keycloak_ready
}

# state_line NAME READY(yes/no) ADDRESS NOTE
state_line() {
  local mark word
  if [ "$2" = yes ]; then mark=$green$tick$plain word=ready; else mark=$red$cross$plain word='not ready'; fi
  printf '  %s %-22s %-10s %s%s%s\n' "$mark" "$1" "$word" "$3" "${4:+  $dim}" "${4:+$4$plain}"
}

process_note() {
  local pid
  if pid=$(running "$1"); then printf 'process %s' "$pid"; else printf '%s' "${2:-not running}"; fi
}

print_backends() {
  local ready
  addresses
  find_postgres || true
  ready=no
  if [ -n "$PG_PORT" ] && answers "$PG_HOST" "$PG_PORT" && { [ -z "$PG_BIN" ] || postgres_ready; }; then ready=yes; fi
  state_line PostgreSQL $ready "$PG_HOST:$PG_PORT" "$(process_note postgres "$(given_postgres && echo 'given by the environment')")"
  ready=no
  if redis_ready; then ready=yes; fi
  state_line Redis $ready "$REDIS_ADDRESS" "$(process_note redis "$(given_redis && echo 'given by the environment')")"
  ready=no
  if keycloak_ready; then ready=yes; fi
  state_line Keycloak $ready "$KEYCLOAK_ADDRESS" "$(process_note keycloak "$(given_keycloak && echo 'given by the environment')")"
}

# KEY=VALUE lines: of the test set as dev.quintet.common.testing reads them, of the development set as services do.
print_addresses() {
  addresses
  if [ "$SET" = test ]; then
    cat <<E
QUINTET_TEST_PG_HOST=$PG_HOST
QUINTET_TEST_PG_PORT=$PG_PORT
QUINTET_TEST_PG_USER=$PG_USER
QUINTET_TEST_PG_PASSWORD=$PG_PASSWORD
QUINTET_TEST_REDIS_PORT=$REDIS_PORT
QUINTET_TEST_KEYCLOAK_URL=$KEYCLOAK_ADDRESS
E
  else
    cat <<E
PGHOST=$PG_HOST
PGPORT=$PG_PORT
PGUSER=$PG_USER
PGPASSWORD=$PG_PASSWORD
PGDATABASE=$PG_DATABASE
REDIS_URL=$REDIS_ADDRESS
KEYCLOAK_URL=$KEYCLOAK_ADDRESS
OIDC_ISSUER=$(issuer)
E
  fi
}

# The issuer belongs to the Keycloak in use: one left over in the environment from another counts only with a given one.
issuer() {
  if given_keycloak && [ -n "${OIDC_ISSUER:-}" ]; then printf '%s' "$OIDC_ISSUER"; else printf '%s/realms/quintet' "$KEYCLOAK_ADDRESS"; fi
}
