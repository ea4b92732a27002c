#!/usr/bin/env bash
# Fuzzes with libFuzzer for FUZZ_SECONDS (60) per target: tests/fuzz/run.sh [TARGET…]
# Needs clang 16 or newer with its runtime (Debian: clang-19 libclang-rt-19-dev). Without it the
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

find_clang() {
  local version
  for version in 22 21 20 19 18 17 16; do
    if command -v "clang++-${version}"; then return; fi
  done
  return 1
}

if ! clang=$(find_clang); then
  echo "fuzz: no clang 16 or newer; changed copies of the corpus instead. On Debian 12 as root:" \
    "apt-get install -y --no-install-recommends clang-19 libclang-rt-19-dev"
  for target in "${targets[@]}"; do
    echo "== ${target}"
    "build/release/tests/fuzz/fuzz_${target}" --changes "${FUZZ_CHANGES:-100000}" \
      "tests/fuzz/corpus/${target}"
  done
  exit
fi

mkdir -p build
# Without the compiler cache, whose options for GCC's precompiled header clang does not know. Where
# std::unique_ptr is constexpr, clang wants the types behind it complete, which DuckDB's are not.
cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER="${clang}" \
  -DCMAKE_CXX_FLAGS_DEBUG='-O1 -g1' \
  -DCMAKE_CXX_FLAGS='-D_GLIBCXX23_CONSTEXPR= -Wno-unknown-warning-option' \
  -DICEFALL_SANITIZE=fuzzer-no-link,address,undefined \
  -DICEFALL_FUZZER=ON -DICEFALL_CCACHE= >build/fuzz-configure.log 2>&1 ||
  { cat build/fuzz-configure.log; exit 1; }
cmake --build build/fuzz -j "${JOBS:-2}" --target "${targets[@]/#/fuzz_}"

# The DuckDB and Arrow libraries are not instrumented: containers that cross into them look torn.
export ASAN_OPTIONS=detect_container_overflow=0:allocator_may_return_null=1
# Databases of the targets are small, and nothing is learned from syncing them.
if [[ -d /dev/shm ]]; then export TMPDIR=/dev/shm; fi
export LSAN_OPTIONS=suppressions=${PWD}/cmake/sanitizers/lsan.txt
for target in "${targets[@]}"; do
  echo "== ${target}"
  mkdir -p "build/fuzz/corpus/${target}" "build/fuzz/found/${target}"
  "build/fuzz/tests/fuzz/fuzz_${target}" -max_total_time="${seconds}" -timeout=30 \
    -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="build/fuzz/found/${target}/" \
    "build/fuzz/corpus/${target}" "tests/fuzz/corpus/${target}" 2>&1 | tail -n 12
done
