# Builds with clang's sanitizers, which `make fuzz`, `make asansql` and `make tsansql` share; to be
# sourced.

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
# libFuzzer. configure_clang CLANG FOLDER SANITIZERS: build/FOLDER with others.
# Without the compiler cache, whose options for GCC's precompiled header clang does not know. Where
# std::unique_ptr is constexpr, clang wants the types behind it complete, which DuckDB's are not.
configure_clang() {
  local folder=${2:-fuzz} sanitizers=${3:-fuzzer-no-link,address,undefined}
  mkdir -p build
  cmake -S . -B "build/${folder}" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER="$1" \
    -DCMAKE_CXX_FLAGS_DEBUG='-O1 -g1' \
    -DCMAKE_CXX_FLAGS='-D_GLIBCXX23_CONSTEXPR= -Wno-unknown-warning-option' \
    -DICEFALL_SANITIZE="${sanitizers}" \
    -DICEFALL_FUZZER="$([[ ${folder} == fuzz ]] && echo ON || echo OFF)" \
    -DICEFALL_CCACHE= >"build/${folder}-configure.log" 2>&1 ||
    { cat "build/${folder}-configure.log"; return 1; }
}

# The DuckDB and Arrow libraries are not instrumented: containers that cross into them look torn.
export ASAN_OPTIONS=detect_container_overflow=0:allocator_may_return_null=1
export LSAN_OPTIONS=suppressions=${PWD}/cmake/sanitizers/lsan.txt
