# shellcheck shell=bash
# The programs behind the local backends: found where they are, installed where the machine allows it.

PGVECTOR_OLDEST=0.8.0
PGVECTOR_WANTED=0.8.4

postgres_bins() {
  local dir
  for dir in ${QUINTET_PG_BIN:-} /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin /usr/local/pgsql/bin; do
    [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && printf '%s\n' "$dir"
  done
  dir=$(command -v initdb 2>/dev/null) && dirname "$dir"
  true
}

postgres_major() { "$1/postgres" --version | sed -n 's/.* \([0-9][0-9]*\)[.a-z].*/\1/p'; }

extension_dir() {
  local bin=$1 share=''
  if [ -x "$bin/pg_config" ]; then share=$("$bin/pg_config" --sharedir); fi
  [ -d "$share/extension" ] || share=/usr/share/postgresql/$(postgres_major "$bin")
  printf '%s/extension' "$share"
}

pgvector_version() { sed -n "s/^default_version *= *'\([^']*\)'.*/\1/p" "$(extension_dir "$1")/vector.control" 2>/dev/null; }

# Sets PG_BIN: the newest programs of 15 or later, preferring those that have pgvector.
find_postgres() {
  local bin major score best=0
  PG_BIN=''
  while IFS= read -r bin; do
    major=$(postgres_major "$bin")
    [ "${major:-0}" -ge 15 ] || continue
    score=$major
    [ -z "$(pgvector_version "$bin")" ] || score=$((score + 1000))
    if [ "$score" -gt "$best" ]; then best=$score PG_BIN=$bin; fi
  done < <(postgres_bins)
  [ -n "$PG_BIN" ]
}

# Sets REDIS_SERVER.
find_redis() {
  REDIS_SERVER=$(command -v redis-server || command -v valkey-server) || return 1
}

programs_complete() {
  find_postgres && find_redis && version_at_least "$(pgvector_version "$PG_BIN" || true)" $PGVECTOR_OLDEST
}

# The step: whatever is missing gets installed.
install_programs() {
  local want=() major candidate
  if programs_complete; then
    title "PostgreSQL $(postgres_major "$PG_BIN"), pgvector $(pgvector_version "$PG_BIN") and Redis are installed"
    pgvector_advice
    return 0
  fi
  may_install
  title "Looking up packages"
  apt update || echo "some package lists could not be refreshed; going on with those that are there"
  find_redis || want+=(redis-server)
  if ! find_postgres; then
    major=$(apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9][0-9]*\)$/\1/p' | head -n 1)
    [ "${major:-0}" -ge 15 ] || die "this release offers PostgreSQL ${major:-none}, and 15 or later is needed; install it from the PostgreSQL project's own packages, or start a Docker engine"
    want+=("postgresql-$major")
  else
    major=$(postgres_major "$PG_BIN")
  fi
  if [ -z "$PG_BIN" ] || ! version_at_least "$(pgvector_version "$PG_BIN")" $PGVECTOR_OLDEST; then
    candidate=$(apt-cache policy "postgresql-$major-pgvector" 2>/dev/null | sed -n 's/.*Candidate: *\([0-9][0-9.]*\).*/\1/p')
    if [ -n "$candidate" ] && version_at_least "$candidate" $PGVECTOR_OLDEST; then
      want+=("postgresql-$major-pgvector")
    else
      want+=("postgresql-server-dev-$major" build-essential)
    fi
  fi
  if [ ${#want[@]} -gt 0 ]; then
    title "Installing ${want[*]}"
    apt install --no-install-recommends "${want[@]}" || die "apt-get could not install ${want[*]}; see what it says: ${SUDO[*]:+sudo }apt-get install ${want[*]}"
  fi
  find_postgres || die "PostgreSQL was installed, but its programs are not where they usually are; set QUINTET_PG_BIN to their folder"
  if ! version_at_least "$(pgvector_version "$PG_BIN")" $PGVECTOR_OLDEST; then
    title "Building pgvector from source (once)"
    build_pgvector
  fi
  programs_complete || die "something is still missing after the installation; see the log of this step"
  title "Installed PostgreSQL $(postgres_major "$PG_BIN"), pgvector $(pgvector_version "$PG_BIN") and Redis"
  pgvector_advice
}

pgvector_advice() {
  local version
  version=$(pgvector_version "$PG_BIN")
  version_at_least "$version" $PGVECTOR_WANTED ||
    warn "pgvector $version works, but its HNSW index lacks fixes of $PGVECTOR_WANTED: good for development, not for production"
}

# Sets SUDO, or dies with the line to type.
may_install() {
  SUDO=()
  if ! have apt-get; then
    if have brew; then die "PostgreSQL 15+ with pgvector or Redis is missing; get them by: brew install postgresql@17 pgvector redis"; fi
    die "PostgreSQL 15+ with pgvector $PGVECTOR_OLDEST+ or Redis is missing; install them with your package manager, or start a Docker engine"
  fi
  [ "$(id -u)" = 0 ] && return 0
  if have sudo && sudo -n true 2>/dev/null; then
    SUDO=(sudo -n)
    return 0
  fi
  die "PostgreSQL 15+ with pgvector $PGVECTOR_OLDEST+ or Redis is missing and installing needs root; run once: sudo deploy/local/backends programs"
}

# apt COMMAND…: no questions, waits for another apt, starts no system service, and is not reached by our Ctrl-C.
apt() {
  local policy=/usr/sbin/policy-rc.d code=0 ours=''
  if [ ! -e $policy ]; then
    # a fresh package would start its own PostgreSQL or Redis on the standard port; taken away again below
    printf '#!/bin/sh\n# quintet: no service starts while its packages are being installed\nexit 101\n' | "${SUDO[@]+"${SUDO[@]}"}" tee $policy >/dev/null
    "${SUDO[@]+"${SUDO[@]}"}" chmod 755 $policy
    ours=yes
  fi
  setsid "${SUDO[@]+"${SUDO[@]}"}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@" </dev/null &
  echo $! >"$STEPS/packages.pid"
  wait $! || code=$?
  if [ -n "$ours" ] && grep -q quintet: $policy 2>/dev/null; then "${SUDO[@]+"${SUDO[@]}"}" rm -f $policy; fi
  return $code
}

# Source of a newer suite of the same distribution, by a temporary list made from the machine's own: nothing of the
# machine's package configuration changes. 0.8.0 is in Debian 13; later ones come with the distribution's own package.
build_pgvector() {
  local work suite
  work=$(mktemp -d "${TMPDIR:-/tmp}/quintet-pgvector.XXXXXX")
  case $(distribution) in ubuntu) suite=questing ;; *) suite=trixie ;; esac
  suite=${QUINTET_PGVECTOR_SUITE:-$suite}
  mkdir -p "$work"/{parts,lists/partial,source}
  source_list "$suite" >"$work/parts/source.sources"
  [ -s "$work/parts/source.sources" ] || die "no package list of this machine to take pgvector's source from; build pgvector $PGVECTOR_OLDEST+ by hand (make && make install)"
  local opts=(-q -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$work/parts" -o "Dir::State::Lists=$work/lists"
    -o APT::Get::List-Cleanup=0 -o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache= -o APT::Sandbox::User=root -o Acquire::Retries=3)
  apt-get "${opts[@]}" update && (cd "$work/source" && apt-get "${opts[@]}" source --download-only pgvector) ||
    die "pgvector's source could not be fetched from suite $suite; name another by QUINTET_PGVECTOR_SUITE, or install pgvector $PGVECTOR_OLDEST+ by hand"
  mkdir "$work/build"
  tar -xf "$work"/source/pgvector_*.orig.tar.* -C "$work/build" --strip-components=1
  # no bitcode for the JIT: it would need exactly the clang that PostgreSQL was built with
  make -C "$work/build" -j2 PG_CONFIG="$PG_BIN/pg_config" with_llvm=no &&
    "${SUDO[@]+"${SUDO[@]}"}" make -C "$work/build" PG_CONFIG="$PG_BIN/pg_config" with_llvm=no install ||
    die "pgvector did not build; see the log of this step"
  rm -rf "$work"
}

