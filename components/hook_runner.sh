# shellcheck shell=sh
# Runs a hook on the deployer with a time limit and reports its failure: sh -s LIMIT HOOK <hook_runner.sh
limit=$1 hook=$2 status=0
if [ "${KAMAL_STARTED_AT-}" ]; then
  # In a variable of its own: the time is no input, or every deploy would differ.
  KAMAL_RUNTIME=$(($(date +%s) - KAMAL_STARTED_AT))
  export KAMAL_RUNTIME
fi
timeout -k 10 "$limit" "$hook" </dev/null || status=$?
case $status in
  0) exit ;;
  124 | 137) echo "hook ${hook##*/} did not end within $limit s and was killed." ;;
  126 | 127) echo "hook ${hook##*/} cannot be run here: check its first line (#!) and the programs that it calls." ;;
  *) echo "hook ${hook##*/} failed with exit status $status. Its output is above." ;;
esac >&2
exit "$status"
