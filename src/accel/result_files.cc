#include "accel/result_files.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/hash.h"

namespace icefall {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::string_view kFolder = "_cache/results";
constexpr std::string_view kSuffix = ".arrows";
constexpr std::string_view kMagic = "ICERES01";
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

// Absent: not the whole of what Save wrote.
std::optional<StoredResult> ParseFile(const ResultKey& key, MappedFilePointer file) {
  const auto bytes = file->bytes();
  if (bytes.size() < kTailBytes || !bytes.ends_with(kMagic)) return std::nullopt;
  const auto before = bytes.substr(0, bytes.size() - kTailBytes);
  const auto tail = bytes.substr(before.size());
  const std::string size_text(tail.substr(64, 8));
  const uint64_t description_bytes = std::strtoull(size_text.c_str(), nullptr, 16);
  if (description_bytes > before.size() || tail != Tail(before, description_bytes)) {
    return std::nullopt;
  }
  const auto rows = before.substr(0, before.size() - description_bytes);
  auto state = ParseDescription(before.substr(rows.size()), key);
  if (!state) return std::nullopt;
  return StoredResult{*std::move(state), std::move(file), rows, {}};
}

struct Candidate {
  fs::path path;
  uint64_t bytes = 0;
  fs::file_time_type used;
};

std::vector<Candidate> ListFiles(const std::string& folder) {
  std::vector<Candidate> files;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    std::error_code gone;
    Candidate file{it->path(), it->file_size(gone), it->last_write_time(gone)};
    if (!gone) files.push_back(std::move(file));
  }
  return files;
}

}  // namespace

ResultFiles::ResultFiles(ObjectStore& store) {
  if (!store.capabilities().external_path) return;
  // A key whose folder is there, because the store would make any other.
  const auto path = store.ExternalPath("_catalog/lock");
  if (path) folder_ = (fs::path(*path).parent_path().parent_path() / kFolder).string();
}

std::string ResultFiles::PathOf(const ResultKey& key) const {
  const std::string hash = Sha256Hex(key.statement + '\0' + key.context);
  return fmt::format("{}/{}{}", folder_, std::string_view(hash).substr(0, 32), kSuffix);
}

std::optional<StoredResult> ResultFiles::Load(const ResultKey& key) const {
  if (!enabled()) return std::nullopt;
  const std::string path = PathOf(key);
  auto file = MappedFile::Open(path);
  if (!file) return std::nullopt;
  auto stored = ParseFile(key, std::move(file));
  if (!stored) return std::nullopt;
  std::error_code ignored;
  fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);
  stored->path = path;
  return stored;
}

bool ResultFiles::Save(const ResultKey& key, const ReadState& state, std::string_view rows,
                       uint64_t budget_bytes) const {
  const std::string description = Describe(key, state);
  std::string before(rows);
  before += description;
  const uint64_t size_bytes = before.size() + kTailBytes;
  if (!enabled() || size_bytes > budget_bytes) return false;
  MakeRoom(size_bytes, budget_bytes);
  const std::string path = PathOf(key);
  std::error_code failed;
  // One by one: a database that was removed must not come back.
  fs::create_directory(fs::path(folder_).parent_path(), failed);
  if (!failed) fs::create_directory(folder_, failed);
  if (failed) return false;
  // Unfinished files have a name that no key leads to.
  static std::atomic<uint64_t> counter = 0;
  const std::string unfinished = fmt::format("{}.{}.{}", path, ::getpid(), ++counter);
  {
    std::ofstream out(unfinished, std::ios::binary);
    out << before << Tail(before, description.size());
    out.flush();
    if (!out) failed = std::make_error_code(std::errc::io_error);
  }
  if (!failed) fs::rename(unfinished, path, failed);
  std::error_code ignored;
  if (failed) fs::remove(unfinished, ignored);
  return !failed;
}

void ResultFiles::Remove(const ResultKey& key) const {
  std::error_code ignored;
  if (enabled()) fs::remove(PathOf(key), ignored);
}

void ResultFiles::RemoveAll() const {
  std::error_code ignored;
  if (!enabled()) return;
  for (const auto& file : ListFiles(folder_)) fs::remove(file.path, ignored);
}

ResultFiles::Usage ResultFiles::usage() const {
  Usage usage;
  if (!enabled()) return usage;
  for (const auto& file : ListFiles(folder_)) {
    ++usage.files;
    usage.bytes += file.bytes;
  }
  return usage;
}

void ResultFiles::MakeRoom(uint64_t size_bytes, uint64_t budget_bytes) const {
  const std::lock_guard lock(mutex_);
  unlisted_bytes_ += size_bytes;
  if (known_bytes_) {
    *known_bytes_ += size_bytes;
    if (*known_bytes_ <= budget_bytes && unlisted_bytes_ <= budget_bytes / 8) return;
  }
  auto files = ListFiles(folder_);
  uint64_t total = size_bytes;
  for (const auto& file : files) total += file.bytes;
  std::ranges::sort(files, {}, &Candidate::used);
  std::error_code ignored;
  for (const auto& file : files) {
    if (total <= budget_bytes) break;
    fs::remove(file.path, ignored);
    total -= file.bytes;
  }
  known_bytes_ = total;
  unlisted_bytes_ = 0;
}

}  // namespace icefall
