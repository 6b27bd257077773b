#!/bin/sh
# Serves the page, which public/cgi-bin/index.cgi makes, and the assets.
set -eu
httpd -f -p 8080 -h /app/public -c /app/httpd.conf &
# Process 1 ignores a SIGTERM that it does not handle. Requests have processes of their own and finish first.
stop() {
    kill "$!"
    while pidof httpd >/dev/null; do sleep 0.05; done
    exit 0
}
trap stop TERM INT
wait "$!"
