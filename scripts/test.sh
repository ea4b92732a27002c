#!/usr/bin/env bash
# Runs every test of a finished build: scripts/test.sh BUILD_DIRECTORY [JOBS]
# The Python tests come first so that ctest's summary is what the output ends with.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=$(cd "${1:?usage: scripts/test.sh BUILD_DIRECTORY [JOBS]}" && pwd)
python=${ICEFALL_DEPS_DIR:-${PWD}/.deps}/venv/bin/python
status=0

if [[ -d python/tests ]]; then
  ICEFALL_BUILD_DIR=${build} "${python}" -m pytest -q python/tests || status=1
fi
ctest --test-dir "${build}" --output-on-failure --no-tests=error -j "${2:-2}" || status=1
exit "${status}"
