#include "sql/accel/state_files.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "accel/cache_folders.h"
#include "base/uuid.h"

namespace icefall {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".agg";
// Of one table; when there are more, all but the largest become one.
constexpr size_t kFilesMax = 16;
constexpr size_t kLargestKept = 3;
// Of a unit with one shape, with other rows deleted.
constexpr size_t kVersionsMax = 2;

bool HaveTypes(const StateRows& rows, const std::vector<size_t>& columns,
               const duckdb::vector<duckdb::LogicalType>& types) {
  return std::ranges::all_of(rows.chunks, [&](const auto& chunk) {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] >= chunk->ColumnCount()) return false;
      if (chunk->data[columns[i]].GetType() != types[i]) return false;
    }
    return true;
  });
}

// A key is the table, the path of a data file, and the filters.
std::string_view PathOf(std::string_view key) {
  const auto begin = key.find(' ') + 1;
  return key.substr(begin, key.rfind(' ') - begin);
}

// Newer ones replace older ones.
class Gatherer {
 public:
  explicit Gatherer(const Snapshot& snapshot) {
    snapshot.fragments.ForEach(
        [&](const FragmentPointer& fragment) { paths_.insert(fragment->path); });
  }

  bool IsWanted(const StateAddress& address) {
    if (!paths_.contains(PathOf(address.key))) return false;
    std::string name = fmt::format("{}\n{}", address.key, address.unit);
    for (const auto* columns : {&address.shape->keys, &address.shape->states}) {
      for (const auto& column : *columns) name += "\n" + column;
      name += "\n";
    }
    auto& versions = versions_[name];
    const auto& deleted = address.deleted;
    if (versions.size() == kVersionsMax || std::ranges::find(versions, deleted) != versions.end()) {
      return false;
    }
    versions.push_back(deleted);
    return true;
  }

 private:
  std::unordered_set<std::string_view> paths_;  // of the snapshot's fragments
  std::unordered_map<std::string, std::vector<DeletedRows>> versions_;
};

}  // namespace

StateFiles::StateFiles(ObjectStore& store, bool read_only)
    : files_(store, kStatesFolder), read_only_(read_only) {}

void StateFiles::FollowLocked(Table& table, const std::string& table_uuid) {
  if (table.listing == listing_) return;
  table.listing = listing_;
  const auto erased =
      std::erase_if(table.files, [&](const auto& file) { return !names_.contains(file.first); });
  if (erased > 0) table.by_key.clear();
  const auto add = [&](const FilePointer& file) {
    if (file == nullptr) return;
    for (const auto& entry : file->entries()) {
      table.by_key[entry.address.key].push_back({file, &entry});
    }
  };
  if (erased > 0) {
    for (const auto& [name, file] : table.files) add(file);
  }
  for (auto name = names_.lower_bound(table_uuid);
       name != names_.end() && name->starts_with(table_uuid); ++name) {
    if (table.files.contains(*name)) continue;
    const auto file = StateFile::Open(files_.PathOf(*name));
    table.files.emplace(*name, file);
    add(file);
  }
}

void StateFiles::Refresh(const std::string& table_uuid) {
  if (!enabled()) return;
  std::error_code failed;
  const auto changed_at = fs::last_write_time(files_.folder(), failed);
  const std::lock_guard lock(mutex_);
  if (failed) {
    // Gone, and with it what was in it.
    if (!names_.empty()) ++listing_;
    names_.clear();
    listed_at_.reset();
  } else if (listed_at_ != changed_at) {
    listed_at_ = changed_at;
    ++listing_;
    names_.clear();
    for (const auto& file : files_.List()) {
      auto name = file.path.filename().string();
      if (name.ends_with(kSuffix)) names_.insert(std::move(name));
    }
  }
  FollowLocked(tables_[table_uuid], table_uuid);
}

