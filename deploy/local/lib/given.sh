# shellcheck shell=bash
# Backends whose address the environment gives are used as they are: not started, not stopped, only looked at.
# The addresses that `quintet env` prints name our own backends; finding those in the environment changes nothing.

is_local() { case $1 in 127.0.0.1 | localhost | ::1) true ;; *) false ;; esac }

host_of() { printf '%s' "$1" | sed 's#^[a-z]*://##; s#/.*##; s#.*@##; s#:[0-9]*$##'; }
port_of() { printf '%s' "$1" | sed 's#^[a-z]*://##; s#/.*##' | sed -n "s#.*:\([0-9]*\)\$#\1#p"; }

given_postgres() {
  if [ "$SET" = test ]; then
    [ -n "${QUINTET_TEST_PG_PORT:-}" ] && [ "$QUINTET_TEST_PG_PORT" != "$OWN_PG_PORT" ] && answers "${QUINTET_TEST_PG_HOST:-127.0.0.1}" "$QUINTET_TEST_PG_PORT"
  else
    [ -n "${PGHOST:-}" ] && ! { is_local "$PGHOST" && [ "${PGPORT:-5432}" = "$PG_PORT" ]; }
  fi
}

given_redis() {
  if [ "$SET" = test ]; then
    [ -n "${QUINTET_TEST_REDIS_PORT:-}" ] && [ "$QUINTET_TEST_REDIS_PORT" != "$OWN_REDIS_PORT" ] && answers 127.0.0.1 "$QUINTET_TEST_REDIS_PORT"
  else
    [ -n "${REDIS_URL:-}" ] && ! { is_local "$(host_of "$REDIS_URL")" && [ "$(port_of "$REDIS_URL")" = "$REDIS_PORT" ]; }
  fi
}

given_keycloak() {
  if [ "$SET" = test ]; then
    [ -n "${QUINTET_TEST_KEYCLOAK_URL:-}" ] && [ "$(port_of "$QUINTET_TEST_KEYCLOAK_URL")" != "$KEYCLOAK_PORT" ] &&
      answers "$(host_of "$QUINTET_TEST_KEYCLOAK_URL")" "$(port_of "$QUINTET_TEST_KEYCLOAK_URL")"
  else
    [ -n "${KEYCLOAK_URL:-}" ] && ! { is_local "$(host_of "$KEYCLOAK_URL")" && [ "$(port_of "$KEYCLOAK_URL")" = "$KEYCLOAK_PORT" ]; }
  fi
}

# Sets PG_HOST PG_PORT PG_USER PG_PASSWORD PG_DATABASE REDIS_ADDRESS KEYCLOAK_ADDRESS: where everything is, given or ours.
# shellcheck disable=SC2034
addresses() {
  PG_HOST=127.0.0.1 PG_USER=$PG_SUPERUSER PG_PASSWORD=$PG_SUPERUSER_PASSWORD PG_DATABASE=quintet
  REDIS_ADDRESS=redis://127.0.0.1:$REDIS_PORT
  KEYCLOAK_ADDRESS=http://127.0.0.1:$KEYCLOAK_PORT
  if [ "$SET" = test ]; then
    if given_postgres; then
      PG_HOST=${QUINTET_TEST_PG_HOST:-127.0.0.1} PG_PORT=$QUINTET_TEST_PG_PORT
      PG_USER=${QUINTET_TEST_PG_USER:-$PG_SUPERUSER} PG_PASSWORD=${QUINTET_TEST_PG_PASSWORD:-$PG_SUPERUSER_PASSWORD}
    fi
    if given_redis; then REDIS_PORT=$QUINTET_TEST_REDIS_PORT REDIS_ADDRESS=redis://127.0.0.1:$REDIS_PORT; fi
    if given_keycloak; then KEYCLOAK_ADDRESS=$QUINTET_TEST_KEYCLOAK_URL; fi
  else
    if given_postgres; then
      PG_HOST=$PGHOST PG_PORT=${PGPORT:-5432} PG_USER=${PGUSER:-$PG_SUPERUSER} PG_PASSWORD=${PGPASSWORD:-$PG_SUPERUSER_PASSWORD}
      PG_DATABASE=${PGDATABASE:-quintet}
    fi
    if given_redis; then REDIS_ADDRESS=$REDIS_URL; fi
    if given_keycloak; then KEYCLOAK_ADDRESS=${KEYCLOAK_URL%/}; fi
  fi
}
