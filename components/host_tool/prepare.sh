# shellcheck shell=dash
# prepare APP: the host is ready for releases: Docker usable, directories, network, kamal-proxy.
# Spec: network; with proxied roles proxy.image, proxy.http_port, proxy.https_port, proxy.log_max_size,
# proxy.option.NAME[.N]. Prints docker and, with a proxy, proxy.

verb_prepare() {
  local network
  read_spec
  network=$(spec network)
  check_docker
  forget_dead_runs
  make_fingerprint_key
  lock "$kamal/proxy/lock"
  make_network "$network"
  if [ -n "$(spec proxy.image)" ]; then
    boot_proxy "$network"
  fi
  print_spec docker "$docker_version"
  [ -z "$(spec proxy.image)" ] || print_spec proxy "$proxy_runs"
}

# check_docker: sets docker_version; Docker must be there, allowed, running, new enough and have room.
check_docker() {
  local info major rest
  command -v docker >/dev/null ||
    fail "Docker is not installed on $(uname -n). Install it (https://docs.docker.com/engine/install/)," \
      'then deploy again.'
  wait_for 'the Docker daemon to answer'
  # A client that cannot reach the daemon may exit with 0 here: the version is what counts.
  info=$(docker info --format '{{.ServerVersion}}:{{.DockerRootDir}}' 2>"$work/docker") || info=''
  docker_version=${info%%:*}
  if [ -z "$docker_version" ]; then
    case $(cat "$work/docker") in
      *'permission denied'*)
        fail "$(id -un) may not use Docker on $(uname -n)." \
          "Run there, as root: usermod -aG docker $(id -un); then log in again and deploy again." ;;
      *) docker_fail "the Docker daemon on $(uname -n) does not answer." \
        'Start it there (systemctl start docker), then deploy again.' ;;
    esac
  fi
  major=${docker_version%%.*}
  rest=${docker_version#*.}
  if [ "$major" -lt 20 ] || { [ "$major" -eq 20 ] && [ "${rest%%.*}" -lt 10 ]; }; then
    fail "Docker $docker_version on $(uname -n) is too old: 20.10 or newer is needed. Upgrade it, then deploy again."
  fi
  check_disk "${info#*:}"
}

# check_disk DIRECTORY: an image that fills the disk would take the running version with it.
check_disk() {
  local free
  # Who is not root may not be allowed to look: then Docker itself will tell.
  free=$(df -Pk "$1" 2>/dev/null | awk 'NR == 2 { print int($4 / 1024) }') || return 0
  [ -n "$free" ] && [ "$free" -lt 500 ] || return 0
  fail "only $free MB are free in $1 on $(uname -n), 500 MB are needed. Make room there (docker system df)," \
    'then deploy again.'
}

# forget_dead_runs: a run that was killed (kill -9, power) left its directory, with the spec in it.
forget_dead_runs() {
  find "$app_dir" -maxdepth 1 -name 'run.*' -mmin +1440 -exec rm -rf {} +
}

# make_fingerprint_key: secrets are told apart by a keyed hash; a plain one could be guessed from the outside.
make_fingerprint_key() {
  [ -s "$app_dir/fingerprint.key" ] && return 0
  head -c 32 /dev/urandom >"$work/key"
  # ln fails when another run was faster: then its key is the key.
  ln "$work/key" "$app_dir/fingerprint.key" 2>/dev/null || [ -s "$app_dir/fingerprint.key" ]
}

make_network() {
  docker network inspect "$1" >/dev/null 2>&1 && return 0
  say "creating the network $1"
  docker network create "$1" >/dev/null 2>"$work/docker" && return 0
  # Someone else may have made it in the meantime.
  docker network inspect "$1" >/dev/null 2>&1 ||
    docker_fail "the network $1 could not be created on $(uname -n)."
}