std::optional<StateFiles::Found> StateFiles::Find(
    const std::string& table_uuid, const StateAddress& wanted,
    const duckdb::vector<duckdb::LogicalType>& types) {
  std::vector<Place> places;
  {
    const std::lock_guard lock(mutex_);
    const auto& by_key = tables_[table_uuid].by_key;
    const auto found = by_key.find(wanted.key);
    if (found == by_key.end()) return std::nullopt;
    for (const auto& place : found->second) {
      const auto& address = place.entry->address;
      if (address.unit == wanted.unit && address.deleted == wanted.deleted &&
          ColumnsOf(*wanted.shape, *address.shape)) {
        places.push_back(place);
      }
    }
  }
  // Of a finer grouping there are more rows.
  std::ranges::stable_sort(places, {}, [](const Place& place) { return place.entry->row_count; });
  for (const auto& [file, entry] : places) {
    const auto bytes = file->Read(*entry);
    auto rows = bytes ? DecodeStates(*bytes, entry->row_count) : nullptr;
    const auto columns = ColumnsOf(*wanted.shape, *entry->address.shape);
    if (rows == nullptr || !HaveTypes(*rows, *columns, types)) continue;
    const std::lock_guard lock(mutex_);
    ++loaded_;
    if (!read_only_ && used_.insert(file->path()).second) {
      files_.MarkUsed(fs::path(file->path()).filename().string());
    }
    return Found{entry->address, std::move(rows)};
  }
  return std::nullopt;
}

std::vector<std::string> StateFiles::Gather(const Snapshot& snapshot,
                                            std::vector<StateRecord>& records) {
  std::vector<std::pair<std::string, FilePointer>> files;
  {
    const std::lock_guard lock(mutex_);
    const auto& all = tables_[snapshot.table_uuid].files;
    if (all.size() < kFilesMax) return {};
    files.assign(all.begin(), all.end());
  }
  std::ranges::stable_sort(files, [](const auto& a, const auto& b) {
    return (a.second ? a.second->size_bytes() : 0) < (b.second ? b.second->size_bytes() : 0);
  });
  files.resize(files.size() - kLargestKept);
  // Their names begin with the time: the newest first.
  std::ranges::sort(files, std::greater<>());
  Gatherer gatherer(snapshot);
  for (const auto& record : records) gatherer.IsWanted(record.address);
  std::vector<std::string> names;
  for (const auto& [name, file] : files) {
    names.push_back(name);
    if (file == nullptr) continue;
    for (const auto& entry : file->entries()) {
      if (!gatherer.IsWanted(entry.address)) continue;
      auto bytes = file->Read(entry);
      if (bytes) records.push_back({entry.address, entry.row_count, *std::move(bytes)});
    }
  }
  return names;
}

void StateFiles::Save(const Snapshot& snapshot, NewStates states, uint64_t scanned_rows_min,
                      uint64_t budget_bytes) {
  if (!enabled() || read_only_ || budget_bytes == 0) return;
  const auto& table_uuid = snapshot.table_uuid;
  const std::lock_guard writing(write_mutex_);
  {
    const std::lock_guard lock(mutex_);
    auto& unwritten = tables_[table_uuid].unwritten;
    unwritten.scanned_rows += states.scanned_rows;
    for (auto& record : states.records) unwritten.records.push_back(std::move(record));
    if (unwritten.scanned_rows < scanned_rows_min || unwritten.records.empty()) return;
    states = std::exchange(unwritten, {});
  }
  Refresh(table_uuid);
  const auto gathered = Gather(snapshot, states.records);
  const auto name = fmt::format("{}-{}{}", table_uuid, NewUuid(SystemClock()), kSuffix);
  if (!files_.Save(name, EncodeStateFile(states.records), budget_bytes)) return;
  for (const auto& old : gathered) files_.Remove(old);
}

uint64_t StateFiles::BytesOf(const std::string& table_uuid) const {
  uint64_t bytes = 0;
  for (const auto& file : files_.List()) {
    if (file.path.filename().string().starts_with(table_uuid)) bytes += file.size_bytes;
  }
  return bytes;
}

void StateFiles::Clear() {
  files_.RemoveAll();
  const std::lock_guard lock(mutex_);
  listed_at_.reset();
  names_.clear();
  tables_.clear();
  used_.clear();
}

StateFilesCounters StateFiles::counters() {
  const std::lock_guard lock(mutex_);
  return {loaded_, files_.usage()};
}

}  // namespace icefall
