# shellcheck shell=bash
# One PostgreSQL cluster per set. It listens on 127.0.0.1 only, every login needs a password, and it never runs as root.

ROLES_SQL=common/src/main/resources/db/bootstrap/roles.sql

# As root, PostgreSQL's programs run as the user postgres (who then owns the data).
if [ "$(id -u)" = 0 ]; then
  AS_POSTGRES=(setpriv --reuid=postgres --regid=postgres --init-groups --inh-caps=-all env HOME=/)
else
  AS_POSTGRES=(env)
fi
as_postgres() { "${AS_POSTGRES[@]}" "$@"; }

# Where the data lives: below .quintet, or, where the user postgres may not walk into the checkout (a root-only home),
# in a state folder of its own that .quintet remembers.
postgres_place() {
  local remembered=$SET_DIR/postgres.place place=$SET_DIR/postgres base
  if [ -s "$remembered" ]; then
    cat "$remembered"
    return
  fi
  mkdir -p "$place"
  if [ "$(id -u)" = 0 ] && ! as_postgres test -x "$place" 2>/dev/null; then
    rmdir "$place"
    for base in /var/lib/quintet "${TMPDIR:-/tmp}/quintet-state"; do
      place=$base/$(printf '%s' "$ROOT" | hash_of)/$SET/postgres
      mkdir -p "$place" 2>/dev/null && as_postgres test -x "$place" && break
    done
  fi
  printf '%s' "$place" >"$remembered"
  printf '%s' "$place"
}

postgres_ready() { PGPASSWORD=$PG_PASSWORD "$PG_BIN/pg_isready" -q -t 3 -h "$PG_HOST" -p "$PG_PORT" -U "$PG_USER" -d postgres; }

# psql as the superuser on a database, strict and quiet.
superuser_psql() {
  local database=$1
  shift
  PGPASSWORD=$PG_PASSWORD PGOPTIONS='' PGAPPNAME=quintet psql_program -X -q -w -v ON_ERROR_STOP=1 -h "$PG_HOST" -p "$PG_PORT" -U "$PG_USER" -d "$database" "$@"
}

psql_program() {
  if [ -z "${PG_BIN:-}" ]; then find_postgres || true; fi
  if [ -n "${PG_BIN:-}" ] && [ -x "$PG_BIN/psql" ]; then
    "$PG_BIN/psql" "$@"
  elif have psql; then
    psql "$@"
  elif in_containers; then
    local terminal=()
    [ -t 0 ] && [ -t 1 ] || terminal=(-T)
    compose exec ${terminal[@]+"${terminal[@]}"} -e PGPASSWORD -e PGOPTIONS -e PGAPPNAME -e PGHOST -e PGPORT -e PGUSER -e PGDATABASE postgres psql "$@"
  else
    die "psql is missing; get it by: $(have brew && echo 'brew install libpq' || echo 'sudo apt-get install postgresql-client')"
  fi
}

start_postgres() {
  addresses
  if given_postgres; then
    answers "$PG_HOST" "$PG_PORT" || die "PGHOST and PGPORT name a PostgreSQL at $PG_HOST:$PG_PORT, but nothing answers there; start it, or unset PGHOST to use our own"
    title "PostgreSQL at $PG_HOST:$PG_PORT, as the environment says"
    bootstrap_database
    return
  fi
  after programs
  if in_containers; then
    bootstrap_database
    title "PostgreSQL accepts on 127.0.0.1:$PG_PORT (container)"
    return
  fi
  find_postgres || die "PostgreSQL's programs are missing"
  if running postgres >/dev/null && postgres_ready; then
    title "PostgreSQL on 127.0.0.1:$PG_PORT was running already"
    bootstrap_database
    return
  fi
  stop_postgres
  local place data
  place=$(postgres_place)
  data=$place/data
  need_port "$PG_PORT" "$PG_VARIABLE" PostgreSQL
  [ -s "$data/PG_VERSION" ] || make_cluster "$place"
  local bin=$PG_BIN
  if [ "$(cat "$data/PG_VERSION")" != "$(postgres_major "$bin")" ]; then
    bin=$(postgres_bins | while IFS= read -r bin; do [ "$(postgres_major "$bin")" != "$(cat "$data/PG_VERSION")" ] || echo "$bin"; done | head -n 1)
    [ -n "$bin" ] || die "the data was made by PostgreSQL $(cat "$data/PG_VERSION"), whose programs are gone; install them again, or forget the data: ./quintet down --wipe"
  fi
  write_configuration "$place"
  title "PostgreSQL $(postgres_major "$bin") is starting"
  local try
  for try in 1 2 3 4 5; do
    # from a folder that the user postgres may enter; the log is opened before we stop being root
    (cd "$place" && spawn postgres "$LOGS/postgres.log" "${AS_POSTGRES[@]}" "$bin/postgres" -D "$data")
    if await_postgres; then break; fi
    # after a kill -9 its children need a moment to notice and to let go of shared memory
    [ "$try" -lt 5 ] || die "PostgreSQL did not start: $(grep -E 'FATAL|PANIC' "$LOGS/postgres.log" | tail -n 1) (log: ${LOGS#"$ROOT"/}/postgres.log)"
    sleep 1
  done
  bootstrap_database
  title "PostgreSQL $(postgres_major "$bin") accepts on 127.0.0.1:$PG_PORT"
}

