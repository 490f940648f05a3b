#!/bin/sh
# Fuzzes the shell reader, the lease decoder and the policy loader with Jazzer (coverage-guided), so many seconds each (60).
# A finding stops the run with exit 77 and leaves its input in target/fuzz; put it into FuzzTest before you mend it.
set -eu
cd "$(dirname "$0")/.."
seconds=${1-60}
case $seconds in '' | *[!0-9]*) echo "usage: scripts/fuzz.sh [seconds per target]" >&2 && exit 2 ;; esac
version=0.30.0
mkdir -p target/fuzz
mvn -q -B test-compile dependency:build-classpath -pl trust -am -Dspotless.check.skip=true -Dmdep.outputFile=target/classpath
mvn -q -B dependency:copy -Dartifact=com.code-intelligence:jazzer:$version -DoutputDirectory=target/fuzz -N
mvn -q -B dependency:copy -Dartifact=com.code-intelligence:jazzer-api:$version -DoutputDirectory=target/fuzz -N
path=trust/target/test-classes:$(cat trust/target/classpath):trust/target/classes
for target in Shell Lease Rules; do
  echo "fuzzing $target for $seconds s"
  mkdir -p "target/fuzz/$target"
  case $target in
    Shell) sed -n 's/^ *"\(.*\)"[,)].*/\1/p' trust/src/test/java/mirror/trust/FuzzTest.java >"target/fuzz/$target/seed" ;;
    Lease) printf 'eyJhIjoxfQ.AAAA.eyJiIjoyfQ.BBBB' >"target/fuzz/$target/seed" ;;
    Rules) head -40 trust/src/main/resources/mirror/trust/default-policy.yaml >"target/fuzz/$target/seed" ;;
  esac
  "${JAVA_HOME:+$JAVA_HOME/bin/}java" -Xmx1g -XX:+EnableDynamicAgentLoading --enable-native-access=ALL-UNNAMED \
    -cp "target/fuzz/jazzer-$version.jar:target/fuzz/jazzer-api-$version.jar:$path" com.code_intelligence.jazzer.Jazzer \
    --target_class="mirror.trust.FuzzTargets\$$target" --instrumentation_includes='mirror.trust.**' \
    --reproducer_path=target/fuzz -artifact_prefix=target/fuzz/ -max_total_time="$seconds" -timeout=10 -max_len=4096 \
    "target/fuzz/$target"
done
