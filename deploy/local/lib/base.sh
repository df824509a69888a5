# shellcheck shell=bash
# Sourced by every script of deploy/local: where things are, and the parts in the order in which they need each other.
set -euo pipefail
umask 022
unset CDPATH

LOCAL_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
ROOT=$(cd "$LOCAL_DIR/../.." && pwd -P)
STATE=$ROOT/.quintet

for part in terminal process ports jdk steps packages given postgres redis keycloak docker services build backends; do
  # shellcheck source=/dev/null
  . "$LOCAL_DIR/lib/$part.sh"
done
unset part

# A copied or moved checkout brings the records of another place along. They name processes and
# folders that are not ours, so they are forgotten before anything reads them.
if [ -f "$STATE/root" ] && [ "$(cat "$STATE/root")" != "$ROOT" ]; then
  rm -rf "$STATE"/{dev,test}/{pids,ports.env,postgres.place} "$STATE/root"
fi
