# shellcheck shell=dash
# hook APP NAME TIMEOUT KAMAL_X=...: the user's script, on this host. Spec: script, secret.NAME, KAMAL_PERFORMER,
# KAMAL_RECORDED_AT, started_at (seconds since 1970). The script's output is shown.

verb_hook() {
  local name=$2 limit=$3 status=0 word
  check_name hook "$name"
  limit=$(seconds "$limit")
  shift 3
  for word in "$@"; do
    case ${word%%=*} in
      KAMAL_ | *[!A-Z_]*) fail "\"${word%%=*}\" is not a variable of a hook: its name has to be KAMAL_ and capital letters." ;;
      KAMAL_*) ;;
      *) fail "\"${word%%=*}\" is not a variable of a hook: its name has to begin with KAMAL_." ;;
    esac
    case $word in
      KAMAL_VERSION=*) version=${word#*=} ;;
      *=*) ;;
      *) fail "\"$word\" has no value." ;;
    esac
  done
  read_spec
  performer=$(spec KAMAL_PERFORMER -)
  wait_for "the hook $name to end, up to $limit s"
  say "running the hook $name"
  # A background process has a group of its own by timeout: ending it ends what the script started, too.
  run_script "$name" "$limit" "$@" >&2 &
  helpers="$helpers $!"
  wait "$!" || status=$?
  case $status in
    0) ;;
    124 | 137) fail "hook $name did not end within $limit s and was killed." ;;
    126 | 127)
      fail "hook $name failed with exit status $status: it, or a command in it, cannot be run on $(uname -n)." \
        'Check its first line (#!) and what it calls.' ;;
    *) fail "hook $name failed with exit status $status. Its output is above." ;;
  esac
}

# run_script NAME LIMIT KAMAL_X=...: in place of this process. Only names that begin with spec_ are used where the
# user's variables are set: they may have the name of any other.
run_script() (
  spec_name=$1 spec_limit=$2 spec_script=$PWD/$work/$1
  shift 2
  if [ "$spec_name" = post-deploy ]; then
    spec_runtime=$(($(date +%s) - $(spec started_at "$(date +%s)")))
    # Clocks differ.
    [ "$spec_runtime" -ge 0 ] || spec_runtime=0
    set -- "$@" "KAMAL_RUNTIME=$spec_runtime"
  fi
  while IFS= read -r spec_line; do
    take_line "$spec_line"
    case $spec_key in
      script)
        printf %s "$spec_value" >"$spec_script"
        chmod 700 "$spec_script" ;;
    esac
  done <"$spec_file"
  # shellcheck disable=SC2163  # it holds NAME=value
  for spec_line in "$@"; do export "$spec_line"; done
  while IFS= read -r spec_line; do
    take_line "$spec_line"
    case $spec_key in
      KAMAL_PERFORMER | KAMAL_RECORDED_AT) export "$spec_key=$spec_value" ;;
      secret.*)
        case ${spec_key#secret.} in
          '' | [!A-Za-z_]* | *[!A-Za-z0-9_]* | PATH | IFS | LD_* | spec_*)
            fail "the hook's secret \"${spec_key#secret.}\" cannot be a variable of a script. Rename it." ;;
        esac
        export "${spec_key#secret.}=$spec_value" ;;
    esac
  done <"$spec_file"
  exec timeout -k 10 "$spec_limit" "$spec_script"
)
