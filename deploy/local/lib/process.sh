# shellcheck shell=bash
# Processes are known by id AND birth, kept in $SET_DIR/pids/NAME, so that a recycled id is never mistaken for ours.

birth_of() {
  local pid=$1 stat
  if [ -r "/proc/$pid/stat" ]; then
    stat=$(cat "/proc/$pid/stat" 2>/dev/null) || return 1
    stat=${stat##*) }
    # shellcheck disable=SC2086  # the fields are wanted apart
    set -- $stat
    case ${1:-Z} in Z | X) return 1 ;; esac
    # field 22 of the whole line, in clock ticks since boot
    printf '%s@%s' "${20}" "$(cut -c1-8 /proc/sys/kernel/random/boot_id)"
  else
    [ ! -d /proc/self ] || return 1
    stat=$(ps -o stat=,lstart= -p "$pid" 2>/dev/null) || return 1
    case $stat in '' | Z*) return 1 ;; esac
    # shellcheck disable=SC2086
    set -- $stat
    shift
    printf '%s' "$*" | tr ' ' '_'
  fi
}

record() {
  local name=$1 pid=$2 birth
  birth=$(birth_of "$pid") || return 1
  mkdir -p "$SET_DIR/pids"
  printf '%s %s\n' "$pid" "$birth" >"$SET_DIR/pids/.$name.$$"
  mv -f "$SET_DIR/pids/.$name.$$" "$SET_DIR/pids/$name"
}

# Prints the id of the recorded process if it still is the one that was started.
running() {
  local pid birth
  [ -r "$SET_DIR/pids/$1" ] || return 1
  read -r pid birth <"$SET_DIR/pids/$1" || return 1
  [ "$(birth_of "$pid")" = "$birth" ] || return 1
  printf '%s' "$pid"
}

# spawn NAME LOG COMMAND…: its own session (Ctrl-C does not reach it), no file of ours held open (9 is the lock).
spawn() {
  local name=$1 log=$2
  shift 2
  mkdir -p "$(dirname "$log")"
  if have setsid; then
    setsid "$@" >>"$log" 2>&1 </dev/null 7>&- 8>&- 9>&- &
  else
    perl -MPOSIX -e 'POSIX::setsid(); exec @ARGV or exit 127' -- "$@" >>"$log" 2>&1 </dev/null 7>&- 8>&- 9>&- &
  fi
  record "$name" $! || die "$name ended at once; see ${log#"$ROOT"/}"
}

# stop NAME [SIGNALS…]: the first signal, up to 15 s of patience, then the next, last KILL.
stop_process() {
  local name=$1 pid signal patience
  shift
  if ! pid=$(running "$name"); then
    rm -f "$SET_DIR/pids/$name"
    return 0
  fi
  for signal in "${@:-TERM}" KILL; do
    kill -s "$signal" "$pid" 2>/dev/null || true
    for ((patience = 0; patience < 150; patience++)); do
      if ! running "$name" >/dev/null; then
        rm -f "$SET_DIR/pids/$name"
        return 0
      fi
      sleep 0.1
    done
  done
  die "$name (process $pid) does not end, not even by SIGKILL; look at: ps -fp $pid"
}

# lock FILE WHAT: held on descriptor 9 until this shell ends. Where there is no flock, a folder with the owner's id does.
lock() {
  local file=$1 what=$2 owner
  mkdir -p "$(dirname "$file")"
  if have flock; then
    exec 9>"$file"
    if ! flock -n 9; then
      say "${dim}waiting for another $what to finish $dots${plain}"
      flock -w 1200 9 || die "another $what still holds ${file#"$ROOT"/} after 20 minutes; end it and try again"
    fi
  else
    until mkdir "$file.d" 2>/dev/null; do
      owner=$(cat "$file.d/pid" 2>/dev/null || true)
      if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then rm -rf "$file.d"; else sleep 0.3; fi
    done
    echo $$ >"$file.d/pid"
  fi
}

unlock() {
  if have flock; then exec 9>&-; else rm -rf "$1.d"; fi
}
