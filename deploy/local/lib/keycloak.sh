# shellcheck shell=bash
# Keycloak: downloaded, built for fast starts and given the realm once; both sets share that and have data of their own.
#   .quintet/keycloak/<version>-<options>/   the prepared server
#   .quintet/keycloak/realm-<stamp>.mv.db    a database with the realm imported, which new data starts from
#   .quintet/<set>/keycloak/                 a home: links to the server, and data/

KEYCLOAK_VERSION=26.7.3
KEYCLOAK_BUILD=(--db=dev-file --health-enabled=false --metrics-enabled=false)
DEPENDENCY_PLUGIN=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
REALM=$LOCAL_DIR/keycloak/realm.json

keycloak_server() { printf '%s/keycloak/%s-%s' "$STATE" "$KEYCLOAK_VERSION" "$(printf '%s ' "${KEYCLOAK_BUILD[@]}" | hash_of | cut -c1-8)"; }
realm_stamp() { { echo "$KEYCLOAK_VERSION" && cat "$REALM"; } | hash_of; }

keycloak_ready() { curl -fsS -o /dev/null --max-time 3 "$KEYCLOAK_ADDRESS/realms/quintet" 2>/dev/null; }

# keycloak_java HOME ARGS…: what bin/kc.sh runs, without the shell that stays around it, and small.
keycloak_command() {
  local home=$1 server
  shift
  server=$(keycloak_server)
  KEYCLOAK_COMMAND=("$JAVA_HOME/bin/java" -Xms64m -Xmx256m -XX:MaxMetaspaceSize=200m -XX:+UseSerialGC -XX:TieredStopAtLevel=1
    -XX:+ExitOnOutOfMemoryError -Dfile.encoding=UTF-8 -Duser.language=en -Duser.country=US
    --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.util.concurrent=ALL-UNNAMED
    --add-opens=java.base/java.security=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED --enable-native-access=ALL-UNNAMED
    -Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory
    "-Dkc.home.dir=$home" "-Djboss.server.config.dir=$home/conf" -Djava.util.logging.manager=org.jboss.logmanager.LogManager
    -Dpicocli.disable.closures=true -cp "$server/lib/quarkus-run.jar" io.quarkus.bootstrap.runner.QuarkusEntryPoint "$@")
}

# A folder that looks like an installed server to Keycloak, with data of its own.
keycloak_home() {
  local home=$1 server part
  server=$(keycloak_server)
  mkdir -p "$home/data/h2"
  for part in bin conf lib providers themes; do ln -sfn "$server/$part" "$home/$part"; done
}

