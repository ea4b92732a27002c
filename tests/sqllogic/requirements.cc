#include "tests/sqllogic/requirements.h"

#include <filesystem>
#include <set>

#include <unistd.h>

#include "tests/sqllogic/text.h"

namespace icefall::sqllogic {
namespace {

// DuckDB's default, and what its library was built with.
constexpr uint64_t kBlockSizeBytes = 262144;

uint64_t MemoryBytes() {
  return static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

uint64_t ParseSize(const std::string& text) {
  return static_cast<uint64_t>(duckdb::DBConfig::ParseMemoryLimit(text));
}

}  // namespace

bool IsMet(Engine& engine, const std::vector<std::string>& words) {
  static const std::set<std::string> kPresent = {"notmusl",
                                                 "notmingw",
                                                 "notwindows",
                                                 "longdouble",
                                                 "64bit",
                                                 "noforcestorage",
                                                 "no_force_storage",
                                                 "nothreadsan",
                                                 "strinline",
                                                 "skip_reload",
                                                 "no_alternative_verify",
                                                 "no_latest_storage",
                                                 "no_vector_verification",
                                                 "no_extension_autoloading",
                                                 "allow_unsigned_extensions"};
  static const std::set<std::string> kMissing = {"mingw", "windows", "vacuum_rebuild_indexes"};
  const std::string name = Lower(words.empty() ? "" : words[0]);
  const std::string value = words.size() > 1 ? words[1] : "0";
  if (kPresent.contains(name)) return true;
  if (kMissing.contains(name)) return false;
  if (name == "icefall") return engine.options().kind == TargetKind::kIcefall;
  if (name == "ram") return MemoryBytes() >= ParseSize(value);
  if (name == "disk_space") return std::filesystem::space(".").available >= ParseSize(value);
  if (name == "vector_size") return STANDARD_VECTOR_SIZE >= std::stoull(value);
  if (name == "exact_vector_size") return STANDARD_VECTOR_SIZE == std::stoull(value);
  if (name == "block_size") return kBlockSizeBytes == std::stoull(value);
  return engine.LoadExtension(name);
}

}  // namespace icefall::sqllogic
