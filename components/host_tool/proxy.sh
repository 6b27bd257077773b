# shellcheck shell=dash
# kamal-proxy on this host: its container, and what it is asked for.

# boot_proxy NETWORK: kamal-proxy runs as the spec wants it. Sets proxy_runs, what runs then.
boot_proxy() {
  local wanted found state image booted
  wanted=$(spec proxy.image)
  # What is wanted is kept as a label of the container: the truth is where the container is.
  proxy_boot=$(grep '^proxy\.' "$spec_file" | sha256sum | cut -c1-16)
  proxy_runs=${wanted##*/}
  found=$(docker inspect --format '{{.State.Status}} {{.Config.Image}} {{or (index .Config.Labels "boot") "-"}}' \
    kamal-proxy 2>/dev/null) || found='absent - -'
  read -r state image booted <<FOUND
$found
FOUND
  if [ "$state" = absent ]; then
    say "booting $proxy_runs"
    start_new_proxy "$1"
  elif is_newer "$image" "$wanted" && other_apps; then
    say "kamal-proxy stays at ${image##*/}, newer than the ${wanted##*/} of the settings: other apps use it, too"
    proxy_runs=${image##*/}
    start_proxy "$state"
  elif [ "$image" = "$wanted" ] && { [ "$booted" = "$proxy_boot" ] || [ "$booted" = - ]; }; then
    # Without the label it was booted by Kamal itself, with the same image: it serves as well.
    start_proxy "$state"
  else
    say "replacing kamal-proxy (${image##*/}) by ${wanted##*/} with the options of the settings; its routes are kept"
    replace_proxy "$1"
  fi
}

# start_proxy STATE
start_proxy() {
  [ "$1" != running ] || return 0
  say 'kamal-proxy was stopped: starting it'
  docker start kamal-proxy >/dev/null 2>"$work/docker" || proxy_failed
  await_proxy
}

# start_new_proxy NETWORK
start_new_proxy() {
  create_proxy "$1"
  undo='remove_half_made_proxy'
  docker start kamal-proxy >/dev/null 2>"$work/docker" || proxy_failed
  await_proxy
  undo=''
}

# replace_proxy NETWORK: the new container is ready to start before the old one stops.
replace_proxy() {
  pull_proxy_image
  # Left by a replacement that was killed.
  docker rm --force kamal-proxy-replaced >/dev/null 2>&1 || :
  docker rename kamal-proxy kamal-proxy-replaced
  undo='bring_old_proxy_back'
  create_proxy "$1"
  wait_for 'the old kamal-proxy to stop'
  docker stop kamal-proxy-replaced >/dev/null
  docker start kamal-proxy >/dev/null 2>"$work/docker" || proxy_failed
  await_proxy
  undo=''
  docker rm kamal-proxy-replaced >/dev/null
}

remove_half_made_proxy() {
  docker rm --force kamal-proxy >/dev/null 2>&1
}

bring_old_proxy_back() {
  remove_half_made_proxy
  docker rename kamal-proxy-replaced kamal-proxy && docker start kamal-proxy >/dev/null &&
    say 'the old kamal-proxy runs again'
}

pull_proxy_image() {
  local image
  image=$(spec proxy.image)
  docker image inspect "$image" >/dev/null 2>&1 && return 0
  wait_for "the pull of $image"
  say "pulling $image"
  docker pull --quiet "$image" >/dev/null 2>"$work/docker" ||
    docker_fail "$image could not be pulled on $(uname -n). Check its name and this host's way to the registry."
}

# create_proxy NETWORK: as Kamal does it, so that either can take over from the other.
create_proxy() {
  local line image network=$1
  image=$(spec proxy.image)
  pull_proxy_image
  set -- --name kamal-proxy --network "$network" --restart unless-stopped \
    --volume kamal-proxy-config:/home/kamal-proxy/.config/kamal-proxy \
    --publish "$(spec proxy.http_port 80):80" --publish "$(spec proxy.https_port 443):443" \
    --log-opt "max-size=$(spec proxy.log_max_size 10m)" \
    --label org.opencontainers.image.title=kamal-proxy --label "boot=$proxy_boot"
  while IFS= read -r line; do
    take_line "$line"
    case $spec_key in
      proxy.option.*)
        plain_name "${spec_key#proxy.}"
        if [ "$spec_value" = true ]; then set -- "$@" "--$option"; else set -- "$@" "--$option=$spec_value"; fi ;;
    esac
  done <"$spec_file"
  docker create "$@" "$image" >/dev/null 2>"$work/docker" ||
    docker_fail "kamal-proxy could not be created on $(uname -n). Check proxy.run of the settings."
}

# proxy_failed: tell a taken port from other reasons.
proxy_failed() {
  local port
  for port in "$(spec proxy.http_port 80)" "$(spec proxy.https_port 443)"; do
    case $(cat "$work/docker") in
      *":$port"*'already'* | *":$port"*'in use'*)
        fail "port $port of $(uname -n) is taken$(holder_of "$port"). Free it, or choose another port in proxy.run," \
          "then deploy again." ;;
    esac
  done
  docker_fail "kamal-proxy did not start on $(uname -n)."
}

# holder_of PORT: " by ..." if it can be told.
holder_of() {
  local names
  names=$(docker ps --filter "publish=$1" --format 'the container {{.Names}}' | head -n 1)
  if [ -z "$names" ] && command -v ss >/dev/null; then
    names=$(ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (process \2)/p' |
      head -n 1)
  fi
  printf '%s' "${names:+ by $names}"
}

# await_proxy: until it answers; it has to read its routes first.
await_proxy() {
  local tries=0
  wait_for 'kamal-proxy to answer'
  until docker exec kamal-proxy kamal-proxy list >/dev/null 2>"$work/docker"; do
    tries=$((tries + 1))
    [ "$tries" -lt 40 ] ||
      fail "kamal-proxy does not answer 10 s after its start. Its last log lines: $(docker logs --tail 3 kamal-proxy 2>&1 |
        tr '\n' ' ' | printable)"
    sleep 0.25
  done
}

# is_newer IMAGE OTHER: whether the version in IMAGE's tag is newer. Tags that are no versions are not.
is_newer() {
  local one=${1##*:v} other=${2##*:v}
  [ "$one" != "$1" ] && [ "$other" != "$2" ] && [ "$one" != "$other" ] &&
    [ "$(printf '%s\n%s\n' "$one" "$other" | sort -V | tail -n 1)" = "$one" ]
}

# other_apps: whether other apps are deployed to this host.
other_apps() {
  local other
  for other in "$kamal"/apps/*/; do
    [ "$other" = "$app_dir/" ] || [ ! -d "$other" ] || return 0
  done
  return 1
}

# in_proxy WORDS...: a command of kamal-proxy; what it says goes to $work/proxy.
in_proxy() {
  docker exec kamal-proxy kamal-proxy "$@" >"$work/proxy" 2>&1
}

# proxy_list: all routes, a line each, without colours.
proxy_list() {
  in_proxy list || fail "kamal-proxy does not answer: $(proxy_words)"
  sed "s/$(printf '\033')\[[0-9;]*m//g" "$work/proxy"
}

# routes_to SERVICE LIST: the targets of SERVICE in LIST of proxy_list, "" if there is none.
routes_to() {
  printf '%s\n' "$2" | awk -v service="$1" '$1 == service { print $4 }'
}

# proxy_words: the last thing that kamal-proxy, or Docker on the way to it, said.
proxy_words() {
  tail -n 1 "$work/proxy" | printable | cut -c1-250
}
