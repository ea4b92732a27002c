# Builds with clang's sanitizers, which `make fuzz` and `make asan` share; to be sourced.

# What Debian 12 has of it, for scripts/bootstrap.sh --clang.
CLANG_PACKAGES=(clang-19 libclang-rt-19-dev)

# The newest clang there is, 16 or later, with its sanitizers; fails when there is none.
find_clang() {
  local version
  for version in 22 21 20 19 18 17 16; do
    command -v "clang++-${version}" >/dev/null || continue
    echo 'int main() {}' |
      "clang++-${version}" -x c++ -fsanitize=address - -o /dev/null 2>/dev/null || continue
    command -v "clang++-${version}"
    return
  done
  echo "no clang 16 or newer with its sanitizers; on Debian 12: scripts/bootstrap.sh --clang" >&2
  return 1
}

# configure_clang CLANG BUILD_DIRECTORY SANITIZERS [CMAKE_ARGUMENT...], from the repository; it also
# says what sanitizers do when the build runs.
# Without the compiler cache, whose options for GCC's precompiled header clang does not know. Where
# std::unique_ptr is constexpr, clang wants the types behind it complete, which DuckDB's are not.
configure_clang() {
  local log=$2-configure.log
  mkdir -p "${log%/*}"
  cmake -S . -B "$2" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_COMPILER="$1" \
    -DCMAKE_CXX_FLAGS_DEBUG='-O1 -g1' \
    -DCMAKE_CXX_FLAGS='-D_GLIBCXX23_CONSTEXPR= -Wno-unknown-warning-option' \
    -DICEFALL_SANITIZE="$3" -DICEFALL_CCACHE= "${@:4}" >"${log}" 2>&1 ||
    { cat "${log}"; return 1; }
  # The DuckDB and Arrow libraries are not instrumented: containers that cross into them look torn.
  export ASAN_OPTIONS=detect_container_overflow=0:allocator_may_return_null=1
  export LSAN_OPTIONS=suppressions=${PWD}/cmake/sanitizers/lsan.txt
}
