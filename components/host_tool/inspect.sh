# shellcheck shell=sh
# Runs `inspect` with the installed program if it is there: sh -c INSPECT+BOOTSTRAP sh SECONDS APP HASH ...
# The input is a line with the spec, and a line with the program, which only bootstrap.sh needs.
tool=.kamal/apps/$2/bin/host_tool-$3
if [ -x "$tool" ]; then
  timeout -k 1 "$1" "$tool" inspect "$2"
  status=$?
  # 127: the Python that it was installed with is gone.
  if [ "$status" != 127 ]; then exit "$status"; fi
fi