distribution() { sed -n 's/^ID=//p' /etc/os-release 2>/dev/null | tr -d '"'; }

# The first entry of the machine's own list, as a deb-src entry of another suite.
source_list() {
  local suite=$1 file
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list.d/ubuntu.sources; do
    [ -r "$file" ] || continue
    awk -v suite="$suite" 'BEGIN { RS = ""; FS = "\n" }
      NR == 1 { for (i = 1; i <= NF; i++) { if ($i ~ /^#/) continue
        if ($i ~ /^Types:/) $i = "Types: deb-src"; if ($i ~ /^Suites:/) $i = "Suites: " suite
        if ($i ~ /^Components:/) $i = "Components: main universe"; print $i } }' "$file" |
      if [ "$(distribution)" = ubuntu ]; then cat; else sed 's/ universe$//'; fi
    return 0
  done
  [ -r /etc/apt/sources.list ] || return 0
  awk -v suite="$suite" '$1 == "deb" { uri = $2; signed = ""
    if ($2 ~ /^\[/) { for (i = 2; $i !~ /\]$/; i++); uri = $(i + 1)
      if (match($0, /signed-by=[^] ]*/)) signed = substr($0, RSTART + 10, RLENGTH - 10) }
    print "Types: deb-src\nURIs: " uri "\nSuites: " suite "\nComponents: main"; if (signed != "") print "Signed-By: " signed; exit }' /etc/apt/sources.list
}
