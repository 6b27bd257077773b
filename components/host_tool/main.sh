# shellcheck shell=dash

# main VERB WORDS...
main() {
  [ $# -ge 2 ] || {
    echo 'host_tool: usage: host_tool VERB APP WORDS...' >&2
    exit 1
  }
  verb=$1
  shift
  check_name app "$1"
  app=$1
  app_dir=$kamal/apps/$app
  case $verb in
    secrets | candidate | switch | task | remove) take_role "$@" ;;
    status) [ $# -lt 2 ] || take_role "$@" ;;
  esac
  case $verb in
    prepare) check_words 1 $# ;;
    pull | candidate | task) check_words 4 $# ;;
    secrets | remove) check_words 2 $# ;;
    switch | hook) check_words 3 $# ;;
    status) changes=no ;;
    *) fail 'no such verb. There are: prepare pull secrets candidate switch task hook status remove.' ;;
  esac
  begin
  "verb_$verb" "$@"
}

take_role() {
  check_words 2 $#
  check_name role "$2"
  role=$2
  role_dir=$app_dir/roles/$role
}

main "$@"
