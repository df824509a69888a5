# shellcheck shell=bash
# Backends as containers (deploy/local/compose.yaml), where a Docker engine answers. $SET_DIR/mode remembers it.

# A ping of the socket, 1 s at most, before anything that could hang.
docker_answers() {
  have docker || return 1
  local socket=/var/run/docker.sock
  case ${DOCKER_HOST:-} in
    '') ;;
    unix://*) socket=${DOCKER_HOST#unix://} ;;
    *) socket='' ;;
  esac
  if [ -n "$socket" ]; then
    [ -S "$socket" ] && [ "$(curl -fsS --max-time 1 --unix-socket "$socket" http://docker/_ping 2>/dev/null)" = OK ] || return 1
  fi
  docker compose version >/dev/null 2>&1
}

compose() {
  local durability='-c fsync=on'
  [ "$SET" = dev ] || durability='-c fsync=off -c synchronous_commit=off -c full_page_writes=off'
  QUINTET_PG_PORT=$PG_PORT QUINTET_REDIS_PORT=$REDIS_PORT QUINTET_KEYCLOAK_PORT=$KEYCLOAK_PORT QUINTET_PG_DURABILITY=$durability \
    docker compose -p "quintet-$SET-$(printf '%s' "$ROOT" | hash_of | cut -c1-8)" -f "$LOCAL_DIR/compose.yaml" "$@"
}

in_containers() { [ "$(cat "$SET_DIR/mode" 2>/dev/null)" = docker ]; }

# Local programs that already run, or containers that do, decide; then the wish in QUINTET_BACKENDS; then what is there.
containers_wanted() {
  local name
  for name in postgres redis keycloak; do if running $name >/dev/null; then return 1; fi; done
  in_containers && return 0
  case ${QUINTET_BACKENDS:-auto} in
    local) return 1 ;;
    docker) docker_answers || die "QUINTET_BACKENDS=docker, but no Docker engine with compose answers; start it, or unset QUINTET_BACKENDS" ;;
    auto) docker_answers ;;
    *) die "QUINTET_BACKENDS is $QUINTET_BACKENDS; it can be docker, local or auto" ;;
  esac
}

# The step that stands in for install_programs. Where images cannot be had, local programs do as well.
start_containers() {
  local wanted=() stamp
  addresses
  title "Containers for PostgreSQL, Redis and Keycloak are starting"
  given_postgres || wanted+=(postgres)
  given_redis || wanted+=(redis)
  given_keycloak || wanted+=(keycloak)
  stamp=$(realm_stamp)
  if ! given_keycloak && [ -s "$SET_DIR/realm.stamp" ] && [ "$(cat "$SET_DIR/realm.stamp")" != "$stamp" ]; then
    compose stop keycloak && compose run --rm --no-deps keycloak import --override=true --file=/opt/keycloak/data/import/realm.json ||
      die "Keycloak refused deploy/local/keycloak/realm.json; see the log of this step"
  fi
  if compose up -d --wait --wait-timeout 300 "${wanted[@]}"; then
    echo docker >"$SET_DIR/mode"
    printf '%s\n' "$stamp" >"$SET_DIR/realm.stamp"
    title "Containers run (docker compose)"
    return
  fi
  compose down || true
  [ "${QUINTET_BACKENDS:-auto}" = auto ] || die "docker compose could not start the backends; see the log of this step"
  rm -f "$SET_DIR/mode"
  warn "a Docker engine answers, but it could not start the containers: local programs are used instead"
  install_programs
}

# stop_containers [--wipe]
# shellcheck disable=SC2120
stop_containers() {
  in_containers || return 0
  if [ "${1:-}" = --wipe ]; then
    compose down --volumes
    rm -f "$SET_DIR/realm.stamp"
  else
    compose down
  fi
  rm -f "$SET_DIR/mode"
}
