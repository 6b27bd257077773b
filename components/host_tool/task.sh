# shellcheck shell=dash
# task APP ROLE IMAGE SECRETS: the release task (migrations), once a version, in a container of the new
# image with the role's environment. Spec: the role's container, with the task as its cmd; timeout in seconds.

verb_task() {
  local image=$3 secrets=$4 status
  check_image "$image"
  [ "$secrets" = - ] || check_name secrets "$secrets"
  read_spec
  version=$(spec version)
  check_name version "$version"
  service=$(spec service)
  destination=$(spec destination)
  host=$(spec host)
  lock "$app_dir/tasks/lock"
  if [ -f "$app_dir/tasks/$version" ]; then
    say "the release task of version $version is done already"
    return 0
  fi
  task_name="$service-$role${destination:+-$destination}-task-$version"
  # One that was killed may be left. Nobody else runs one: the lock is ours.
  remove_task
  undo=remove_task
  write_task "$image" "$secrets"
  wait_for "the release task of version $version"
  say "running the release task of version $version"
  run_task | show_lines
  status=$(cat "$work/status")
  case $status in
    0) ;;
    124 | 137)
      fail "the release task of version $version did not end within $(spec timeout 600) s. Its output is above." ;;
    *) fail "the release task of version $version failed with exit status $status. Its output is above." ;;
  esac
  : >"$app_dir/tasks/$version"
}

# write_task IMAGE SECRETS: what docker_with_spec wants to find in a directory.
write_task() {
  mkdir "$work/task"
  cp "$spec_file" "$work/task/spec"
  printf '%s\n' "$1" >"$work/task/image"
  printf '%s\n' "$2" >"$work/task/secrets"
  printf '%s\n' "$task_name" >"$work/task/container"
}

# run_task: its output, and its exit status in $work/status: a pipe does not keep it.
run_task() {
  local status=0
  docker_with_spec "$work/task" task --rm --name "$task_name" 2>&1 &
  wait "$!" || status=$?
  printf '%s' "$status" >"$work/status"
}

remove_task() {
  docker rm --force "$task_name" >/dev/null 2>&1 || : # there is none, usually
}
