#!/usr/bin/env bash
# Builds with sanitizers and runs the unit and conformance tests, by clang where there is one, which
# compiles in half of GCC's time:
#   scripts/sanitized_test.sh asan [JOBS]  address and undefined behaviour: all below src, and our
#                                          suite of SQL scripts
#   scripts/sanitized_test.sh tsan [JOBS]  threads: all that is below SQL
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib/clang.sh
preset=${1:?usage: scripts/sanitized_test.sh asan|tsan [JOBS]}
jobs=${2:-2}
build=build/${preset}
suppressions=${PWD}/cmake/sanitizers

# The longest come first.
tests=(src/icedb/icedb_test src/format/format_test src/table/table_test src/index/index_test
  src/database/database_test tests/store/store_conformance_test src/commit/commit_test
  tests/commit/coordinator_conformance_test)
for folder in maintenance log accel base; do tests+=("src/${folder}/${folder}_test"); done
others=()
sanitizers=thread
if [[ ${preset} == asan ]]; then
  sanitizers=address,undefined
  tests=(src/sql/sql_{accel,write,table}_test tests/races/concurrent_sql_test
    src/sql/sql_{maintenance,replica,icedb,remote_store,unit}_test tests/check/check_test
    "${tests[@]}" tests/races/history_checker_test tests/log/golden_database_test
    src/store/local_store_syscall_test src/session/session_test src/store/store_test
    src/s3proxy/s3proxy_test)
  others=(icefall_sqllogictest)
fi

# Sanitizers make GCC warn about code that it instrumented itself.
options=(-DICEFALL_JOIN_SOURCES=ON -DICEFALL_WERROR=OFF)
if clang=$(find_clang); then
  build+=-clang
  configure_clang "${clang}" "${build}" "${sanitizers}" "${options[@]}"
else
  cmake --preset "${preset}" "${options[@]}" >/dev/null
fi
cmake --build "${build}" -j "${jobs}" --target "${tests[@]##*/}" "${others[@]}"

# The DuckDB and Arrow libraries are not instrumented: containers that cross into them look torn.
ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export ASAN_OPTIONS+=:detect_container_overflow=0:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1:suppressions=${suppressions}/ubsan.txt
export LSAN_OPTIONS=suppressions=${suppressions}/lsan.txt
export TSAN_OPTIONS=second_deadlock_stack=1:suppressions=${suppressions}/tsan.txt
# Nothing is learned from syncing here.
if [[ -d /dev/shm ]]; then export TMPDIR=/dev/shm; fi

run=()
# GCC 12's thread sanitizer needs the memory layout without address randomisation.
if [[ ${preset} == tsan ]] && setarch -R true 2>/dev/null; then run=(setarch -R); fi
run_test() {
  local log=$1.log
  shift
  if "$@" --gtest_brief=1 >"${log}" 2>&1; then
    echo "$(tail -n 1 "${log}") ${*: -1}"
  else
    echo "FAILED: ${*: -1}"
    cat "${log}"
    return 1
  fi
}
export -f run_test
status=0
# shellcheck disable=SC2016  # for the shell that runs a test
printf '%s\n' "${tests[@]/#/${build}/}" |
  xargs -P "${jobs}" -I{} bash -c 'run_test "$@"' _ {} "${run[@]}" {} || status=1

run+=(ctest --output-on-failure --no-tests=error -j "${jobs}")
"${run[@]}" --test-dir "${build}/tests/store" -R '^store_conformance_s3$' || status=1
if [[ ${preset} == asan ]]; then
  "${run[@]}" --test-dir "${build}/tests/sqllogic" \
    -R '^sqllogic_(plain|no_inline_rows|tiny_fragments|indexes)$' || status=1
fi
exit "${status}"
