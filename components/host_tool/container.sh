# shellcheck shell=dash
# A container of a release, made from the files in roles/ROLE/releases/RELEASE.

# make_container RELEASE run|create: sets id. With `run` the container is started, too. $work/container_id names what
# was made, also when it could not be started: what this run made, this run can take back.
make_container() {
  local dir=$role_dir/releases/$1 name detach=''
  name=$(cat "$dir/container")
  [ "$2" = create ] || detach=--detach
  wait_for "Docker to make the container $name"
  say "making the container $name"
  rm -f "$work/container_id"
  # In the background: in a condition, `set -e` would not hold.
  docker_with_spec "$dir" "$2" ${detach:+"$detach"} --name "$name" --cidfile "$work/container_id" \
    >/dev/null 2>"$work/docker" &
  helpers="$helpers $!"
  wait "$!" || docker_refused "the container $name could not be made. Check cmd and options of the role."
  rm -f "$work/environment" "$work/values"
  id=$(cut -c1-12 "$work/container_id")
}

# docker_refused SENTENCES: docker_with_spec failed, by a message of its own or by Docker's.
docker_refused() {
  if [ -s "$work/failure" ]; then
    say "$(cat "$work/failure")"
    exit 1
  fi
  docker_fail "$1"
}

# docker_with_spec DIRECTORY run|create|task OPTIONS...: docker run (create), with OPTIONS and with all that DIRECTORY
# says: spec, image, secrets, container. A process of its own: its environment holds the values that an environment file
# cannot.
docker_with_spec() (
  dir=$1
  spec_purpose=$2
  spec_file=$dir/spec
  shift 2
  set -- "$@" --pull never --network "$(spec network)"
  [ "$spec_purpose" = task ] || set -- "$@" --restart unless-stopped
  while IFS= read -r spec_line; do
    take_line "$spec_line"
    case $spec_key in
      label.*) set -- "$@" --label "${spec_key#label.}=$spec_value" ;;
      log.opt.*) set -- "$@" --log-opt "${spec_key#log.opt.}=$spec_value" ;;
      option.*)
        plain_name "$spec_key"
        case $spec_purpose-$option in
          # A task beside the running container cannot have its ports, and does not start again.
          task-publish | task-restart) continue ;;
        esac
        if [ "$spec_value" = true ]; then set -- "$@" "--$option"; else set -- "$@" "--$option=$spec_value"; fi ;;
    esac
  done <"$spec_file"
  # Last, so that no label of the user's can hide them. A task must not be taken for a container of the role.
  [ "$spec_purpose" = task ] || set -- "$@" --label "service=$service" --label "role=$role" \
    --label "destination=$destination" --label "version=$(spec version)" --label "release=${dir##*/}"
  set -- "$@" --env "KAMAL_CONTAINER_NAME=$(cat "$dir/container")" --env "KAMAL_VERSION=$(spec version)" \
    --env "KAMAL_HOST=$host"
  [ -z "$destination" ] || set -- "$@" --env "KAMAL_DESTINATION=$destination"
  collect_values "$dir"
  write_environment
  set -- "$@" --env-file "$work/environment"
  for spec_key in $spec_exported; do set -- "$@" --env "$spec_key"; done
  set -- "$@" "$(cat "$dir/image")"
  number=0
  while find_spec "cmd.$number"; do
    set -- "$@" "$spec_value"
    number=$((number + 1))
  done
  export_values
  case $spec_purpose in
    create) exec docker create "$@" ;;
    run) exec docker run "$@" ;;
    # In the foreground, so that the verb's own time limit reaches it, too.
    task) exec timeout --foreground -k 10 "$(spec timeout 600)" docker run "$@" ;;
  esac
)

# collect_values DIRECTORY: $work/values holds the container's environment, secrets included, in the form of a spec.
collect_values() {
  local generation
  generation=$(cat "$1/secrets")
  sed -n 's/^env\.//p' "$spec_file" >"$work/values"
  [ "$generation" != - ] || return 0
  [ -f "$role_dir/secrets/$generation" ] ||
    fail "the secrets $generation of role $role are not on this host any more. Deploy again to bring them back."
  cat "$role_dir/secrets/$generation" >>"$work/values"
}

# write_environment: $work/environment, Docker's environment file: bytes as they are, but a line a value. A value that
# does not fit is named in spec_exported: Docker takes it from its own environment. Everybody could read arguments.
write_environment() {
  spec_exported=''
  : >"$work/environment"
  while IFS= read -r spec_line; do
    take_line "$spec_line"
    case $spec_key in
      [!A-Za-z_]* | *[!A-Za-z0-9_.-]*)
        fail "the environment variable \"$spec_key\" has no valid name. Rename it in the settings." ;;
    esac
    case $spec_value in
      *"$newline"* | *"$carriage_return"*) check_exportable ;;
      *)
        # Docker reads lines of up to 64 KB.
        if [ "${#spec_value}" -lt 32000 ]; then
          printf '%s=%s\n' "$spec_key" "$spec_value" >>"$work/environment"
          continue
        fi
        check_exportable ;;
    esac
    spec_exported="$spec_exported $spec_key"
  done <"$work/values"
}

# check_exportable: whether the value of spec_key can go through the environment of the Docker client.
check_exportable() {
  case $spec_key in
    PATH | HOME | IFS | ENV | OPTIND | PPID | TMPDIR | GODEBUG | DOCKER_* | LD_* | SSL_CERT_* | XDG_* | spec_* | \
      *[!A-Za-z0-9_]*)
      fail "the environment variable $spec_key has a value of several lines (or of more than 32 KB). Under this name" \
        "it cannot be handed to Docker. Rename it, or give the value in base64 and decode it in the app." ;;
  esac
  # Linux allows 128 KB for NAME=value.
  [ "$((${#spec_key} + ${#spec_value}))" -lt 131000 ] ||
    fail "the value of the environment variable $spec_key has more than 128 KB, which no process can be given." \
      "Give it as a file in a volume."
}

# export_values: only names that begin with spec_ are used here, as a value may have the name of any other variable.
export_values() {
  while IFS= read -r spec_line; do
    take_line "$spec_line"
    case " $spec_exported " in
      *" $spec_key "*) export "$spec_key=$spec_value" ;;
    esac
  done <"$work/values"
}
