#!/usr/bin/env bash
# Builds what runs SQL with sanitizers, by clang, and runs its tests and our suite of SQL scripts:
#   scripts/sanitized_sql_test.sh asan [JOBS]  addresses and undefined behaviour; each configuration
#   scripts/sanitized_sql_test.sh tsan [JOBS]  threads; what has several of them
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib/clang.sh
sanitizer=${1:?usage: scripts/sanitized_sql_test.sh asan|tsan [JOBS]}
tests=(src/sql/sql_{write,table,maintenance,accel}_test src/session/session_test)
run=()
if [[ ${sanitizer} == tsan ]]; then
  build=build/tsansql
  configure_clang "$(find_clang)" tsansql thread
  tests+=(src/sql/sql_replica_test tests/races/concurrent_sql_test)
  suites=plain
  # Addresses of the shadow memory may be taken otherwise.
  if setarch -R true 2>/dev/null; then run=(setarch -R); fi
else
  build=build/fuzz
  configure_clang "$(find_clang)"
  tests+=(src/sql/sql_unit_test tests/check/check_test)
  suites='plain|no_inline_rows|tiny_fragments|indexes'
fi
cmake --build "${build}" -j "${2:-2}" --target "${tests[@]}" icefall_sqllogictest

ASAN_OPTIONS+=:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=second_deadlock_stack=1:suppressions=${PWD}/cmake/sanitizers/tsan_sql.txt
# Nothing is learned from syncing here.
if [[ -d /dev/shm ]]; then export TMPDIR=/dev/shm; fi
status=0
for test in "${tests[@]}"; do
  echo "== ${test}"
  "${run[@]}" "${build}/${test}" --gtest_brief=1 || status=1
done
"${run[@]}" ctest --test-dir "${build}/tests/sqllogic" --output-on-failure --no-tests=error \
  -R "sqllogic_(${suites})" || status=1
exit "${status}"
