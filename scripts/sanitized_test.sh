#!/usr/bin/env bash
# Runs the unit and conformance tests of a sanitizer build:
#   scripts/sanitized_test.sh asan|tsan [JOBS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=${1:?usage: scripts/sanitized_test.sh asan|tsan [JOBS]}
suppressions=${PWD}/cmake/sanitizers
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1:suppressions=${suppressions}/ubsan.txt
export LSAN_OPTIONS=suppressions=${suppressions}/lsan.txt
export TSAN_OPTIONS=second_deadlock_stack=1:suppressions=${suppressions}/tsan.txt

run=()
# GCC 12's thread sanitizer needs the memory layout without address randomisation.
if [[ ${preset} == tsan ]] && setarch -R true 2>/dev/null; then run=(setarch -R); fi
exec "${run[@]}" ctest --test-dir "build/${preset}" --output-on-failure --no-tests=error \
  -j "${2:-2}" -L '^(unit|conformance)$'
