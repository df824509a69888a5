# shellcheck shell=bash
# Building services, and knowing when there is nothing to build.
# What was built is kept as .quintet/apps/SERVICE/STAMP, the stamp being a hash over the sources: a build that runs
# later, in the tests say, does not pull the jars away from under a running service, and an unchanged one costs no Maven.

# Main sources and POMs of a service and of common, as they are on disk, committed or not.
source_stamp() {
  local name=$1
  (
    cd "$ROOT" || exit
    {
      if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files -co --exclude-standard -- pom.xml .mvn common "$name"
      else
        find pom.xml .mvn common "$name" -name target -prune -o -type f -print 2>/dev/null
      fi
    } | grep -v -e '/src/test/' -e '\.md$' | LC_ALL=C sort -u | while IFS= read -r file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done |
      xargs -0 "${SHA256[@]}" | hash_of
  )
}

built() { [ -s "$STATE/apps/$1/$(source_stamp "$1")/quarkus-run.jar" ]; }

build_services() {
  local name outdated=() list
  for name in "$@"; do built "$name" || outdated+=("$name"); done
  if [ ${#outdated[@]} = 0 ]; then
    title "Nothing to build: no source changed"
    return
  fi
  need_maven
  lock "$STATE/build.lock" "build"
  list=$(IFS=','; echo "${outdated[*]}")
  title "Building ${list//,/, } with Maven"
  (cd "$ROOT" && maven -pl "$list" -am -DskipTests package </dev/null) || die "the build failed: $(grep -m 1 '^\[ERROR\]' "$STEP_DIR/log" | cut -c1-200) (log: .quintet/dev/logs/step-build.log)"
  for name in "${outdated[@]}"; do keep_app "$name"; done
  title "Built ${list//,/, }"
}

# keep_app NAME: what Maven just made, under the stamp of the sources it was made from.
keep_app() {
  local name=$1 apps stamp
  stamp=$(source_stamp "$name")
  apps=$STATE/apps/$name
  service "$name"
  [ -s "$ROOT/$service_jar" ] || die "the build made no $service_jar"
  mkdir -p "$apps"
  rm -rf "${apps:?}/$stamp" "$apps"/*.new
  cp -R "$(dirname "$ROOT/$service_jar")" "$apps/$stamp.new"
  mv "$apps/$stamp.new" "$apps/$stamp"
}

forget_old_apps() {
  local name=$1 keep=$2 app
  for app in "$STATE/apps/$name"/*; do
    [ "$(basename "$app")" = "$keep" ] || rm -rf "$app"
  done
}

# Names of running services whose sources have changed since.
changed_services() {
  local name
  use_set dev
  for name in $(available_services); do
    if running "$name" >/dev/null && [ "$(cut -d' ' -f1 "$SET_DIR/run/$name.stamp" 2>/dev/null)" != "$(source_stamp "$name")" ]; then echo "$name"; fi
  done
}
