# shellcheck shell=sh
# Prints who deploys and when, as JSON. Kamal's performer is git's user.email, or else the login name; only harmless
# characters are kept, because it ends up in logs.
performer=$(git config user.email || id -un)
printf '{"performer": "%s", "recorded_at": "%s", "started_at": %s}\n' \
  "$(printf %s "$performer" | tr -cd 'A-Za-z0-9@._+-')" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(date +%s)"
