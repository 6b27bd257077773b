# shellcheck shell=dash
# pull APP SERVICE VERSION IMAGE: IMAGE (repository:version@sha256:...) is on this host, and is what it is said to be.
# Spec: registry.server, registry.username, registry.password; without a password there is no login.

verb_pull() {
  local service=$2 image=$4
  version=$3
  check_name service "$service"
  check_name version "$version"
  check_image "$image"
  read_spec
  if docker image inspect "$image" >/dev/null 2>&1; then
    say "the image of version $version is here already"
  else
    pull_image "$image"
  fi
  check_labels "$image" "$service"
}

# check_image IMAGE: it has to name a digest, so that what runs is what was pushed.
check_image() {
  case $1 in
    -* | *[!A-Za-z0-9_./:@-]*) fail "the image \"$1\" is not a valid reference. Correct the settings." ;;
    *:*@sha256:*) ;;
    *) fail "the image \"$1\" is not of the form repository:version@sha256:... ." ;;
  esac
}

# pull_image IMAGE: with a credential directory of its own, which goes with this run.
pull_image() {
  wait_for "the pull of $1"
  say "pulling $1"
  mkdir "$work/login"
  write_login "$work/login/config.json"
  keep_context
  # A pipe's status is its last command's, so the pull's goes through a file.
  { DOCKER_CONFIG=$PWD/$work/login docker pull "$1" 2>"$work/docker" && : >"$work/pulled"; } | show_layers
  [ -f "$work/pulled" ] || pull_failed "$1"
  mkdir -p "$app_dir/images"
  printf '%s\n' "$1" >"$app_dir/images/${1##*@sha256:}"
}

# keep_context: another credential directory would also be another choice of a daemon (docker context use).
keep_context() {
  [ -z "${DOCKER_HOST-}" ] && grep -qs currentContext "$HOME/.docker/config.json" || return 0
  DOCKER_HOST=$(docker context inspect --format '{{.Endpoints.docker.Host}}')
  export DOCKER_HOST
}

# write_login FILE: only shell builtins and pipes touch the password, so that no process list shows it.
write_login() {
  local server password
  server=$(spec registry.server)
  password=$(spec registry.password)
  if [ -z "$password" ]; then
    echo '{}' >"$1"
    return 0
  fi
  case $server in
    '' | docker.io | registry-1.docker.io | index.docker.io) server=https://index.docker.io/v1/ ;;
  esac
  printf '{"auths":{"%s":{"auth":"%s"}}}\n' "$server" \
    "$(printf '%s:%s' "$(spec registry.username)" "$password" | base64 | tr -d '\n')" >"$1"
}

# show_layers: Docker's progress without a terminal is several lines a layer; one is enough.
show_layers() {
  local line layers=0 complete=0
  while IFS= read -r line; do
    case $line in
      *': Pulling fs layer') layers=$((layers + 1)) ;;
      *': Pull complete')
        complete=$((complete + 1))
        say "pulled layer $complete of $layers" ;;
    esac
  done
}

# pull_failed IMAGE: Docker's words, and what to do about them.
pull_failed() {
  local registry=${1%%/*} remedy
  case $(cat "$work/docker") in
    *unauthorized* | *'authentication required'* | *denied* | *'no basic auth'*)
      remedy="The registry $registry refused the login: check registry.username and the password's secret." ;;
    *'not found'* | *'manifest unknown'*)
      remedy="The registry $registry does not have it: push this version, or deploy one that exists." ;;
    *'no space left'*)
      remedy="The disk of $(uname -n) is full: make room (docker system df), then deploy again." ;;
    *x509* | *certificate*)
      remedy="$(uname -n) does not trust the registry's certificate: put its CA there in"
      remedy="$remedy /etc/docker/certs.d/$registry/ca.crt." ;;
    *) remedy="Check that $(uname -n) reaches the registry $registry, then deploy again." ;;
  esac
  docker_fail "$1 could not be pulled. $remedy"
}

# check_labels IMAGE SERVICE: the one version is in the image itself, and it has to agree.
check_labels() {
  local found
  found=$(docker image inspect --format \
    '{{index .Config.Labels "service"}}/{{index .Config.Labels "org.opencontainers.image.version"}}' "$1")
  [ "$found" != "$2/$version" ] || return 0
  fail "the image $1 says that it is service \"${found%%/*}\", version \"${found#*/}\";" \
    "expected service \"$2\", version \"$version\". Build and push this version again."
}
