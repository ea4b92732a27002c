# Builds with clang's sanitizers, which `make fuzz` and `make asansql` share; to be sourced.

# The newest clang there is, 16 or later; fails when there is none.
find_clang() {
  local version
  for version in 22 21 20 19 18 17 16; do
    if command -v "clang++-${version}"; then return; fi
  done
  echo "no clang 16 or newer; on Debian 12 as root:" \
    "apt-get install -y --no-install-recommends clang-19 libclang-rt-19-dev" >&2
  return 1
}

# configure_clang CLANG: build/fuzz, with sanitizers of addresses and undefined behaviour, for
# libFuzzer.
# Without the compiler cache, whose options for GCC's precompiled header clang does not know. Where
# std::unique_ptr is constexpr, clang wants the types behind it complete, which DuckDB's are not.
configure_clang() {
  mkdir -p build
  cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER="$1" \
    -DCMAKE_CXX_FLAGS_DEBUG='-O1 -g1' \
    -DCMAKE_CXX_FLAGS='-D_GLIBCXX23_CONSTEXPR= -Wno-unknown-warning-option' \
    -DICEFALL_SANITIZE=fuzzer-no-link,address,undefined \
    -DICEFALL_FUZZER=ON -DICEFALL_CCACHE= >build/fuzz-configure.log 2>&1 ||
    { cat build/fuzz-configure.log; return 1; }
}

# The DuckDB and Arrow libraries are not instrumented: containers that cross into them look torn.
export ASAN_OPTIONS=detect_container_overflow=0:allocator_may_return_null=1
export LSAN_OPTIONS=suppressions=${PWD}/cmake/sanitizers/lsan.txt
