# shellcheck shell=dash
# secrets APP ROLE: keeps the values of the spec (NAME: value) for the role's containers, and prints secrets, the name
# of this generation of values. Nothing else about them is ever printed.

verb_secrets() {
  local generation
  read_spec
  make_fingerprint_key
  generation=$(cat "$app_dir/fingerprint.key" "$spec_file" | sha256sum | cut -c1-16)
  mkdir -p "$role_dir/secrets"
  mv "$spec_file" "$role_dir/secrets/$generation"
  print_spec secrets "$generation"
}
