# shellcheck shell=dash
# Whether a new container is fit to work, and what is said when it is not.

# route NAME ID RELEASE gate|proxy: kamal-proxy probes the container until it is healthy, then sends the requests of
# service NAME to it, and returns when the old target is drained. The flags are the fields of that name in the spec.
# False if that failed; then reason says why. A container that has crashed is waited for, too: kamal-proxy cannot be told
# to give up, and would route to it, or to whoever gets its address, after this run is over.
route() {
  local name=$1 id=$2 release=$3 flags=$4 port client line status=0
  port=$(release_spec "$release" port)
  port=${port:-80}
  set -- deploy "$name" "--target=$id:$port"
  [ "$flags" = proxy ] || set -- "$@" "--host=$release.candidate.invalid"
  while IFS= read -r line; do
    take_line "$line"
    case $spec_key in
      gate.readiness_delay) ;;
      "$flags".*)
        plain_name "$spec_key"
        set -- "$@" "--$option=$spec_value" ;;
    esac
  done <"$spec_file"
  probed_since=$(date +%s)
  # exec: the process to end is Docker's client itself.
  (exec docker exec kamal-proxy kamal-proxy "$@") >"$work/proxy" 2>&1 9>&- &
  client=$!
  helpers="$helpers $client"
  wait "$client" || status=$?
  [ "$status" -ne 0 ] || return 0
  case $(cat "$work/proxy") in
    *'No such container'*)
      fail 'kamal-proxy is not on this host any more.' \
        'Prepare the host again: pulumi up --replace, with the URN of its prepare step.' ;;
    *'is not running'*)
      # Whoever stopped it by hand should not have to prepare the host again.
      start_proxy stopped
      route "$name" "$id" "$release" "$flags"
      return ;;
    *'failed to become healthy'*)
      container_state "$id"
      reason="did not become healthy within $(spec "$flags.deploy-timeout" 30s)"
      ! has_crashed || reason='ended before it was healthy' ;;
    *'host settings conflict'*)
      reason='cannot be routed: another service on this host has the same proxy.host and path_prefix; change one' ;;
    *) reason="was refused by kamal-proxy: $(proxy_words)" ;;
  esac
  reason="$reason at :$port$(spec "$flags.health-check-path" /up)"
  return 1
}

# await_ready ID: a container without kamal-proxy is ready when its HEALTHCHECK says so or, without one, when it still
# runs after gate.readiness_delay. False if it is not within gate.deploy-timeout; then reason says why.
await_ready() {
  local delay limit started now steady_since seen=0
  delay=$(spec gate.readiness_delay 7)
  limit=$(seconds "$(spec gate.deploy-timeout 30s)")
  # A delay beyond the limit could never be met.
  [ "$limit" -gt "$delay" ] || limit=$((delay + 1))
  started=$(centiseconds)
  steady_since=$started
  while :; do
    container_state "$1"
    now=$(centiseconds)
    if has_crashed; then
      reason='ended before it was ready'
      return 1
    fi
    [ "$health" != healthy ] || return 0
    if [ "$restarts" -ne "$seen" ]; then
      seen=$restarts
      steady_since=$now
    fi
    if [ "$health" = none ] && [ "$status" = running ] && [ $((now - steady_since)) -ge "${delay}00" ]; then
      return 0
    fi
    if [ $((now - started)) -ge "${limit}00" ]; then
      reason="did not become ready within $limit s (health: $health, restarts: $restarts)"
      return 1
    fi
    sleep 0.3
  done
}

# centiseconds: since the host's start, on a clock that nobody sets.
centiseconds() {
  local up
  read -r up _ </proc/uptime
  printf '%s%s' "${up%.*}" "${up#*.}"
}

# not_ready ID RELEASE: fail, with reason and all that this host knows about the container.
not_ready() {
  local tries=20
  version=$(release_spec "$2" version)
  container_state "$1"
  # Docker forgets the exit code of a container that crashes whenever it starts it again.
  while [ "$status" = running ] && [ "$restarts" -gt 0 ] && [ "$tries" -gt 0 ]; do
    sleep 0.1
    container_state "$1"
    tries=$((tries - 1))
  done
  say "container $1: state $status, exit code $exit_code, restarts $restarts$(
    [ "$oom_killed" = false ] || printf ', killed because its memory ran out')"
  say 'its last log lines:'
  docker logs --tail 50 "$1" 2>&1 | cut -c1-300 | printable | sed 's/^/  /' >&2
  [ "$(release_spec "$2" mode)" != proxy ] || health_answers "$1"
  fail "version $version $reason. Its last log lines are above: correct the app or the settings, then deploy again."
}

# health_answers ID: what kamal-proxy got from its probes of the container.
health_answers() {
  say 'its last health answers:'
  docker logs --since "$probed_since" kamal-proxy 2>&1 | grep -F "$1" | grep -F 'Healthcheck failed' | tail -n 5 |
    sed -e 's/.*"error":"\(.*\)"}$/  \1/' -e 's/\\"/"/g' | cut -c1-300 | printable >&2
}
