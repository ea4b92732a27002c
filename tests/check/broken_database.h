// A database of real files, and ways to break it.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <duckdb.hpp>

#include "base/base64.h"
#include "base/hash.h"
#include "maintenance/check.h"
#include "session/session.h"
#include "sql/maintenance/parquet_reader.h"
#include "tests/crash/sample_database.h"

namespace icefall {

// Fills an empty directory. Table t (id BIGINT PRIMARY KEY CHECK (id >= 0), name VARCHAR): a file
// of 1000 rows, of which two are deleted, and an inline row; table u: inline rows only. Both have
// manifests and have changed in one transaction.
inline void FillDatabase(const std::string& path) {
  {
    auto session = *Session::Open(path, {.create_if_missing = true});
    for (const char* sql : {
             "CREATE TABLE t (id BIGINT PRIMARY KEY CHECK (id >= 0), name VARCHAR)",
             "INSERT INTO t SELECT range, 'n' || range FROM range(1000)",
             "CREATE TABLE u (id BIGINT, name VARCHAR)",
             "INSERT INTO t VALUES (1000, 'inline')",
             "BEGIN; INSERT INTO t VALUES (1001, 'both'); INSERT INTO u VALUES (1, 'both'); COMMIT",
             "DELETE FROM t WHERE id IN (5, 7)",
         }) {
      auto statements = *session->Parse(sql);
      for (auto& statement : statements) {
        const auto done = session->Run(std::move(statement));
        ASSERT_TRUE(done) << sql << ": " << done.error().message();
      }
    }
  }
  const auto database = *Database::Open(path, {.manifest_interval_bytes = 1});
  for (const std::string name : {"t", "u"}) {
    ICEFALL_ASSERT_OK(Commit(*database, [&](Transaction& t) {
      ChangeSet change;
      change.operation = "alter";
      change.properties["checked"] = "yes";
      return t.Change(UuidOf(t, name), change);
    }));
  }
}

using Files = std::map<std::string, std::string>;

// What only writers, and doctor, may change, by path.
inline Files ReadFiles(const std::string& path) {
  Files files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (!entry.is_regular_file() || entry.path().filename() == "lock") continue;
    files[entry.path().string()] = ReadWholeFile(entry.path().string());
  }
  return files;
}

// The only file of a folder that ends so; the last by name when there are several.
inline std::string FileIn(const std::string& folder, const std::string& ending) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().string().ends_with(ending)) found.push_back(entry.path().string());
  }
  EXPECT_FALSE(found.empty()) << folder;
  return found.empty() ? folder : *std::ranges::max_element(found);
}

inline void FlipByte(const std::string& path, size_t offset) {
  std::string bytes = ReadWholeFile(path);
  bytes.at(offset) = static_cast<char>(bytes.at(offset) ^ 1);
  WriteFile(path, bytes);
}

// The last line of a segment with some text replaced and its checksum made right again.
inline void ForgeLastLine(const std::string& segment, const std::string& from,
                          const std::string& to) {
  std::string bytes = ReadWholeFile(segment);
  const size_t begin = bytes.rfind('\n', bytes.size() - 2) + 1;
  std::string line = bytes.substr(begin, bytes.rfind(",\"crc32\"") - begin);
  const size_t found = line.find(from);
  ASSERT_NE(found, std::string::npos) << line;
  line.replace(found, from.size(), to);
  const auto checksum = fmt::format(",\"crc32\":\"{:08x}\"}}\n", Crc32(line));
  WriteFile(segment, bytes.substr(0, begin) + line + checksum);
}

// Commits what SQL would never commit to table t.
template <typename Make>
void CommitUnchecked(const std::string& path, Make make) {
  const auto database = *Database::Open(path, {.manifest_interval_bytes = UINT64_MAX});
  ICEFALL_ASSERT_OK(Commit(*database, [&](Transaction& t) -> Result<void> {
    const std::string uuid = UuidOf(t, "t");
    ICEFALL_ASSIGN_OR_RETURN(const SnapshotPointer table, t.Table(uuid));
    return t.Change(uuid, make(t, uuid, *table));
  }));
}

