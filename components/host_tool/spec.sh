# shellcheck shell=dash
# The spec: YAML that sh can read. One `key: "value"` a line, or `key: !!binary BASE64` for a value with quotes,
# backslashes or control characters. Values are byte-exact. A last key `tool: |` and its lines are not for the verbs.

spec_file=''
spec_key='' spec_value='' # set by take_line
newline='
'
carriage_return=$(printf '\r')

# read_spec: all of standard input.
read_spec() {
  spec_file=$work/spec
  sed '/^tool: |$/,$d' >"$spec_file" || fail "the spec could not be stored. Is the disk full?"
}

# take_line LINE: sets spec_key and spec_value.
take_line() {
  spec_key=${1%%: *}
  spec_value=${1#*: }
  case $spec_value in
    '!!binary '*)
      # The x keeps newlines at the end, which $(...) would drop.
      spec_value=$(printf %s "${spec_value#* }" | base64 -d && printf x) || fail "the value of $spec_key is not valid base64."
      spec_value=${spec_value%x} ;;
    '"'*'"')
      spec_value=${spec_value#?}
      spec_value=${spec_value%?} ;;
  esac
}

# find_spec KEY: sets spec_value. False if there is no such key.
find_spec() {
  while IFS= read -r spec_line; do
    case $spec_line in
      "$1: "*)
        take_line "$spec_line"
        return ;;
    esac
  done <"$spec_file"
  return 1
}

# spec KEY [DEFAULT]: one value. For use in $(...), which drops newlines at its end.
spec() {
  if find_spec "$1"; then printf %s "$spec_value"; else printf %s "${2-}"; fi
}

# plain_name KEY: sets option. "proxy.host.0" is the option "host": a number stands for one of several values.
plain_name() {
  option=${1#*.}
  case ${option##*.} in
    *[!0-9]*) ;;
    *) option=${option%.*} ;;
  esac
}

# print_spec KEY VALUE: a line of the same format.
print_spec() {
  case $2 in
    *[\"\\]* | *[!\ -~]*) printf '%s: !!binary %s\n' "$1" "$(printf %s "$2" | base64 | tr -d '\n')" ;;
    *) printf '%s: "%s"\n' "$1" "$2" ;;
  esac
}
