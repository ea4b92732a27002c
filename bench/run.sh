#!/usr/bin/env bash
# Runs the benchmarks; `make bench` calls it after the build. Arguments go to bench/tpch/run.py.
set -euo pipefail
cd "$(dirname "$0")/tpch"
exec "${ICEFALL_PYTHON:-../../.deps/venv/bin/python}" run.py "$@"
