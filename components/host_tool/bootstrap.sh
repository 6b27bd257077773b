# shellcheck shell=sh
# Runs the program on a host, with the first Python that is new enough:
# sh -c BOOTSTRAP sh SECONDS APP HASH UNPACK MODULE WORDS..., where UNPACK is the source of unpack.py.
PATH=$PATH:/usr/local/bin
limit=$1 app=$2 hash=$3 unpack=$4 module=$5
shift 5
for python in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1; then
    exec timeout -k 10 "$limit" "$python" -IS -X utf8 -c "$unpack" "$module" "$app" "$hash" "$@"
  fi
done
echo "host_tool: install: Python 3.9 or newer is needed on $(uname -n), and there is none. Install it there (Debian," \
  "Ubuntu: apt install python3; Fedora, RHEL: dnf install python3.11), then deploy again." >&2
exit 1