// A file with the rows of `select` (id, name, perhaps _row_id), described truly but for `lie`.
template <typename Lie>
void AddFile(const std::string& path, const std::string& select, uint64_t rows, Lie lie) {
  CommitUnchecked(path, [&](Transaction& t, const std::string& uuid, const Snapshot& table) {
    const NewFile file = *t.NewDataFile(uuid);
    duckdb::DuckDB duckdb(nullptr);
    const auto copied = duckdb::Connection(duckdb).Query(
        fmt::format("COPY ({}) TO '{}' (FORMAT parquet, FIELD_IDS {{id: 1, name: 2}})", select,
                    file.external_path));
    EXPECT_FALSE(copied->HasError()) << copied->GetError();
    ChangeSet change = InsertFile(table, file.path, rows);
    Fragment fragment = *change.added_fragments[0];
    fragment.size_bytes = std::filesystem::file_size(file.external_path);
    fragment.sha256 = Sha256Hex(ReadWholeFile(file.external_path));
    fragment.statistics.clear();
    lie(fragment);
    change.added_fragments[0] = std::make_shared<const Fragment>(fragment);
    return change;
  });
}

inline std::string SegmentOf(const std::string& path) { return FileIn(path + "/t/_log", ".jsonl"); }
inline std::string ManifestOf(const std::string& path) {
  return FileIn(path + "/t/_manifests", ".json");
}
inline std::string DataFileOf(const std::string& path) {
  return FileIn(path + "/t/data", ".parquet");
}

inline std::string IndexOf(const std::string& path) {
  return FileIn(path + "/t/indexes/1/data", ".idx");
}

// A page of an index file changed in one byte, and its checksum made right again.
inline void ForgeIndex(const std::string& path) {
  constexpr size_t kPage = 4096;
  const std::string index = IndexOf(path);
  std::string bytes = ReadWholeFile(index);
  bytes.at(2 * kPage - 1) = static_cast<char>(bytes.at(2 * kPage - 1) ^ 1);
  const uint32_t checksum = Crc32(std::string_view(bytes).substr(kPage + 4, kPage - 4));
  for (size_t i = 0; i < 4; ++i) bytes[kPage + i] = static_cast<char>(checksum >> (8 * i));
  WriteFile(index, bytes);
}

inline void Append(const std::string& file, const std::string& bytes) {
  WriteFile(file, ReadWholeFile(file) + bytes);
}

// As a writer leaves it that died before it created the outcome file, with the whole machine: the
// page that others share would know that it committed.
inline void LeaveTransactionOpen(const std::string& path) {
  {
    const auto database = *Database::Open(path, {.manifest_interval_bytes = UINT64_MAX});
    ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) -> Result<void> {
      ICEFALL_RETURN_IF_ERROR(Insert(t, "t", 8000));
      return Insert(t, "u", 8000);
    }));
  }
  std::filesystem::remove(FileIn(path + "/_transactions", ".json"));
  std::filesystem::remove(path + "/_catalog/lock");
}

// That of a transaction which no later line or manifest proves to have committed, or not.
inline void LoseOutcome(const std::string& path) {
  {
    const auto database = *Database::Open(path, {.manifest_interval_bytes = UINT64_MAX});
    ICEFALL_ASSERT_OK(Commit(*database, [](Transaction& t) -> Result<void> {
      ICEFALL_RETURN_IF_ERROR(t.Change(UuidOf(t, "t"), DeleteRow(0)));
      return Insert(t, "u", 8000);
    }));
    ICEFALL_ASSERT_OK(
        Commit(*database, [](Transaction& t) { return t.Change(UuidOf(t, "t"), DeleteRow(1)); }));
  }
  std::filesystem::remove(FileIn(path + "/_transactions", ".json"));
  std::filesystem::remove(path + "/_catalog/lock");
}

inline void WriteLongLog(const std::string& path) {
  const auto database = *Database::Open(path, {.manifest_interval_bytes = UINT64_MAX});
  const std::string name(1'500'000, 'x');
  for (uint64_t id = 9000; id < 9012; ++id) {
    ICEFALL_ASSERT_OK(Commit(*database, [&](Transaction& t) -> Result<void> {
      const std::string uuid = UuidOf(t, "t");
      ICEFALL_ASSIGN_OR_RETURN(const auto table, t.Table(uuid));
      return t.Change(uuid, InsertRow(*table, id, name));
    }));
  }
}

inline CheckReport Check(const std::string& path, const CheckOptions& options,
                         const std::string& table = "t") {
  const auto database = Database::Open(path, {.read_only = true});
  EXPECT_TRUE(database) << (database ? "" : database.error().message());
  if (!database) return {};
  const auto reader = *MakeParquetReader();
  const auto report = CheckTable(**database, {"main", table}, *reader, options);
  EXPECT_TRUE(report) << (report ? "" : report.error().message());
  return report ? *report : CheckReport();
}

inline CheckReport Check(const std::string& path, bool data, const std::string& table = "t") {
  return Check(path, CheckOptions{.data = data, .checksums = data}, table);
}

}  // namespace icefall
