# shellcheck shell=dash
# retire LIST ROUTES: of role_containers in LIST all but the current one are stopped and kept, the oldest are removed with
# their images. Never one that is in ROUTES, those of kamal-proxy. Spec: retain, stop_timeout.
retire() {
  local to_stop to_remove kept
  sort_out "$1" "$2"
  # shellcheck disable=SC2086  # lists of ids
  {
    stop_containers "$(spec stop_timeout 10)" $to_stop
    remove_containers $to_remove
  }
  forget_releases
  remove_images
}

# sort_out LIST ROUTES: sets to_stop (they run), to_remove (never switched to, or more than are retained), both lists of
# ids, and kept, the releases that stay. The previous release is retained before newer ones that were not.
sort_out() {
  local retain old_id old_release old_state retained=0 previous
  retain=$(spec retain 5)
  previous=$(release_named previous)
  to_stop='' to_remove='' kept="$release $(release_named current) $previous"
  ! printf '%s\n' "$1" | grep -q "^[^ ]* $previous " || retained=1
  while read -r old_id old_release old_state _; do
    case $old_id in '') continue ;; esac
    case $old_release in "$release" | "$(release_named current)") continue ;; esac
    case $2 in
      *" $old_id:"*)
        say "$old_id is routed to by kamal-proxy: left as it is"
        kept="$kept $old_release"
        continue ;;
    esac
    ! is_up "$old_state" || to_stop="$to_stop $old_id"
    if is_leftover "$old_release"; then
      to_remove="$to_remove $old_id"
    elif [ "$old_release" = "$previous" ]; then
      : # counted above
    elif [ "$retained" -lt "$retain" ]; then
      retained=$((retained + 1))
      kept="$kept $old_release"
    else
      to_remove="$to_remove $old_id"
    fi
  done <<LIST
$1
LIST
}

# remove_containers IDS...: stopped by now. Their volumes stay.
remove_containers() {
  [ $# -gt 0 ] || return 0
  say "removing $# old container(s)"
  docker rm --force "$@" >/dev/null 2>"$work/docker" ||
    docker_fail "an old container could not be removed."
}

# forget_releases: what is not in kept, and secrets that no release needs any more.
forget_releases() {
  local path
  for path in "$role_dir"/releases/*/; do
    path=${path%/}
    case " $kept " in
      *" ${path##*/} "*) ;;
      *) rm -rf "$path" ;;
    esac
  done
  for path in "$role_dir"/secrets/*; do
    [ ! -f "$path" ] || grep -qxF "${path##*/}" "$role_dir"/releases/*/secrets || rm -f "$path"
  done
}

# remove_images: those that this tool pulled and that no release of the app is made from any more.
remove_images() {
  local record image
  for record in "$app_dir"/images/*; do
    [ -f "$record" ] || continue
    image=$(cat "$record")
    ! cat "$app_dir"/roles/*/releases/*/image 2>/dev/null | grep -qxF "$image" || continue
    # Docker keeps an image that a container uses, someone else's too. Then it is tried again the next time.
    ! docker image rm "$image" >/dev/null 2>&1 || rm -f "$record"
  done
}
