# shellcheck shell=bash
# A JDK from 21 to 25 (what the build accepts): JAVA_HOME, the java on PATH, then the usual places.

jdk_major() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
  local version=''
  # the release file answers without starting a JVM
  if [ -r "$1/release" ]; then version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"); fi
  if [ -z "$version" ]; then version=$("$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1); fi
  printf '%s' "${version:-0}"
}

fitting() { [ "$1" -ge 21 ] && [ "$1" -le 25 ]; }

find_jdk() {
  local home major on_path found='' best=0
  if [ -n "${JAVA_HOME:-}" ]; then
    major=$(jdk_major "$JAVA_HOME" || echo 0)
    if fitting "$major"; then
      export JAVA_HOME
      return 0
    fi
    found="JAVA_HOME is ${JAVA_HOME} ($([ "$major" -gt 0 ] && echo "Java $major" || echo 'no JDK'))"
  fi
  if have java; then
    on_path=$(command -v java)
    while [ -L "$on_path" ]; do
      home=$(readlink "$on_path")
      case $home in /*) on_path=$home ;; *) on_path=$(dirname "$on_path")/$home ;; esac
    done
    home=$(cd "$(dirname "$on_path")/.." && pwd -P)
    major=$(jdk_major "$home" || echo 0)
    if fitting "$major"; then
      export JAVA_HOME=$home
      return 0
    fi
    [ "$major" -eq 0 ] || found="${found:+$found, }java on PATH is Java $major"
  fi
  for home in $(for major in 25 24 23 22 21; do /usr/libexec/java_home -F -v $major 2>/dev/null || true; done) /usr/lib/jvm/* /opt/* /opt/java/* "${HOME:-/root}"/.sdkman/candidates/java/* /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    major=$(jdk_major "$home" || echo 0)
    if fitting "$major" && [ "$major" -gt "$best" ]; then best=$major JAVA_HOME=$home; fi
  done
  [ "$best" -gt 0 ] || die "no JDK from 21 to 25 found${found:+ ($found)}; $(jdk_advice), or set JAVA_HOME to one"
  export JAVA_HOME
}

jdk_advice() {
  if have brew; then
    echo "get one by: brew install openjdk@21"
  elif have apt-get; then
    echo "get one by: sudo apt-get install openjdk-21-jdk-headless (or Temurin 21 or 25 where your release has none)"
  else
    echo "install Temurin 21 or 25"
  fi
}

need_maven() {
  have mvn && return 0
  if have brew; then die "Maven is missing; get it by: brew install maven"; fi
  die "Maven (3.8.7 or later) is missing; get it by: sudo apt-get install maven"
}

# Maven as we call it everywhere; colour codes and progress bars have no place in log files.
maven() { mvn -B -ntp -Dstyle.color=never "$@"; }
