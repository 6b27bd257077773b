# shellcheck shell=dash
# Running a verb: messages, failures, time limits, cleaning up.

work=''               # this run's own directory: it holds secrets, and goes with the run
waiting_for=''
undo=''               # names of functions that put the host back, called when the verb fails
changes=yes           # whether the verb changes something, and so belongs in the audit log
watchers='' helpers='' # process ids of what runs beside the verb, and ends with it: ours, and programs

# say WORDS...: a line for the person who deploys.
say() {
  # A closed connection must not keep the tool from cleaning up.
  printf '%.300s\n' "$*" >&2 || :
}

# fail SENTENCES...: end the verb. Say what is wrong, then what to do.
fail() {
  local message="${host:+host $host, }${role:+role $role, }"
  message="host_tool: $verb: ${message:+${message%, }: }$*"
  say "$message"
  [ ! -d "$work" ] || printf '%s' "$message" >"$work/failure"
  exit 1
}

# begin: make this run's directory, and see to it that every end of the run cleans up.
begin() {
  mkdir -p "$app_dir"
  work=$(mktemp -d "$app_dir/run.XXXXXX")
  trap finish EXIT
  trap 'interrupted TERM' TERM
  trap 'interrupted HUP' HUP
  trap 'interrupted INT' INT
  trap 'interrupted PIPE' PIPE
  wait_for 'its spec'
  beat_every_ten_seconds
}

interrupted() {
  say "host_tool: $verb: ended by signal $1 (TERM: its time limit) while waiting for $waiting_for. Cleaning up."
  printf 'ended by signal %s while waiting for %s' "$1" "$waiting_for" >"$work/failure"
  exit 124
}

finish() {
  local status=$? step
  trap - EXIT
  # Cleaning up is done to its end: timeout's KILL is the limit.
  trap '' HUP INT PIPE TERM
  set +e
  # shellcheck disable=SC2086  # lists of numbers; most have ended by now
  {
    end_watchers $watchers
    kill $helpers 2>/dev/null
  }
  if [ "$status" -ne 0 ]; then
    for step in $undo; do "$step"; done
  fi
  [ "$changes" = no ] || audit "$status"
  rm -rf "$work"
  exit "$status"
}

# Long work shows that it is alive. What is waited for is read from a file: this is a process of its own.
beat_every_ten_seconds() {
  (
    seconds=0
    # The sleep holds none of the session's streams: it may outlive the run, which must not keep the connection open.
    while sleep 10 >/dev/null 2>&1; do
      seconds=$((seconds + 10))
      printf '... %s s: waiting for %.250s\n' "$seconds" "$(cat "$work/waiting_for")" >&2
    done
  ) </dev/null >/dev/null &
  watchers=$!
}

# end_watchers PIDS...: by KILL, as a TERM can get lost while dash makes a process; waited for, as otherwise bash tells
# of a killed process.
end_watchers() {
  # Some have ended by themselves.
  { kill -KILL "$@" || :; wait "$@" || :; } 2>/dev/null
}

# wait_for WORDS...: what the next steps wait for, for the heartbeat and for the message at the time limit.
wait_for() {
  waiting_for=$*
  printf '%s' "$*" >"$work/waiting_for"
}

# lock FILE: hold FILE until this run ends. Held by another run, it is waited for, with a limit.
lock() {
  while :; do
    mkdir -p "${1%/*}"
    exec 9>>"$1"
    if ! flock -n 9; then
      wait_for "the lock $1, held by $(cat "$1")"
      say "waiting up to 60 s for $waiting_for"
      flock -w 60 9 || fail "still locked after 60 s: $waiting_for. Let that end, then deploy again."
    fi
    # `remove` may have deleted the file while it was waited for: then it is nobody's lock any more.
    if [ "$1" -ef /proc/self/fd/9 ]; then break; fi
  done
  printf '%s of %s, process %s' "$verb" "$app" "$$" >"$1"
}

# audit STATUS: one line of JSON about this run, failures included. It never holds a value of the spec.
audit() {
  local result=ok message='' client=${SSH_CONNECTION-}
  [ -d "$app_dir" ] || return 0
  if [ "$1" -ne 0 ]; then
    result=failed
    message=$(cat "$work/failure" 2>/dev/null || printf 'exit status %s' "$1")
  fi
  {
    printf '{"at":"%s","client":"%s",' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(json_text "${client%% *}")"
    printf '"performer":"%s",' "$(json_text "$performer")"
    printf '"verb":"%s","role":"%s","version":"%s",' "$verb" "$role" "$(json_text "$version")"
    printf '"release":"%s","result":"%s","message":"%s"}\n' "$release" "$result" "$(json_text "$message")"
  } >"$work/audit"
  # In one piece: other verbs write, too.
  cat "$work/audit" >>"$app_dir/audit.log"
}

# json_text TEXT: TEXT without what would need an escape.
json_text() {
  case $1 in
    *[!\ -~]* | *[\"\\]*) printf '%.300s' "$1" | tr '\n\t' '  ' | tr -d '\000-\037\177"\134' ;;
    *) printf '%.300s' "$1" ;;
  esac
}

# show_lines: standard input, shown as it comes, in short lines of valid UTF-8: other bytes break the engine's RPC.
show_lines() {
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      *[!\ -~]*) printf '%.300s' "$line" | printable && echo ;;
      *) printf '%.300s\n' "$line" ;;
    esac
  done >&2
}

# printable: standard input without bytes that are not UTF-8 and without control characters.
printable() {
  if command -v iconv >/dev/null; then
    # iconv complains about a character that was cut at the end of a line: it is left out, which is what is wanted.
    iconv -c -f UTF-8 -t UTF-8 2>/dev/null | tr -d '\000-\010\013-\037\177'
  else
    tr -cd '\011\012\040-\176'
  fi
}

# check_name WHAT VALUE: VALUE becomes part of paths and names.
check_name() {
  case $2 in
    '' | [!A-Za-z0-9_]* | *[!A-Za-z0-9_.-]*)
      fail "$1 \"$2\" is not a valid name: letters, digits, \"_\", \".\" and \"-\" are allowed." \
        'Correct the settings.' ;;
  esac
}

# check_words EXPECTED FOUND: refuse a call with too few words.
check_words() {
  [ "$2" -ge "$1" ] || fail "too few words: at least $1 expected, $2 found."
}

# seconds DURATION: "30s" or "30" as a number.
seconds() {
  case ${1%s} in
    '' | *[!0-9]*) fail "the duration \"$1\" is not a number of seconds such as \"30s\"." ;;
  esac
  printf %s "${1%s}"
}
