# shellcheck shell=dash
# The first contact with a host: sh -c BOOTSTRAP sh APP HASH, with the spec of `prepare` on standard input, whose last
# field `tool: |` is the host tool. Installs it under its hash and has it prepare the host. Leaves no empty directory.
set -eu
umask 077
bin=.kamal/apps/$1/bin
tool=$bin/host_tool-$2
mkdir -p "$bin"
input=$(mktemp "$bin/input.XXXXXX")
trap 'rm -f "$input" "$input.tool"; rmdir -p "$bin" 2>/dev/null || :' EXIT
trap 'exit 124' HUP INT PIPE TERM
cat >"$input"
if [ ! -x "$tool" ]; then
  sed -e '1,/^tool: |$/d' -e 's/^  //' "$input" >"$input.tool"
  found=$(sha256sum <"$input.tool" | cut -c1-12)
  if [ "$found" != "$2" ]; then
    echo "host_tool: install: the program arrived damaged (hash $found, expected $2). Deploy again." >&2
    exit 1
  fi
  chmod 700 "$input.tool"
  mv -f "$input.tool" "$tool"
fi
timeout -k 10 300 "$tool" prepare "$1" <"$input"
