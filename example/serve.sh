#!/bin/sh
# Serves /up, /version and a page, written once from the container's environment: each request is a plain file.
set -eu
here=$(dirname "$0")
site=$(mktemp -d)
version=${KAMAL_VERSION:-unknown}
built=$(cat "$here/version")
host=${KAMAL_HOST:-unknown}
container=${KAMAL_CONTAINER_NAME:-$(hostname)}

# What is safe in HTML is then made safe on the right side of sed's s|||.
html() { printf %s "$1" | tr '\n' ' ' | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/[\\&|]/\\&/g'; }

echo ok >"$site/up"
printf '{"version": "%s", "built": "%s", "host": "%s", "container": "%s"}\n' \
    "$version" "$built" "$host" "$container" >"$site/version"
sed -e "s|@GREETING@|$(html "${GREETING:-Hello from Kamal}")|" -e "s|@VERSION@|$(html "$version")|" \
    -e "s|@BUILT@|$(html "$built")|" -e "s|@HOST@|$(html "$host")|" -e "s|@CONTAINER@|$(html "$container")|" \
    "$here/page.html" >"$site/index.html"

# Process 1 ignores a SIGTERM that it does not handle. Requests have processes of their own and finish first: for as
# long as `docker stop` allows.
httpd -f -p 8080 -h "$site" -c "$here/httpd.conf" &
stop() {
    kill "$!"
    while pidof httpd >/dev/null; do sleep 0.05; done
    exit 0
}
trap stop TERM INT
wait "$!"
