#!/bin/sh
# Mirror's hook client: hands the call to the daemon and prints its answer.
# The client lets an action through when its hook fails in any way but exit 2, so every failure here ends in exit 2: no daemon, no
# curl, an answer that is late, cut, or not in the daemon's own words. Only the hooks that report the end of something exit 0 then,
# because exit 2 there would tell the model to go on.
# Written by 'mirror connect @CLIENT@'; do not edit, 'mirror doctor' compares it with its digest.
socket='@SOCKET@'
event=$1
nl='
'
refuse() {
  printf '%s\n' "$1" >&2
  case $event in
    Stop | StopFailure | SubagentStop | AfterAgent | SessionEnd) exit 0 ;;
  esac
  exit 2
}
fail() { refuse "Mirror blocked this: $1"; }
command -v curl >/dev/null 2>&1 || fail 'there is no curl on the PATH to reach its daemon with'
ask() { # $1 seconds, $2 path; the body comes from standard input
  reply=$(curl -q -s -f --noproxy '*' --max-time "$1" --unix-socket "$socket" -H 'Content-Type: application/json' -H 'Expect:' \
    --data-binary @- "http://mirror$2") || fail "its daemon does not answer; the owner can start it with 'mirror boot'"
  case $reply in
    MIRROR1\ *"$nl"*"${nl}MIRROR1 end") ;;
    *) fail 'the answer of its daemon is not complete' ;;
  esac
  verb=${reply%%"$nl"*}
  text=${reply#*"$nl"}
  text=${text%"${nl}MIRROR1 end"}
}
ask 10 "/hook/@CLIENT@/$event"
# The daemon lets a request expire after at most 15 minutes; each question has its own deadline, and so has the number of questions.
questions=0
while [ "$verb" = 'MIRROR1 wait' ]; do
  questions=$((questions + 1))
  [ "$questions" -le 22 ] || fail 'nobody answered in time'
  ask 55 "/hook/wait/$text" </dev/null
done
case $verb in
  'MIRROR1 print') [ -z "$text" ] || printf '%s\n' "$text" ;;
  'MIRROR1 refuse') refuse "$text" ;;
  *) fail 'the answer of its daemon is not known' ;;
esac
