# Installs the missing Debian packages, or says which command does when not root.

# debian_missing_packages [--clang]
debian_missing_packages() {
  local wanted=() name
  mapfile -t wanted < <(grep -v '^#' "${SCRIPTS}/debian-packages.txt")
  # Node comes from elsewhere on many machines; Debian's own is the fallback.
  command -v npm >/dev/null || wanted+=(nodejs npm)
  if [[ ${1:-} == --clang ]] && ! find_clang >/dev/null 2>&1; then
    wanted+=("${CLANG_PACKAGES[@]}")
  fi
  for name in "${wanted[@]}"; do
    dpkg-query -W -f='${db:Status-Abbrev}' "${name}" 2>/dev/null | grep -q '^ii' || echo "${name}"
  done
}

debian_install_missing() {
  command -v dpkg-query >/dev/null ||
    die "this script installs Debian packages and found no dpkg; install the equivalents of" \
        "scripts/debian-packages.txt and run it with ICEFALL_SKIP_DEBIAN=1"
  local missing
  missing=$(debian_missing_packages "$@" | tr '\n' ' ')
  [[ -z ${missing} ]] && return 0
  local install="apt-get install -y --no-install-recommends ${missing}"
  if [[ $(id -u) -ne 0 ]]; then
    die "Debian packages are missing; run: sudo apt-get update && sudo ${install}"
  fi
  say "installing Debian packages: ${missing}"
  export DEBIAN_FRONTEND=noninteractive
  retry apt-get update -qq || die "apt-get update failed"
  # shellcheck disable=SC2086  # the list is meant to split
  retry ${install} -qq >"${DEPS}/apt.log" 2>&1 || {
    tail -20 "${DEPS}/apt.log" >&2
    die "apt-get install failed; the whole log is ${DEPS}/apt.log"
  }
}
