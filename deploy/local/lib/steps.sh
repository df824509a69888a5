# shellcheck shell=bash
# Steps: pieces of work that run side by side, each one line of progress with its time.
#   steps_begin; step KEY TITLE FUNCTION [ARGS…]; …; steps_wait
# A step may wait for others (`after KEY`), rename its line (`title TEXT`), fail (`die TEXT`) and warn (`warn TEXT`).

steps_begin() {
  STEPS=$(mktemp -d "${TMPDIR:-/tmp}/quintet-steps.XXXXXX")
  STEP_KEYS=()
  STEPS_DRAWN=0
  trap 'steps_cancel; exit 130' INT
  trap 'steps_cancel; exit 143' TERM HUP
  trap 'steps_end' EXIT
}

steps_end() {
  [ -n "${STEPS:-}" ] || return 0
  rm -rf "$STEPS"
  STEPS=''
}

step() {
  local key=$1 title=$2
  shift 2
  local dir=$STEPS/$key
  mkdir -p "$dir"
  printf '%s' "$title" >"$dir/title"
  now_ms >"$dir/start"
  echo running >"$dir/state"
  STEP_KEYS+=("$key")
  # job control gives the step a process group of its own: cancelling it reaches whatever it started
  set -m
  (
    set +m
    trap - INT TERM HUP EXIT
    STEP_DIR=$dir
    finish() {
      local code=$?
      now_ms >"$dir/end"
      if [ "$code" = 0 ]; then echo done; elif [ -e "$dir/skipped" ]; then echo skipped; else echo failed; fi >"$dir/state.new"
      mv -f "$dir/state.new" "$dir/state"
    }
    trap finish EXIT
    "$@"
  ) >"$dir/log" 2>&1 </dev/null &
  echo $! >"$dir/pid"
  set +m
}

title() { printf '%s' "$*" >"$STEP_DIR/title.new" && mv -f "$STEP_DIR/title.new" "$STEP_DIR/title"; }

after() {
  local key state
  : >"$STEP_DIR/waiting"
  for key in "$@"; do
    [ -d "$STEPS/$key" ] || continue
    while :; do
      state=$(cat "$STEPS/$key/state")
      case $state in
        done) break ;;
        failed | skipped)
          : >"$STEP_DIR/skipped"
          exit 1
          ;;
      esac
      sleep 0.1
    done
  done
  rm -f "$STEP_DIR/waiting"
  now_ms >"$STEP_DIR/start"
}

step_line() {
  local key=$1 state title start end mark frame
  state=$(cat "$STEPS/$key/state" 2>/dev/null) title=$(cat "$STEPS/$key/title" 2>/dev/null) start=$(cat "$STEPS/$key/start" 2>/dev/null)
  end=$(cat "$STEPS/$key/end" 2>/dev/null || now_ms)
  frame=$((${STEPS_FRAME:-0} % ${#spin}))
  case $state in
    done) mark="${green}${tick}${plain}" ;;
    failed) mark="${red}${cross}${plain}" ;;
    skipped) mark="${dim}${bullet}${plain}" title="$title ${dim}(not reached)${plain}" ;;
    *)
      mark="${cyan}${spin:frame:1}${plain}"
      if [ -e "$STEPS/$key/waiting" ]; then
        printf '  %s%s %s%s\n' "$dim" "$bullet" "$title" "$plain" >&2
        return
      fi
      ;;
  esac
  printf '  %s %-62s %s%12s%s\n' "$mark" "$title" "$dim" "$(elapsed $((end > start ? end - start : 0)))" "$plain" >&2
}

# The drawing is done by a process of its own, while this shell only waits: a trap that arrives in the middle of an
# expansion can leave bash 5.2 with a broken parser, one that ends a `wait` cannot.
steps_wait() {
  local drawing
  set -m
  steps_follow </dev/null &
  drawing=$!
  set +m
  echo $drawing >"$STEPS/drawing.pid"
  # drawing ends badly when nobody reads it any more: `quintet up | head`
  wait $drawing || { steps_cancel && exit 141; }
  steps_report
}

