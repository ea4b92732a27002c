// Small databases for tests of the engine below SQL: rows travel inline, data files are made up.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/uuid.h"
#include "database/catalog_codec.h"
#include "database/database.h"
#include "log/icefall/verify.h"
#include "store/local_store.h"

namespace icefall {

// The value, or a failed test with the error's text.
#define ICEFALL_ASSERT_OK(expression)                                              \
  do {                                                                             \
    const auto& icefall_outcome = (expression);                                    \
    ASSERT_TRUE(icefall_outcome.has_value()) << icefall_outcome.error().message(); \
  } while (false)

// A directory that goes with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory()
      : path_(std::filesystem::temp_directory_path() / ("icefall-" + NewUuid(SystemClock()))) {
    std::filesystem::create_directories(path_);
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_.string(); }
  std::string path(const std::string& key) const { return (path_ / key).string(); }

 private:
  std::filesystem::path path_;
};

inline Schema SampleSchema() {
  Schema schema;
  schema.fields.resize(2);
  schema.fields[0].name = "id";
  schema.fields[0].type = Type::Primitive("BIGINT");
  schema.fields[1].name = "name";
  schema.fields[1].type = Type::Primitive("VARCHAR");
  AssignFieldIds(schema, FieldId());
  return schema;
}

// An insert of one inline row.
inline ChangeSet InsertRow(const Snapshot& table, uint64_t id, const std::string& name = "a") {
  auto batch = std::make_shared<InlineBatch>();
  batch->first_position = table.inline_rows.next_position;
  batch->row_count = 1;
  batch->schema = table.schema->id;
  for (const Field& field : table.schema->fields) batch->fields.push_back(field.id);
  batch->rows = "[[" + std::to_string(id) + ",\"" + name + "\"]]";
  batch->first_row_id = table.next_row_id;
  ChangeSet change;
  change.operation = "insert";
  change.summary["inserted_rows"] = "1";
  change.added_inline.push_back(std::move(batch));
  change.row_id_count = 1;
  return change;
}

// A delete of one inline row.
inline ChangeSet DeleteRow(uint64_t position) {
  ChangeSet change;
  change.operation = "delete";
  change.summary["deleted_rows"] = "1";
  change.deleted_inline.Add(position);
  return change;
}

// An insert of a data file that `path` names.
inline ChangeSet InsertFile(const Snapshot& table, const std::string& path, uint64_t rows) {
  auto fragment = std::make_shared<Fragment>();
  fragment->id = table.next_fragment_id;
  fragment->path = path;
  fragment->row_count = rows;
  fragment->size_bytes = 4;
  fragment->schema = table.schema->id;
  fragment->first_row_id = table.next_row_id;
  ColumnStatistics statistics;
  statistics.field = FieldId(1);
  statistics.lower_bound = "1";
  statistics.upper_bound = std::to_string(rows);
  statistics.lower_is_exact = statistics.upper_is_exact = true;
  statistics.size_bytes = 4;
  fragment->statistics.push_back(statistics);
  ChangeSet change;
  change.operation = "insert";
  change.summary["inserted_rows"] = std::to_string(rows);
  change.added_fragments.push_back(std::move(fragment));
  change.row_id_count = rows;
  return change;
}

inline void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The uuid of table main.<name>; empty when there is none.
inline std::string UuidOf(Transaction& transaction, const std::string& name) {
  const auto catalog = transaction.Catalog();
  if (!catalog) return {};
  const auto object = (*catalog)->Find(ObjectKind::kTable, {"main", name});
  return object ? object->uuid : std::string();
}

// Runs `body(transaction)` and commits.
template <typename Body>
Result<CommitOutcome> Commit(Database& database, Body body) {
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database.Begin());
  ICEFALL_RETURN_IF_ERROR(body(*transaction));
  return transaction->Commit();
}

inline Result<void> CreateTable(Transaction& transaction, const std::string& name) {
  ICEFALL_RETURN_IF_ERROR(
      transaction.CreateTable({"main", name}, EmptySnapshot("", SampleSchema())));
  return {};
}

inline Result<void> Insert(Transaction& transaction, const std::string& name, uint64_t id) {
  const std::string uuid = UuidOf(transaction, name);
  ICEFALL_ASSIGN_OR_RETURN(const auto table, transaction.Table(uuid));
  return transaction.Change(uuid, InsertRow(*table, id));
}

inline Result<void> Delete(Transaction& transaction, const std::string& name, uint64_t position) {
  return transaction.Change(UuidOf(transaction, name), DeleteRow(position));
}

// Table names with the number of live rows of each.
using Contents = std::map<std::string, uint64_t>;

inline Result<Contents> ReadContents(Database& database) {
  ICEFALL_ASSIGN_OR_RETURN(const auto transaction, database.Begin());
  ICEFALL_ASSIGN_OR_RETURN(const auto catalog, transaction->Catalog());
  Contents contents;
  for (const auto& object : catalog->Tables()) {
    ICEFALL_ASSIGN_OR_RETURN(const auto table, transaction->Table(object->uuid));
    contents[object->name.name] = table->live_row_count;
  }
  return contents;
}

// Every error that verification finds in the logs of the database.
inline std::vector<std::string> VerifyDatabase(ObjectStore& store, Database& database) {
  std::vector<std::string> errors;
  const auto take = [&](const Result<LogReport>& report) {
    if (!report) {
      errors.push_back(report.error().message());
      return;
    }
    for (const Finding& finding : report->findings) {
      if (finding.severity != Severity::kInfo) errors.push_back(finding.message);
    }
  };
  take(VerifyLog(store, std::string(kCatalogDirectory), CatalogCodec()));
  const auto transaction = *database.Begin();
  for (const auto& object : (*transaction->Catalog())->Tables()) {
    take(VerifyLog(store, object->directory,
                   TableCodec(store, SystemClock(), object->directory, object->uuid)));
  }
  return errors;
}

}  // namespace icefall
