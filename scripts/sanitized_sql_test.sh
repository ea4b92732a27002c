#!/usr/bin/env bash
# Builds what runs SQL with AddressSanitizer and UndefinedBehaviorSanitizer, by clang, and runs its
# tests and our suite of SQL scripts under each configuration: scripts/sanitized_sql_test.sh [JOBS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib/clang.sh
configure_clang "$(find_clang)" build/asansql address,undefined
tests=(src/sql/sql_{unit,table,write,maintenance,accel}_test src/session/session_test
  tests/check/check_test tests/races/concurrent_sql_test)
cmake --build build/asansql -j "${1:-2}" --target "${tests[@]}" icefall_sqllogictest

ASAN_OPTIONS+=:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
# Nothing is learned from syncing here.
if [[ -d /dev/shm ]]; then export TMPDIR=/dev/shm; fi
status=0
for test in "${tests[@]}"; do
  echo "== ${test}"
  "build/asansql/${test}" --gtest_brief=1 || status=1
done
ctest --test-dir build/asansql/tests/sqllogic --output-on-failure --no-tests=error \
  -R 'sqllogic_(plain|no_inline_rows|tiny_fragments|indexes)' || status=1
exit "${status}"