# Until it accepts (crash recovery may take a while) or has ended.
await_postgres() {
  local tries
  for ((tries = 0; tries < 3000; tries++)); do
    postgres_ready && return 0
    running postgres >/dev/null || return 1
    sleep 0.1
  done
  die "PostgreSQL is not ready after five minutes (log: ${LOGS#"$ROOT"/}/postgres.log)"
}

make_cluster() {
  local place=$1 locale=C
  title "PostgreSQL $(postgres_major "$PG_BIN"): making a cluster"
  mkdir -p "$place"
  rm -rf "$place/data"
  if locale -a 2>/dev/null | grep -qix 'C\.utf-*8'; then locale=C.UTF-8; fi
  printf '%s\n' "$PG_SUPERUSER_PASSWORD" >"$place/password"
  if [ "$(id -u)" = 0 ]; then chown -R postgres: "$place"; fi
  chmod 700 "$place"
  (cd "$place" && as_postgres "$PG_BIN/initdb" -D "$place/data.new" -U $PG_SUPERUSER -A scram-sha-256 --pwfile="$place/password" -E UTF8 --locale=$locale --no-sync)
  rm -f "$place/password"
  as_postgres sh -c "echo \"include 'quintet.conf'\" >>'$place/data.new/postgresql.conf'"
  mv "$place/data.new" "$place/data"
}

write_configuration() {
  local place=$1
  {
    cat <<C
# written by deploy/local/lib/postgres.sh at every start
listen_addresses = '127.0.0.1'
port = $PG_PORT
unix_socket_directories = ''
max_connections = 200
shared_buffers = 160MB
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d %a '
shared_preload_libraries = 'pg_stat_statements'
C
    if [ "$SET" = test ]; then
      cat <<C
# throw-away: speed before durability
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
autovacuum_naptime = 5s
C
    else
      cat <<C
fsync = on
synchronous_commit = on
C
    fi
  } >"$place/quintet.conf.new"
  if [ "$(id -u)" = 0 ]; then chown postgres: "$place/quintet.conf.new"; fi
  mv -f "$place/quintet.conf.new" "$place/data/quintet.conf"
}

# The database, then what only a superuser can make: roles and extensions.
bootstrap_database() {
  local version
  [ "$(superuser_psql postgres -Atc "SELECT 1 FROM pg_database WHERE datname = '$PG_DATABASE'")" = 1 ] ||
    superuser_psql postgres -c "CREATE DATABASE \"$PG_DATABASE\"" || die "PostgreSQL at $PG_HOST:$PG_PORT refused user $PG_USER or the database $PG_DATABASE; check PGUSER and PGPASSWORD"
  version=$(superuser_psql "$PG_DATABASE" -Atc "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'")
  version_at_least "${version:-0}" $PGVECTOR_OLDEST ||
    die "PostgreSQL at $PG_HOST:$PG_PORT has pgvector ${version:-not at all}, and $PGVECTOR_OLDEST or later is needed; install it there"
  if [ -r "$ROOT/$ROLES_SQL" ]; then
    superuser_psql "$PG_DATABASE" -f - <"$ROOT/$ROLES_SQL" >/dev/null || die "$ROLES_SQL failed; its error is in the log of this step"
  elif [ "$SET" = test ]; then
    warn "$ROLES_SQL is missing: roles and extensions were not made"
  else
    die "$ROLES_SQL is missing: without it there are no roles; get it back by: git checkout -- $ROLES_SQL"
  fi
}

stop_postgres() { stop_process postgres INT QUIT; }
