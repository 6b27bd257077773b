# shellcheck shell=dash
# What runs: read from Docker and kamal-proxy, compared with what should, and printed for the stack's outputs.

# read_back ID: sets container, container_id, is_running, since, digest, found_release, found_version, found_env.
read_back() {
  local fields image
  # shellcheck disable=SC2016  # $pair is Docker's
  fields=$(docker inspect --format '{{.Name}} {{.Id}} {{.State.Running}} {{.State.StartedAt}} {{.Config.Image}} '`
    `'{{or (index .Config.Labels "release") "-"}} {{or (index .Config.Labels "version") "-"}} '`
    `'{{range .Config.Env}}{{$pair := split . "="}}{{if eq (index $pair 0) "KAMAL_VERSION"}}'`
    `'{{index $pair 1}}{{end}}{{end}}' "$1" 2>"$work/docker") ||
    docker_fail "the container $1 could not be read back."
  read -r container container_id is_running since image found_release found_version found_env <<FIELDS
$fields
FIELDS
  container=${container#/}
  since=${since%%.*}
  since=${since%Z}Z
  digest=''
  case $image in
    *@*) digest=${image##*@} ;;
  esac
}

# compare: fail if what read_back found is not what the release says, or is not what kamal-proxy routes to. Sets routes,
# all of kamal-proxy's, if the role has any.
compare() {
  local wanted target
  routes=''
  wanted=$(cat "$role_dir/releases/$release/image")
  [ "$is_running" = true ] || fail "the container $container does not run any more. See docker logs $container there."
  same 'release label' "$release" "$found_release"
  same 'version label' "$version" "$found_version"
  same KAMAL_VERSION "$version" "$found_env"
  same 'image digest' "${wanted##*@}" "$digest"
  [ "$(release_spec "$release" mode)" = proxy ] || return 0
  target=$(release_spec "$release" port)
  routes=$(proxy_list)
  same 'target of kamal-proxy' "$(printf %.12s "$container_id"):${target:-80}" "$(routes_to "$prefix" "$routes")"
}

# same WHAT EXPECTED FOUND
same() {
  [ "$2" = "$3" ] ||
    fail "after the switch the $1 of container $container is \"$3\", expected \"$2\". Someone else changed it:" \
      'deploy again.'
}

# print_running [PREFIX]: what read_back found.
print_running() {
  print_spec "${1-}container" "$container"
  print_spec "${1-}container_id" "$container_id"
  print_spec "${1-}version" "$found_version"
  print_spec "${1-}digest" "$digest"
  print_spec "${1-}release" "$found_release"
  print_spec "${1-}since" "$since"
  print_spec "${1-}previous" "$(release_spec "$(release_named previous)" version)"
}