fetch_keycloak() {
  local into=$1 zip cached=${HOME:-/root}/.m2/repository/org/keycloak/keycloak-quarkus-dist/$KEYCLOAK_VERSION/keycloak-quarkus-dist-$KEYCLOAK_VERSION.zip
  zip=$cached
  if [ ! -s "$cached" ]; then
    title "Keycloak $KEYCLOAK_VERSION: downloading 170 MB (once)"
    need_maven
    mkdir -p "$STATE/keycloak/download"
    (cd "$STATE/keycloak/download" && maven -q "$DEPENDENCY_PLUGIN:copy" "-Dartifact=org.keycloak:keycloak-quarkus-dist:$KEYCLOAK_VERSION:zip" "-DoutputDirectory=$STATE/keycloak/download") ||
      die "Keycloak $KEYCLOAK_VERSION could not be downloaded with Maven; is Maven Central or your mirror reachable?"
    zip=$STATE/keycloak/download/keycloak-quarkus-dist-$KEYCLOAK_VERSION.zip
  fi
  title "Keycloak $KEYCLOAK_VERSION: unpacking"
  if have unzip; then (cd "$into" && unzip -q "$zip"); else (cd "$into" && "$JAVA_HOME/bin/jar" xf "$zip" && chmod +x "keycloak-$KEYCLOAK_VERSION"/bin/*.sh); fi
  rm -rf "$STATE/keycloak/download"
}

# prepare_keycloak [REALM-DATABASE]: the server, and where new data is to start from one, the database with the realm.
# Each is made in a scratch folder and moved into place whole.
prepare_keycloak() {
  local server scratch realm=${1:-}
  server=$(keycloak_server)
  [ -e "$server/prepared" ] && { [ -z "$realm" ] || [ -s "$realm" ]; } && return 0
  find_jdk
  mkdir -p "$STATE/keycloak"
  lock "$STATE/keycloak/lock" "preparation of Keycloak"
  if [ ! -e "$server/prepared" ]; then
    rm -rf "$STATE/keycloak/"*scratch* "$server"
    scratch=$(mktemp -d "$STATE/keycloak/scratch.XXXXXX")
    fetch_keycloak "$scratch"
    title "Keycloak $KEYCLOAK_VERSION: preparing it for fast starts (once)"
    mv "$scratch/keycloak-$KEYCLOAK_VERSION" "$server"
    rm -rf "$scratch"
    JAVA_OPTS_KC_HEAP='-Xms64m -Xmx512m' "$server/bin/kc.sh" build "${KEYCLOAK_BUILD[@]}" || die "Keycloak's own build failed; see the log of this step"
    : >"$server/prepared"
  fi
  if [ -n "$realm" ] && [ ! -s "$realm" ]; then
    title "Keycloak $KEYCLOAK_VERSION: importing the realm"
    rm -rf "$STATE/keycloak/import"
    keycloak_home "$STATE/keycloak/import"
    import_realm "$STATE/keycloak/import"
    mv "$STATE/keycloak/import/data/h2/keycloakdb.mv.db" "$realm"
    rm -rf "$STATE/keycloak/import"
  fi
  unlock "$STATE/keycloak/lock"
}

import_realm() {
  keycloak_command "$1" import --optimized --cache=local "--file=$REALM" --override=true
  KC_BOOTSTRAP_ADMIN_USERNAME=admin KC_BOOTSTRAP_ADMIN_PASSWORD=quintet-dev "${KEYCLOAK_COMMAND[@]}" 9>&- ||
    die "Keycloak refused deploy/local/keycloak/realm.json; see the log of this step"
}

start_keycloak() {
  addresses
  if given_keycloak; then
    keycloak_ready || die "KEYCLOAK_URL is $KEYCLOAK_ADDRESS, but there is no realm quintet; import deploy/local/keycloak/realm.json there, or unset KEYCLOAK_URL to use our own"
    title "Keycloak at $KEYCLOAK_ADDRESS, as the environment says"
    return
  fi
  # with containers it comes along with the others; without, it need not wait for them
  if [ "${CONTAINERS:-no}" = yes ]; then after programs; fi
  if in_containers; then
    keycloak_ready || die "Keycloak runs in a container but serves no realm on $KEYCLOAK_ADDRESS; see: docker ps"
    title "Keycloak serves realm quintet on 127.0.0.1:$KEYCLOAK_PORT (container)"
    return
  fi
  local home=$SET_DIR/keycloak stamp database tries
  database=$home/data/h2/keycloakdb.mv.db
  stamp=$(realm_stamp)
  if running keycloak >/dev/null && [ "$(cat "$home/realm.stamp" 2>/dev/null)" = "$stamp" ] && keycloak_ready; then
    title "Keycloak on 127.0.0.1:$KEYCLOAK_PORT was running already"
    return
  fi
  have curl || die "curl is missing; get it by: sudo apt-get install curl"
  find_jdk
  stop_process keycloak
  need_port "$KEYCLOAK_PORT" "$KEYCLOAK_VARIABLE" Keycloak
  prepare_keycloak
  keycloak_home "$home"
  if [ ! -s "$database" ] || { [ "$SET" = test ] && [ "$(cat "$home/realm.stamp" 2>/dev/null)" != "$stamp" ]; }; then
    prepare_keycloak "$STATE/keycloak/realm-$stamp.mv.db"
    cp "$STATE/keycloak/realm-$stamp.mv.db" "$database"
  elif [ "$(cat "$home/realm.stamp" 2>/dev/null)" != "$stamp" ]; then
    title "Keycloak $KEYCLOAK_VERSION: importing the changed realm"
    import_realm "$home"
  fi
  printf '%s\n' "$stamp" >"$home/realm.stamp"
  title "Keycloak $KEYCLOAK_VERSION is starting"
  keycloak_command "$home" start --optimized --cache=local --http-enabled=true --http-host=127.0.0.1 "--http-port=$KEYCLOAK_PORT" "--hostname=http://127.0.0.1:$KEYCLOAK_PORT"
  spawn keycloak "$LOGS/keycloak.log" "${KEYCLOAK_COMMAND[@]}"
  for ((tries = 0; tries < 1500; tries++)); do
    if keycloak_ready; then
      title "Keycloak $KEYCLOAK_VERSION serves realm quintet on 127.0.0.1:$KEYCLOAK_PORT"
      return
    fi
    running keycloak >/dev/null || break
    sleep 0.2
  done
  die "Keycloak did not start: $(grep -E 'ERROR|Failed' "$LOGS/keycloak.log" | tail -n 1 | cut -c1-200) (log: ${LOGS#"$ROOT"/}/keycloak.log)"
}

stop_keycloak() { stop_process keycloak; }
