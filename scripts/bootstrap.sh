#!/usr/bin/env bash
# Makes a fresh Debian 12 machine able to build and test: Debian packages, the pinned DuckDB and
# Arrow libraries, and a Python environment. Run again it does only what is missing.
#
#   scripts/bootstrap.sh            everything `make test` and `make demo` need
#   scripts/bootstrap.sh --bench    the benchmark's Python packages too
#   scripts/bootstrap.sh --clang    clang for its sanitizers too, where there is none
#
# ICEFALL_DEPS_DIR       where to put what is fetched (default: .deps in the repository)
# ICEFALL_SKIP_DEBIAN=1  leave Debian's packages alone
set -euo pipefail

SCRIPTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
DEPS=${ICEFALL_DEPS_DIR:-${SCRIPTS%/*}/.deps}
mkdir -p "${DEPS}"
DEPS=$(cd "${DEPS}" && pwd)

for part in report clang debian fetch python libraries; do
  # shellcheck source=/dev/null
  source "${SCRIPTS}/lib/${part}.sh"
done

main() {
  # Two builds started side by side must not both fill the folder.
  exec 9>"${DEPS}/.lock"
  flock 9
  # What an interrupted run left behind; nobody else can be using it while the lock is held.
  rm -rf "${DEPS}"/work.??????
  [[ ${ICEFALL_SKIP_DEBIAN:-0} == 1 ]] || debian_install_missing "$@"
  install_venv
  install_duckdb
  install_arrow
  if [[ ${1:-} == --bench ]]; then install_bench_packages; fi
}

case ${1:-} in
  '' | --bench | --clang) main "$@" ;;
  *) die "unknown argument '$1' (known: --bench, --clang)" ;;
esac
