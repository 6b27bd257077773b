# shellcheck shell=dash
# remove APP ROLE: nothing of the role stays on this host but volumes; with the last role the app goes, with the last
# app kamal-proxy, the network and .kamal. May be run again, and where things are gone already.

verb_remove() {
  if recall_names; then
    lock "$role_dir/lock"
    remove_role
  fi
  rm -rf "$role_dir"
  remove_images
  other_roles || remove_app
}

# remove_role: first no more requests, then no container.
remove_role() {
  local list ids
  remove_route "$prefix"
  remove_route "$prefix-candidate"
  list=$(role_containers)
  ids=$(printf '%s\n' "$list" | cut -d ' ' -f 1)
  [ -n "$ids" ] || return 0
  # shellcheck disable=SC2046,SC2086  # lists of ids
  {
    stop_containers 10 $(printf '%s\n' "$list" | awk '$3 == "running" || $3 == "restarting" { print $1 }')
    wait_for "the containers of role $role to go"
    remove_containers $ids
  }
}

# remove_route SERVICE: one that is not there, or a proxy that is not there, is what is wanted.
remove_route() {
  in_proxy remove "$1" && return 0
  case $(cat "$work/proxy") in
    *'service not found'* | *'No such container'* | *'is not running'*) return 0 ;;
  esac
  fail "the route $1 could not be removed from kamal-proxy: $(proxy_words)"
}

# other_roles: whether the app has another role on this host.
other_roles() {
  local other
  for other in "$app_dir"/roles/*/; do
    [ ! -d "$other" ] || return 0
  done
  return 1
}

# remove_app: its directory, with this program in it, goes at the very end.
remove_app() {
  changes=no
  if ! other_apps; then
    remove_proxy
    rm -rf "$kamal/proxy"
  fi
  rm -rf "$app_dir"
  rmdir "$kamal/apps" "$kamal" 2>/dev/null || : # other things of the user's may be there
}

# remove_proxy: with the last app, unless it routes to something that is not one of ours, say of another user's. The
# volume with its certificates stays.
remove_proxy() {
  local routes
  lock "$kamal/proxy/lock"
  if in_proxy list; then
    routes=$(sed '1d' "$work/proxy" | grep -c .) || : # grep counts 0, and says false
    if [ "$routes" -gt 0 ]; then
      say 'kamal-proxy stays: it routes to others'
      return 0
    fi
  fi
  wait_for 'kamal-proxy to go'
  docker rm --force kamal-proxy >/dev/null 2>"$work/docker" || : # it is not there
  # A stopped container, say an accessory's, could not start again without it.
  [ -n "$(docker ps --all --quiet --filter network=kamal)" ] ||
    docker network rm kamal >/dev/null 2>&1 || : # it is gone
}
