# shellcheck shell=bash
# shellcheck disable=SC2034  # read by the other parts
# What a person sees. Everything here goes to stderr: stdout belongs to results (tokens, KEY=VALUE lines, tables).

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' yellow=$'\e[33m' cyan=$'\e[36m' plain=$'\e[0m'
  live=yes
else
  bold='' dim='' red='' green='' yellow='' cyan='' plain=''
  live=no
fi
if [ "${CI:-}" = true ]; then live=no; fi

case "${LC_ALL:-${LC_CTYPE:-${LANG:-}}}" in
  *[Uu][Tt][Ff]8* | *[Uu][Tt][Ff]-8*) tick='✔' cross='✘' dots='…' bullet='·' spin='⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏' ;;
  *) tick='ok' cross='!!' dots='...' bullet='-' spin='|/-\' ;;
esac

say() { printf '%s\n' "$*" >&2; }
warn() {
  if [ -n "${STEP_DIR:-}" ]; then printf '%s\n' "$*" >>"$STEP_DIR/warnings"; else say "${yellow}!${plain} $*"; fi
}

# One line that says what is missing and how to get it. Inside a step the line is handed to whoever draws the progress.
die() {
  if [ -n "${STEP_DIR:-}" ]; then
    [ -s "$STEP_DIR/error" ] || printf '%s\n' "$*" >"$STEP_DIR/error"
  else
    say "${red}${cross}${plain} $*"
  fi
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

now_ms() {
  if [ -n "${EPOCHREALTIME:-}" ]; then
    local t=${EPOCHREALTIME/[.,]/}
    printf '%s' "${t%???}"
  else
    printf '%s000' "$(date +%s)"
  fi
}

# 950 -> 0.9 s, 12345 -> 12 s, 125000 -> 2 min 05 s
elapsed() {
  local ms=$1
  if [ "$ms" -lt 10000 ]; then
    printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100))
  elif [ "$ms" -lt 60000 ]; then
    printf '%d s' $((ms / 1000))
  else
    printf '%d min %02d s' $((ms / 60000)) $((ms % 60000 / 1000))
  fi
}

# version_at_least 0.8.4 0.8.0
version_at_least() {
  awk -v a="$1" -v b="$2" 'BEGIN { n = split(a, x, "."); m = split(b, y, ".");
    for (i = 1; i <= (n > m ? n : m); i++) { if (x[i] + 0 > y[i] + 0) exit 0; if (x[i] + 0 < y[i] + 0) exit 1 } exit 0 }'
}

if have sha256sum; then SHA256=(sha256sum); else SHA256=(shasum -a 256); fi
hash_of() { "${SHA256[@]}" | cut -c1-16; }
