#!/usr/bin/env bash
# Runs the benchmarks; `make bench` calls it after the build. The first argument chooses one (tpch,
# mutations, analytics; without: the first two); the others go to its program.
set -euo pipefail
cd "$(dirname "$0")"
python=${ICEFALL_PYTHON:-../.deps/venv/bin/python}
case ${python} in /*) ;; *) python=${PWD}/${python} ;; esac
questions=(tpch mutations)
program=run.py
if [[ ${1:-} == tpch || ${1:-} == mutations ]]; then
  questions=("$1")
  shift
elif [[ ${1:-} == analytics ]]; then
  questions=(analytics)
  program=first_runs.py
  shift
fi
for question in "${questions[@]}"; do
  (cd "${question}" && "${python}" "${program}" "$@")
done
