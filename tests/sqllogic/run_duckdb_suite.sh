#!/usr/bin/env bash
# Runs the files of DuckDB's own suite with an icefall database as the default one:
#   DUCKDB_TEST_DIR=CHECKOUT tests/sqllogic/run_duckdb_suite.sh BUILD_DIRECTORY [JOBS] [PATH...]
# CHECKOUT is a copy of the public repository duckdb/duckdb at tag v1.5.5; its folders test and data
# are read. Outcomes by file: BUILD_DIRECTORY/duckdb_suite.jsonl.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${1:?usage: run_duckdb_suite.sh BUILD_DIRECTORY [JOBS] [PATH...]}
jobs=${2:-2}
shift $(($# < 2 ? $# : 2))
if [[ ! -d ${DUCKDB_TEST_DIR:-}/test/sql ]]; then
  echo "sqllogic: DUCKDB_TEST_DIR: expected a copy of duckdb/duckdb at v1.5.5," \
    "found '${DUCKDB_TEST_DIR:-}'" >&2
  exit 2
fi
paths=("$@")
if [[ ${#paths[@]} -eq 0 ]]; then paths=(test/sql); fi
exec python3 "${here}/run_suite.py" "${DUCKDB_TEST_DIR}" "${paths[@]}" \
  --runner "${build}/tests/sqllogic/icefall_sqllogictest" --skip-list "${here}/duckdb_skips.txt" \
  --any-order --jobs "${jobs}" --timeout 180 --results "${build}/duckdb_suite.jsonl"
