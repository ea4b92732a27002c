#include "accel/result_files.h"

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "accel/cache_folders.h"
#include "base/hash.h"

namespace icefall {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kSuffix = ".arrows";
constexpr std::string_view kMagic = "ICERES01";
constexpr size_t kNameDigits = 32;
// Hash of all before it, size of the description, magic.
constexpr size_t kTailBytes = 64 + 8 + 8;

std::string Describe(const ResultKey& key, const ReadState& state) {
  Json tables = Json::array();
  for (const auto& table : state.tables) {
    tables.push_back({{"uuid", table.uuid}, {"sequence", table.sequence.value}});
  }
  // A statement may hold any bytes; the key is compared by its hash.
  return Json{{"key", Sha256Hex(key.statement + '\0' + key.context)},
              {"catalog", state.catalog.value},
              {"tables", std::move(tables)}}
      .dump();
}

std::optional<ReadState> ParseDescription(std::string_view text, const ResultKey& key) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  try {
    if (json.at("key") != Sha256Hex(key.statement + '\0' + key.context)) return std::nullopt;
    ReadState state;
    state.catalog = Sequence(json.at("catalog").get<uint64_t>());
    for (const auto& table : json.at("tables")) {
      state.tables.push_back(
          {table.at("uuid").get<std::string>(), Sequence(table.at("sequence").get<uint64_t>())});
    }
    return state;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::string Tail(std::string_view before, uint64_t description_bytes) {
  std::string tail = Sha256Hex(before);
  tail += fmt::format("{:08x}", description_bytes);
  tail += kMagic;
  return tail;
}

struct FileParts {
  std::string_view rows;
  std::string_view description;
};

// Error: what is not as Save wrote it.
Result<FileParts> SplitFile(std::string_view bytes) {
  if (bytes.size() < kTailBytes || !bytes.ends_with(kMagic)) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("its {} bytes do not end with {}", bytes.size(), kMagic));
  }
  const auto before = bytes.substr(0, bytes.size() - kTailBytes);
  const auto tail = bytes.substr(before.size());
  const std::string size_text(tail.substr(64, 8));
  const uint64_t description_bytes = std::strtoull(size_text.c_str(), nullptr, 16);
  const std::string expected = Tail(before, description_bytes);
  if (description_bytes > before.size() || tail != expected) {
    return Fail(ErrorCode::kCorruption, fmt::format("expected SHA-256 {}, found {}",
                                                    tail.substr(0, 64), expected.substr(0, 64)));
  }
  const auto rows = before.substr(0, before.size() - description_bytes);
  return FileParts{rows, before.substr(rows.size())};
}

// Absent: not the whole of what Save wrote.
std::optional<StoredResult> ParseFile(const ResultKey& key, MappedFilePointer file) {
  const auto parts = SplitFile(file->bytes());
  if (!parts) return std::nullopt;
  auto state = ParseDescription(parts->description, key);
  if (!state) return std::nullopt;
  return StoredResult{*std::move(state), std::move(file), parts->rows, {}};
}

std::string NameOf(const ResultKey& key) {
  const std::string hash = Sha256Hex(key.statement + '\0' + key.context);
  return fmt::format("{}{}", std::string_view(hash).substr(0, kNameDigits), kSuffix);
}

}  // namespace

std::optional<std::string> FindAnswerDamage(const std::string& path) {
  const auto file = MappedFile::Open(path);
  std::error_code failed;
  if (!file) {
    if (!std::filesystem::exists(path, failed)) return std::nullopt;
    return "it is empty, or cannot be read";
  }
  const auto parts = SplitFile(file->bytes());
  if (!parts) return parts.error().message();
  const auto json = Json::parse(parts->description, nullptr, false);
  std::string key;
  if (json.is_object() && json.contains("key") && json["key"].is_string()) key = json["key"];
  const std::string name = std::filesystem::path(path).filename().string();
  if (name == fmt::format("{}{}", key.substr(0, kNameDigits), kSuffix)) return std::nullopt;
  return fmt::format("it answers another statement than that of its name: {}", key);
}

ResultFiles::ResultFiles(ObjectStore& store) : files_(store, kAnswersFolder) {}

std::optional<StoredResult> ResultFiles::Load(const ResultKey& key) const {
  if (!enabled()) return std::nullopt;
  const std::string name = NameOf(key);
  std::string path = files_.PathOf(name);
  auto file = MappedFile::Open(path);
  if (!file) return std::nullopt;
  auto stored = ParseFile(key, std::move(file));
  if (!stored) return std::nullopt;
  files_.MarkUsed(name);
  stored->path = std::move(path);
  return stored;
}

bool ResultFiles::Save(const ResultKey& key, const ReadState& state, std::string_view rows,
                       uint64_t budget_bytes) const {
  const std::string description = Describe(key, state);
  const uint64_t size_bytes = rows.size() + description.size() + kTailBytes;
  if (!enabled() || size_bytes > budget_bytes) return false;
  std::string bytes;
  bytes.reserve(size_bytes);
  bytes += rows;
  bytes += description;
  bytes += Tail(bytes, description.size());
  return files_.Save(NameOf(key), bytes, budget_bytes);
}

void ResultFiles::Remove(const ResultKey& key) const { files_.Remove(NameOf(key)); }

}  // namespace icefall
