# shellcheck shell=sh
# The first contact with a host: sh -c BOOTSTRAP sh APP HASH INSTALLER, with the input of `prepare` on standard input.
# Finds a Python for the installer (install.py) and for the host tool.
PATH=$PATH:/usr/local/bin
for python in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1; then
    exec timeout -k 10 300 "$python" -IS -X utf8 -c "$3" "$1" "$2"
  fi
done
echo "host_tool: install: Python 3.9 or newer is needed on $(uname -n), and there is none. Install it there (Debian," \
  "Ubuntu: apt install python3; Fedora, RHEL: dnf install python3.11), then deploy again." >&2
exit 1
