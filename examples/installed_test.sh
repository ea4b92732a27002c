#!/usr/bin/env bash
# Installs a build into a scratch folder, builds the example programs against what was installed,
# and runs them.
#
#   installed_test.sh BUILD_DIRECTORY
set -euo pipefail

BUILD=$1
PROGRAMS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/programs
SCRATCH=$(mktemp -d)
trap 'rm -rf "${SCRATCH}"' EXIT

expect() {
  local expected=$1 found=$2
  if [[ ${found} != *"${expected}"* ]]; then
    printf 'expected: %s\nfound:\n%s\n' "${expected}" "${found}" >&2
    exit 1
  fi
}

cmake --install "${BUILD}" --prefix "${SCRATCH}/prefix" > "${SCRATCH}/install.log"
cmake -S "${PROGRAMS}" -B "${SCRATCH}/build" -DCMAKE_PREFIX_PATH="${SCRATCH}/prefix" \
  > "${SCRATCH}/configure.log"
cmake --build "${SCRATCH}/build" > "${SCRATCH}/build.log" || { cat "${SCRATCH}/build.log"; exit 1; }

orders=$("${SCRATCH}/build/orders" "${SCRATCH}/shop")
expect 'orders: 1 book' "${orders}"
expect 'stock of books before: 1' "${orders}"
batches=$("${SCRATCH}/build/arrow_batches" "${SCRATCH}/numbers")
expect 'appended 4 rows' "${batches}"
expect 'sum 42' "${batches}"
expect 'icefalldb ' "$("${SCRATCH}/prefix/bin/icefalldb" --version)"
if grep -rl 'duckdb' "${SCRATCH}/prefix/include"; then
  echo 'an installed header names DuckDB' >&2
  exit 1
fi
