# Shared by the scripts: progress on stderr, failure with a reason, bounded retries.
say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

# retry COMMAND...: three attempts, because a registry may drop a connection.
retry() {
  local attempt
  for attempt in 1 2 3; do
    "$@" && return 0
    say "attempt ${attempt} of 3 failed: $*"
  done
  return 1
}
