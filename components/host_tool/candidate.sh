# shellcheck shell=dash
# candidate APP ROLE IMAGE SECRETS: the new container beside the old one, healthy, not routed yet.
# SECRETS is a generation that the verb `secrets` printed, or "-". Spec: the role's container (container.sh), mode
# (proxy, start-first, stop-first) and gate.*. Prints release and from: the release of a switch that was interrupted, else
# the current one, else "none".

verb_candidate() {
  local image=$3 secrets=$4 mode list from
  check_image "$image"
  [ "$secrets" = - ] || check_name secrets "$secrets"
  read_spec
  mode=$(spec mode)
  version=$(spec version)
  check_name version "$version"
  # A message tells the host as early as it can.
  host=$(spec host)
  lock "$role_dir/lock"
  remember_names
  recall_names
  release=$( { grep -v '^gate\.' "$spec_file" && printf '%s %s' "${image##*@}" "$secrets"; } | sha256sum | cut -c1-16)
  list=$(role_containers)
  remove_leftovers "$list"
  [ -z "$removed" ] || list=$(role_containers)
  write_release "$image" "$secrets"
  undo=undo_candidate
  find_container "$release" "$list"
  case $mode in
    proxy)
      bring_up
      pass_gate ;;
    start-first | stop-first)
      # It must not work before the switch.
      [ -n "$id" ] || make_container "$release" create ;;
    *) fail "the mode \"$mode\" is not known: proxy, start-first or stop-first." ;;
  esac
  undo=''
  print_spec release "$release"
  from=$(release_named switching)
  from=${from:-$(release_named current)}
  print_spec from "${from:-none}"
}

# write_release IMAGE SECRETS: the files from which the container of this release is made, now or by a later rollback.
write_release() {
  local dir=$role_dir/releases/$release name
  name="$prefix-$version-$(printf %.8s "$release")"
  mkdir -p "$dir"
  grep -v '^gate\.' "$spec_file" >"$dir/spec"
  printf '%s\n' "$1" >"$dir/image"
  printf '%s\n' "$2" >"$dir/secrets"
  printf '%s\n' "$name" >"$dir/container"
}

# remove_leftovers LIST: candidates of other releases that failed deploys left, and what is left of one of this release.
# Sets removed if there was one.
remove_leftovers() {
  local old_id old_release old_state name
  removed=''
  while read -r old_id old_release old_state name; do
    is_leftover "$old_release" || continue
    if [ "$old_release" = "$release" ]; then
      # Running it is used as it is; created it waits for its switch.
      if is_up "$old_state" || [ "$old_state" = created ]; then continue; fi
    else
      rm -rf "$role_dir/releases/$old_release"
    fi
    say "removing $name, a candidate that was never switched to"
    docker rm --force "$old_id" >/dev/null 2>"$work/docker" ||
      docker_fail "$name could not be removed."
    removed=yes
  done <<LIST
$1
LIST
}

# bring_up: the container of this release runs. Sets id and restarts_before.
bring_up() {
  if [ -z "$id" ]; then
    make_container "$release" run
  elif is_up "$state"; then
    container_state "$id"
    restarts_before=$restarts
  else
    [ "$state" = created ] || say "starting the kept container of version $version again"
    printf '%s' "$id" >"$work/started"
    docker start "$id" >/dev/null 2>"$work/docker" ||
      docker_fail "the kept container $id could not be started."
  fi
}

# pass_gate: kamal-proxy's own probe, under a name that no request asks for.
pass_gate() {
  wait_for "version $version of role $role to become healthy"
  say "waiting until $version is healthy"
  route "$prefix-candidate" "$id" "$release" gate || not_ready "$id" "$release"
  # The probe of a container that crashes can meet another one, which has got its address in the meantime.
  container_state "$id"
  if has_crashed || [ "$status" != running ]; then
    reason='ended while it was probed'
    not_ready "$id" "$release"
  fi
  in_proxy remove "$prefix-candidate" || fail "the health gate's route could not be removed: $(proxy_words)"
}

# undo_candidate: the host as it was found. First the container: kamal-proxy may still be probing it.
undo_candidate() {
  take_back
  in_proxy remove "$prefix-candidate" # it fails when the gate never opened, which is how it should be
  ! is_leftover "$release" || rm -rf "$role_dir/releases/$release"
}

# take_back: nothing of a release that was never switched to stays; of another one, what this run did is undone.
take_back() {
  local ids
  if is_leftover "$release"; then
    ids=$(docker ps --all --quiet --filter "label=service=$service" --filter "label=release=$release" 2>/dev/null)
  elif [ -s "$work/container_id" ]; then
    ids=$(cat "$work/container_id")
  else
    [ ! -s "$work/started" ] || docker stop --time 3 "$(cat "$work/started")" >/dev/null 2>&1
    return
  fi
  # shellcheck disable=SC2086  # a list of ids
  [ -z "$ids" ] || docker rm --force --volumes $ids >/dev/null 2>&1
}
