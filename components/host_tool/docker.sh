# shellcheck shell=dash
# What several verbs ask Docker.

# docker_fail SENTENCES...: fail, after Docker's own words, which it wrote to $work/docker.
docker_fail() {
  grep -Ev "^$|^Usage:|^Run 'docker|^See 'docker" "$work/docker" | tail -n 3 | cut -c1-300 | printable |
    sed 's/^/Docker says: /' >&2
  fail "$@" "Docker's error is above."
}

# role_containers: one line a container of this role, newest first: id, release ("-" if Kamal made it), state, name.
role_containers() {
  docker ps --all --filter "label=service=$service" --filter "label=role=$role" \
    --filter "label=destination=$destination" \
    --format '{{.ID}} {{or (.Label "release") "-"}} {{.State}} {{.Names}}' 2>"$work/docker" ||
    docker_fail "the containers could not be listed."
}

# find_container RELEASE LIST: sets id and state to those of RELEASE in LIST of role_containers, empty if there is none.
find_container() {
  local found_id found_release found_state
  id='' state=''
  while read -r found_id found_release found_state _; do
    if [ "$found_release" = "$1" ]; then
      id=$found_id state=$found_state
      return 0
    fi
  done <<LIST
$2
LIST
}

# is_up STATE: whether a container in STATE has a running process, or is about to.
is_up() {
  case $1 in
    running | restarting | paused) return 0 ;;
  esac
  return 1
}

# container_state ID: sets status, restarts, exit_code, oom_killed and health ("none" without a HEALTHCHECK).
container_state() {
  local line
  line=$(docker inspect --format '{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}} {{.State.OOMKilled}} '`
    `'{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}' "$1" 2>"$work/docker") ||
    line='gone 0 0 false none'
  read -r status restarts exit_code oom_killed health <<STATE
$line
STATE
}

# The restarts that a container had before this run: those of its months of work are not a crash.
restarts_before=0

# has_crashed: by what container_state has set. Docker restarts a crashing container for ever; three times is enough.
has_crashed() {
  case $status in
    exited | dead | gone) return 0 ;;
  esac
  [ "$((restarts - restarts_before))" -ge 3 ]
}

# stop_containers SECONDS IDS...: all at once; SECONDS is what each has between TERM and KILL.
stop_containers() {
  local limit=$1
  shift
  [ $# -gt 0 ] || return 0
  wait_for "$# old container(s) of role $role to stop, up to $limit s"
  docker stop --time "$limit" "$@" >/dev/null 2>"$work/docker" ||
    docker_fail "a container did not stop."
}
