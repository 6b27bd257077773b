# shellcheck shell=dash
# status APP [ROLE]: what runs, a role after the other, as `ROLE.key: "value"`. Changes nothing.

verb_status() {
  local found
  if [ -n "$role" ]; then
    role_status
    return
  fi
  for found in "$app_dir"/roles/*/; do
    [ -d "$found" ] || continue
    role=${found%/}
    role=${role##*/}
    role_dir=$app_dir/roles/$role
    (role_status)
  done
}

# role_status: state is "absent" when the current release has no container.
role_status() {
  local id state
  if ! recall_names; then
    print_spec "$role.state" absent
    return 0
  fi
  find_container "$(release_named current)" "$(role_containers)"
  print_spec "$role.state" "${state:-absent}"
  [ -n "$id" ] || return 0
  read_back "$id"
  print_running "$role."
}
