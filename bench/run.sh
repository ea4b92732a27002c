#!/usr/bin/env bash
# Runs the benchmarks; `make bench` calls it after the build. The first argument chooses one (tpch,
# mutations; without: both); the others go to its run.py.
set -euo pipefail
cd "$(dirname "$0")"
python=${ICEFALL_PYTHON:-../.deps/venv/bin/python}
case ${python} in /*) ;; *) python=${PWD}/${python} ;; esac
questions=(tpch mutations)
if [[ ${1:-} == tpch || ${1:-} == mutations ]]; then
  questions=("$1")
  shift
fi
for question in "${questions[@]}"; do
  (cd "${question}" && "${python}" run.py "$@")
done
