# shellcheck shell=bash
# Sourced by every script of deploy/local: where things are, and the parts in the order in which they need each other.
set -euo pipefail
umask 022
unset CDPATH

LOCAL_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
ROOT=$(cd "$LOCAL_DIR/../.." && pwd -P)
STATE=$ROOT/.quintet

# shellcheck source=terminal.sh
. "$LOCAL_DIR/lib/terminal.sh"
# shellcheck source=process.sh
. "$LOCAL_DIR/lib/process.sh"
# shellcheck source=ports.sh
. "$LOCAL_DIR/lib/ports.sh"
# shellcheck source=jdk.sh
. "$LOCAL_DIR/lib/jdk.sh"
# shellcheck source=steps.sh
. "$LOCAL_DIR/lib/steps.sh"
# shellcheck source=packages.sh
. "$LOCAL_DIR/lib/packages.sh"
# shellcheck source=given.sh
. "$LOCAL_DIR/lib/given.sh"
# shellcheck source=postgres.sh
. "$LOCAL_DIR/lib/postgres.sh"
# shellcheck source=redis.sh
. "$LOCAL_DIR/lib/redis.sh"
# shellcheck source=keycloak.sh
. "$LOCAL_DIR/lib/keycloak.sh"
# shellcheck source=docker.sh
. "$LOCAL_DIR/lib/docker.sh"
# shellcheck source=tokens.sh
. "$LOCAL_DIR/lib/tokens.sh"
# shellcheck source=services.sh
. "$LOCAL_DIR/lib/services.sh"
# shellcheck source=build.sh
. "$LOCAL_DIR/lib/build.sh"
# shellcheck source=backends.sh
. "$LOCAL_DIR/lib/backends.sh"

# A copied or moved checkout brings the records of another place along. They name processes and
# folders that are not ours, so they are forgotten before anything reads them.
if [ -f "$STATE/root" ] && [ "$(cat "$STATE/root")" != "$ROOT" ]; then
  rm -rf "$STATE"/{dev,test}/{pids,ports.env,postgres.place} "$STATE/root"
fi