steps_follow() {
  local key state busy last_word
  set +m
  trap - INT TERM HUP EXIT
  last_word=$(now_ms)
  while :; do
    busy=''
    for key in "${STEP_KEYS[@]}"; do
      state=$(cat "$STEPS/$key/state")
      # a step whose shell was killed cannot say so itself
      if [ "$state" = running ] && ! kill -0 "$(cat "$STEPS/$key/pid")" 2>/dev/null && [ "$(cat "$STEPS/$key/state")" = running ]; then
        echo failed >"$STEPS/$key/state"
        echo "the step was ended from outside" >"$STEPS/$key/error"
        state=failed
      fi
      [ "$state" != running ] || busy="$busy $key"
    done
    steps_draw
    [ -n "$busy" ] || break
    if [ "$live" = no ] && [ $(($(now_ms) - last_word)) -gt 30000 ]; then
      for key in $busy; do [ -e "$STEPS/$key/waiting" ] || say "  $dots $(cat "$STEPS/$key/title") ($(elapsed $(($(now_ms) - $(cat "$STEPS/$key/start")))))"; done
      last_word=$(now_ms)
    fi
    sleep 0.15
  done
}

steps_draw() {
  local key
  if [ "$live" = yes ]; then
    STEPS_FRAME=$((${STEPS_FRAME:-0} + 1))
    [ "$STEPS_DRAWN" = 0 ] || printf '\e[%dA' "$STEPS_DRAWN" >&2
    for key in "${STEP_KEYS[@]}"; do
      printf '\e[2K' >&2
      step_line "$key"
    done
    STEPS_DRAWN=${#STEP_KEYS[@]}
  else
    for key in "${STEP_KEYS[@]}"; do
      [ ! -e "$STEPS/$key/told" ] && [ "$(cat "$STEPS/$key/state")" != running ] || continue
      step_line "$key"
      : >"$STEPS/$key/told"
    done
  fi
}

# Warnings once, then for each failed step its one line and where its output is. Returns 1 if a step failed.
steps_report() {
  local key failed=0 kept
  for key in "${STEP_KEYS[@]}"; do
    [ ! -s "$STEPS/$key/warnings" ] || while IFS= read -r line; do say "  ${yellow}!${plain} $line"; done <"$STEPS/$key/warnings"
  done
  for key in "${STEP_KEYS[@]}"; do
    [ "$(cat "$STEPS/$key/state")" = failed ] || continue
    failed=1
    kept=$LOGS/step-$key.log
    mkdir -p "$LOGS"
    cp "$STEPS/$key/log" "$kept"
    if [ -s "$STEPS/$key/error" ]; then
      say "${red}${cross}${plain} $(cat "$STEPS/$key/error")"
    else
      say "${red}${cross}${plain} $(cat "$STEPS/$key/title") failed; the end of ${kept#"$ROOT"/}:"
      tail -n 15 "$kept" | sed 's/^/    /' >&2
    fi
  done
  return $failed
}

# Ctrl-C: the process group of every unfinished step gets a TERM. A package installation is let finish: a half
# configured system would be worse than a short wait.
steps_cancel() {
  local key pid
  trap '' INT TERM HUP PIPE
  [ -n "${STEPS:-}" ] || return 0
  if pid=$(cat "$STEPS/drawing.pid" 2>/dev/null); then kill -TERM -- "-$pid" 2>/dev/null || true; fi
  say ""
  say "${yellow}!${plain} stopping what was begun $dots"
  if pid=$(cat "$STEPS/packages.pid" 2>/dev/null) && kill -0 "$pid" 2>/dev/null; then
    say "  letting the package installation finish first, so that the system stays consistent"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
  fi
  for key in ${STEP_KEYS[@]+"${STEP_KEYS[@]}"}; do
    pid=$(cat "$STEPS/$key/pid" 2>/dev/null) || continue
    if [ "$(cat "$STEPS/$key/state")" = running ]; then kill -TERM -- "-$pid" 2>/dev/null || true; fi
  done
  wait 2>/dev/null || true
  if declare -F on_cancel >/dev/null; then on_cancel; fi
}
