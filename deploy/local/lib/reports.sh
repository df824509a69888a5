# shellcheck shell=bash
# Reading what test runners report.

# report_counts MODULE-FOLDER STAMP-FILE: "passed failed skipped milliseconds" of the surefire and failsafe reports
# written since. A test that a runner repeats has one testsuite element per class, so nothing is counted twice.
report_counts() {
  local dir=$1 stamp=$2
  {
    for reports in "$dir"/target/surefire-reports "$dir"/target/failsafe-reports; do
      [ ! -d "$reports" ] || find "$reports" -name 'TEST-*.xml' -newer "$stamp" -exec cat {} +
    done
  } | tr '\n' ' ' | sed 's/<testsuite /\n<testsuite /g' | awk '
    function attribute(name) { return match($0, " " name "=\"[^\"]*\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : 0 }
    /^<testsuite / { sub(/>.*/, ">"); tests += attribute("tests"); bad += attribute("errors") + attribute("failures"); skipped += attribute("skipped")
      seconds += attribute("time") }
    END { printf "%d %d %d %d\n", tests - bad - skipped, bad, skipped, seconds * 1000 }'
}

# Folders of the modules that a Maven run went through.
reactor_modules() {
  local log=$1
  # Maven prints the POM of each module right below its headline
  sed -n 's/^\[INFO\]   from \(.*\)\/pom\.xml$/\1/p' "$log" | sort -u | grep . ||
    (cd "$ROOT" && find . -name pom.xml -not -path '*/target/*' -not -path '*/node_modules/*' | sed 's#/pom.xml$##; s#^\./##' | grep -v '^\.$' | sort)
}

# "passed failed skipped" from the output of node's test runner, TAP or spec, several runs added up. Fails if there is none.
node_counts() {
  awk '
    $1 == "#" || $1 == "ℹ" || $1 == "\342\204\271" {
      if ($2 == "pass") { ok += $3; seen = 1 } else if ($2 == "fail" || $2 == "cancelled") bad += $3; else if ($2 == "skipped" || $2 == "todo") skipped += $3
    }
    END { if (!seen) exit 1; printf "%d %d %d\n", ok, bad, skipped }'
}

# judged CODE PASSED FAILED SKIPPED: "passed failed skipped" as it is to be counted. A run that ended badly without a failed
# test (its installation, say) has failed, and so has one in which no test passed or failed: a pattern that matches no
# file ends well, too.
judged() {
  local code=$1 ok=${2:-0} bad=${3:-0} skipped=${4:-0}
  if [ "$bad" = 0 ] && { [ "$code" != 0 ] || [ "$ok" = 0 ]; }; then bad=1; fi
  printf '%d %d %d\n' "$ok" "$bad" "$skipped"
}

# From Maven's output, what a person wants to see pass by.
maven_story() {
  local line class
  while IFS= read -r line; do
    case $line in
      '[INFO] Building '*' ['*'/'*']') say "  $(tr -s ' ' <<<"${line#'[INFO] Building '}")" ;;
      '[INFO] Tests run: '*' -- in '*)
        class=${line##* -- in }
        line=${line#'[INFO] '}
        say "    ${green}${tick}${plain} $(printf '%-60s' "${class##*.}") ${dim}$(sed 's/Tests run: \([0-9]*\),.*Skipped: \([0-9]*\),.*elapsed: \([0-9.]*\) s.*/\1 tests, \3 s, \2 skipped/; s/, 0 skipped//' <<<"$line")${plain}"
        ;;
      '[ERROR]'* | '[FATAL]'* | *'BUILD FAILURE'*) say "    ${line}" ;;
    esac
  done
}
