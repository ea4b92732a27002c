#!/usr/bin/env bash
# Fuzzes with libFuzzer for FUZZ_SECONDS (60) per target: tests/fuzz/run.sh [TARGET…]
# Needs clang 16 or newer with its runtime (scripts/bootstrap.sh --clang). Without it the
# targets of build/release run over FUZZ_CHANGES (100000) changed copies of each input instead.
# Inputs that reach new code are kept in build/fuzz/corpus; add the good ones to tests/fuzz/corpus.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
seconds=${FUZZ_SECONDS:-60}
targets=("$@")
if [[ ${#targets[@]} -eq 0 ]]; then
  targets=(commit_line manifest catalog_line deletion_vector tsv parquet parquet_chunk sql
    http_request differential)
fi

. scripts/lib/clang.sh

if ! clang=$(find_clang); then
  echo "fuzz: changed copies of the corpus instead"
  for target in "${targets[@]}"; do
    echo "== ${target}"
    "build/release/tests/fuzz/fuzz_${target}" --changes "${FUZZ_CHANGES:-100000}" \
      "tests/fuzz/corpus/${target}"
  done
  exit
fi

configure_clang "${clang}" build/fuzz fuzzer-no-link,address,undefined \
  -DICEFALL_FUZZER=ON -DICEFALL_JOIN_SOURCES=ON
cmake --build build/fuzz -j "${JOBS:-2}" --target "${targets[@]/#/fuzz_}"

# Databases of the targets are small, and nothing is learned from syncing them.
if [[ -d /dev/shm ]]; then export TMPDIR=/dev/shm; fi
for target in "${targets[@]}"; do
  echo "== ${target}"
  mkdir -p "build/fuzz/corpus/${target}" "build/fuzz/found/${target}"
  "build/fuzz/tests/fuzz/fuzz_${target}" -max_total_time="${seconds}" -timeout=120 \
    -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="build/fuzz/found/${target}/" \
    "build/fuzz/corpus/${target}" "tests/fuzz/corpus/${target}" 2>&1 | tail -n 12
done
