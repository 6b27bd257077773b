# shellcheck shell=dash
# What this host knows about a role: who it is, which release is current, what a release is made of.
#
#   roles/ROLE/names                service, role, destination and host, in the form of a spec
#   roles/ROLE/current, previous    a release each
#   roles/ROLE/switching            the release of a switch that was begun, and of which nobody knows how it ended
#   roles/ROLE/releases/RELEASE/    spec, image, secrets (a generation), container (its name): all that makes it again;
#                                   switched: there once the release was switched to

# remember_names: from the candidate's spec. The verbs after it are told no more than the role.
remember_names() {
  mkdir -p "$role_dir/releases"
  grep -E '^(service|role|destination|host): ' "$spec_file" >"$work/names" || fail 'the spec has no service and role.'
  mv "$work/names" "$role_dir/names"
}

# recall_names: sets service, destination, host and prefix. False if this host has never had a candidate of the role.
recall_names() {
  local spec_file=$role_dir/names
  [ -f "$spec_file" ] || return 1
  service=$(spec service)
  destination=$(spec destination)
  host=$(spec host)
  prefix=$service-$role${destination:+-$destination}
}

# release_named FILE: what roles/ROLE/FILE (current, previous, switching) holds, "" if there is none.
release_named() {
  local named=''
  [ ! -f "$role_dir/$1" ] || read -r named <"$role_dir/$1" || :
  printf %s "$named"
}

# release_spec RELEASE KEY: a value of the spec that RELEASE was made from, "" if it is gone.
release_spec() {
  local spec_file=$role_dir/releases/$1/spec
  [ -z "$1" ] || [ ! -f "$spec_file" ] || spec "$2"
}

# was_switched RELEASE
was_switched() {
  [ -e "$role_dir/releases/$1/switched" ]
}

# is_leftover RELEASE: a candidate that never came to its switch. One that this host knows nothing of is left alone.
is_leftover() {
  [ -d "$role_dir/releases/$1" ] && ! was_switched "$1" && [ "$1" != "$(release_named current)" ]
}

# make_current RELEASE
make_current() {
  local old
  old=$(release_named current)
  [ "$old" != "$1" ] || return 0
  if [ -n "$old" ]; then
    printf '%s\n' "$old" >"$work/previous"
    mv "$work/previous" "$role_dir/previous"
  fi
  printf '%s\n' "$1" >"$work/current"
  mv "$work/current" "$role_dir/current"
}
