# shellcheck shell=dash
# switch APP ROLE RELEASE FROM: from now on the candidate's release works, and the old ones are retired
# (retire.sh). FROM is there for the reader. Spec: version, mode, host, retain, stop_timeout, gate.*, proxy.FLAG[.N] (the
# flags of kamal-proxy's deploy). Prints what runs (running.sh).

verb_switch() {
  local id state list
  release=$3
  check_name release "$release"
  read_spec
  version=$(spec version)
  host=$(spec host)
  lock "$role_dir/lock"
  if ! recall_names || [ ! -f "$role_dir/releases/$release/spec" ]; then
    fail "release $release is not known on this host." \
      'Its candidate step has to run again: pulumi up --replace, with its URN.'
  fi
  list=$(role_containers)
  find_container "$release" "$list"
  undo=undo_switch
  was_switched "$release" || : >"$work/first_time"
  case $(spec mode) in
    proxy) switch_route ;;
    start-first) start_first ;;
    stop-first) stop_first ;;
    *) fail "the mode \"$(spec mode)\" is not known: proxy, start-first or stop-first." ;;
  esac
  read_back "$id"
  compare
  retire "$list" "$routes"
  print_running
}

# running_others LIST: ids of the role's containers that run and are not of this release.
running_others() {
  local other_id other_release other_state
  while read -r other_id other_release other_state _; do
    if [ "$other_release" != "$release" ] && is_up "$other_state"; then printf '%s ' "$other_id"; fi
  done <<LIST
$1
LIST
}

# settle: the switch is done and cannot be taken back; remember it at once.
settle() {
  make_current "$release"
  rm -f "$role_dir/switching"
  undo=''
}

# mark_switched: before the switch itself, so that no run can take what is routed for a leftover.
mark_switched() {
  : >"$role_dir/releases/$release/switched"
  printf '%s\n' "$release" >"$role_dir/switching"
}

switch_route() {
  bring_up
  mark_switched
  wait_for "kamal-proxy to switch role $role to version $version and to drain the old one"
  say "switching to version $version"
  # From here on only its own refusal tells that kamal-proxy has not switched and will not: when this run is ended in
  # between, what may be routed has to stay as it is. The next run finds out.
  undo=''
  route "$prefix" "$id" "$release" proxy || refused
  settle
}

refused() {
  undo=undo_switch
  not_ready "$id" "$release"
}

start_first() {
  start_new
  settle
}

stop_first() {
  local others
  others=$(running_others "$list")
  printf '%s' "$others" >"$work/stopped"
  # shellcheck disable=SC2086  # a list of ids
  stop_containers "$(spec stop_timeout 10)" $others
  start_new
  settle
}

# start_new: the release's container works, and is ready.
start_new() {
  mark_switched
  bring_up
  wait_for "version $version of role $role to become ready"
  say "waiting until $version is ready"
  await_ready "$id" || not_ready "$id" "$release"
}

# undo_switch: what ran before runs again.
undo_switch() {
  [ ! -f "$work/first_time" ] || rm -f "$role_dir/releases/$release/switched"
  rm -f "$role_dir/switching"
  if [ "$(spec mode)" = proxy ]; then
    # A candidate that was there before stays; kamal-proxy still routes to the old one.
    [ ! -s "$work/container_id$work/started" ] || take_back
    return
  fi
  take_back
  # shellcheck disable=SC2046  # a list of ids
  [ ! -s "$work/stopped" ] || docker start $(cat "$work/stopped") >/dev/null
}
