#!/usr/bin/env bash
# Runs the unit and conformance tests of a sanitizer build:
#   scripts/sanitized_test.sh asan|tsan [JOBS]          of what `make asan` has built
#   scripts/sanitized_test.sh asan|tsan JOBS below-sql  of the folders that know nothing of DuckDB,
#                                                       which are built here, in minutes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=${1:?usage: scripts/sanitized_test.sh asan|tsan [JOBS [below-sql]]}
jobs=${2:-2}
build=build/${preset}
suppressions=${PWD}/cmake/sanitizers
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1:suppressions=${suppressions}/ubsan.txt
export LSAN_OPTIONS=suppressions=${suppressions}/lsan.txt
export TSAN_OPTIONS=second_deadlock_stack=1:suppressions=${suppressions}/tsan.txt

# Each with tests of its own. The thread sanitizer looks at those whose tests have threads.
below_sql=(src/base src/store src/icedb src/format src/index src/table src/log src/commit
  src/database src/accel src/maintenance tests/commit tests/log tests/store)
if [[ ${preset} == tsan ]]; then
  below_sql=(src/commit src/database tests/commit tests/store)
fi

run=()
# GCC 12's thread sanitizer needs the memory layout without address randomisation.
if [[ ${preset} == tsan ]] && setarch -R true 2>/dev/null; then run=(setarch -R); fi
run+=(ctest --output-on-failure --no-tests=error -j "${jobs}" -L '^(unit|conformance)$')
if [[ ${3:-} != below-sql ]]; then exec "${run[@]}" --test-dir "${build}"; fi

# Sanitizers make GCC warn about code that it instrumented itself.
cmake --preset "${preset}" -DICEFALL_WERROR=OFF >/dev/null
cmake --build "${build}" -j "${jobs}" --target "${below_sql[@]/%//all}"
status=0
for folder in "${below_sql[@]}"; do
  # tests/store has one of the database as a whole, too.
  "${run[@]}" -E '^sql_' --test-dir "${build}/${folder}" || status=1
done
exit "${status}"
