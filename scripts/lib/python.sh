# Creates .deps/venv from the hash-pinned requirement files.

# The pinned wheels are for CPython 3.11, Debian 12's own.
find_python() {
  local candidate
  for candidate in python3.11 python3 /usr/bin/python3.11; do
    "${candidate}" -c 'import ensurepip, sys; sys.exit(sys.version_info[:2] != (3, 11))' \
      2>/dev/null && { command -v "${candidate}"; return 0; }
  done
  die "no CPython 3.11 with the venv module found (Debian 12: apt-get install python3 python3-venv)"
}

pip_install() {
  retry "${DEPS}/venv/bin/pip" install -q --require-hashes --no-build-isolation "$@" ||
    die "pip could not install: $*"
}

install_venv() {
  local key python
  key=$(cat "${SCRIPTS}/requirements-build.txt" "${SCRIPTS}/requirements.txt" | sha256sum)
  up_to_date venv "${key}" && return 0
  python=$(find_python) || exit 1
  say "installing Python packages into ${DEPS}/venv"
  # An environment holds its own path, so it is built in place; its marker comes last.
  rm -rf "${DEPS:?}/venv"
  "${python}" -m venv "${DEPS}/venv"
  pip_install -r "${SCRIPTS}/requirements-build.txt"
  pip_install -r "${SCRIPTS}/requirements.txt"
  echo "${key}" >"${DEPS}/venv/.complete"
}

install_bench_packages() {
  local key
  key=$(cat "${SCRIPTS}"/requirements*.txt | sha256sum)
  [[ -f ${DEPS}/venv/.bench && $(<"${DEPS}/venv/.bench") == "${key}" ]] && return 0
  say "installing the benchmark's Python packages"
  pip_install -r "${SCRIPTS}/requirements-bench.txt"
  echo "${key}" >"${DEPS}/venv/.bench"
}
