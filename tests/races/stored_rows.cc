#include "tests/races/stored_rows.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace icefall {
namespace {

struct FileRow {
  std::optional<RowId> id;
  uint64_t key = 0;
  std::string value;
};

Result<std::vector<FileRow>> ReadFile(ObjectStore& store, const ObjectKey& key) {
  ICEFALL_ASSIGN_OR_RETURN(const std::string text, store.ReadToEnd(key, 0));
  std::vector<FileRow> rows;
  std::istringstream lines(text);
  for (std::string id, row_key, value; lines >> id >> row_key >> value;) {
    FileRow row;
    if (id != "-") row.id = RowId(std::stoull(id));
    row.key = std::stoull(row_key);
    row.value = value;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string LineOf(const NewRow& row) {
  return fmt::format("{} {} {}\n", row.id ? std::to_string(row.id->value) : "-", row.key,
                     row.value);
}

void AddInlineRows(const Snapshot& table, std::vector<StoredRow>& rows) {
  const InlineRows& stored = table.inline_rows;
  for (const InlineBatchPointer& batch : stored.batches) {
    const auto values = nlohmann::json::parse(batch->rows);
    for (uint64_t i = 0; i < batch->row_count; ++i) {
      const uint64_t position = batch->first_position + i;
      if (position < stored.floor) continue;
      if (stored.deletes && stored.deletes->Contains(position)) continue;
      StoredRow row;
      row.key = values[i][0].get<uint64_t>();
      row.value = values[i][1].get<std::string>();
      row.position = position;
      row.id = i < batch->row_ids.size() && batch->row_ids[i]
                   ? *batch->row_ids[i]
                   : RowId(batch->first_row_id.value + i);
      rows.push_back(std::move(row));
    }
  }
}

class TextFileReader : public DataFileReader {
 public:
  explicit TextFileReader(ObjectStore& store) : store_(store) {}

  Result<uint64_t> RowCount(const std::string& external_path) override {
    ICEFALL_ASSIGN_OR_RETURN(const auto rows, ReadFile(store_, external_path));
    return rows.size();
  }
  Result<DataFileFacts> ReadAll(const std::string& external_path, const Schema&,
                                bool has_row_ids) override {
    ICEFALL_ASSIGN_OR_RETURN(const auto rows, ReadFile(store_, external_path));
    DataFileFacts facts;
    facts.row_count = rows.size();
    for (const FileRow& row : rows) {
      if (has_row_ids)
        facts.row_ids.push_back(row.id ? std::optional(row.id->value) : std::nullopt);
    }
    return facts;
  }
  Result<std::optional<std::string>> FindDuplicateKey(const std::string&, const ObjectName&,
                                                      const std::vector<std::string>&) override {
    return std::nullopt;
  }
  Result<uint64_t> CountNulls(const std::string&, const ObjectName&, const std::string&) override {
    return 0;
  }
  Result<uint64_t> CountViolations(const std::string&, const ObjectName&,
                                   const std::string&) override {
    return 0;
  }
  Result<std::vector<std::string>> FindWrongIndexes(const std::string&,
                                                    const ObjectName&) override {
    return std::vector<std::string>();
  }
  Result<std::vector<DamagedDerivedFile>> FindDamagedDerivedFiles(
      const std::string&, const ObjectName&, const std::map<std::string, std::string>&,
      DerivedDepth) override {
    return std::vector<DamagedDerivedFile>();
  }

 private:
  ObjectStore& store_;
};

// Of rows that are written as one file.
Result<FragmentPointer> WriteRows(Transaction& transaction, ObjectStore& store,
                                  const std::string& uuid, const Snapshot& table,
                                  const std::vector<NewRow>& rows) {
  ICEFALL_ASSIGN_OR_RETURN(const NewFile file, transaction.NewDataFile(uuid));
  std::string text;
  for (const NewRow& row : rows) text += LineOf(row);
  ICEFALL_RETURN_IF_ERROR(store.Put(file.external_path, text, PutCondition::IfAbsent()));
  auto fragment = std::make_shared<Fragment>();
  fragment->id = table.next_fragment_id;
  fragment->path = file.path;
  fragment->row_count = rows.size();
  fragment->size_bytes = text.size();
  fragment->schema = table.schema->id;
  fragment->first_row_id = table.next_row_id;
  fragment->has_row_ids =
      std::ranges::any_of(rows, [](const NewRow& row) { return row.id.has_value(); });
  return fragment;
}

InlineBatchPointer BatchOf(const Snapshot& table, const std::vector<NewRow>& rows) {
  auto batch = std::make_shared<InlineBatch>();
  batch->first_position = table.inline_rows.next_position;
  batch->row_count = rows.size();
  batch->schema = table.schema->id;
  for (const Field& field : table.schema->fields) batch->fields.push_back(field.id);
  auto values = nlohmann::json::array();
  for (const NewRow& row : rows) {
    auto value = nlohmann::json::array({row.key, row.value});
    while (value.size() < batch->fields.size()) value.push_back(nullptr);
    values.push_back(std::move(value));
    batch->row_ids.push_back(row.id);
  }
  batch->rows = values.dump();
  batch->first_row_id = table.next_row_id;
  return batch;
}

}  // namespace

Result<std::vector<StoredRow>> ReadRows(ObjectStore& store, const std::string& directory,
                                        const Snapshot& table) {
  std::vector<StoredRow> rows;
  Result<void> read;
  table.fragments.ForEach([&](const FragmentPointer& fragment) {
    if (!read) return;
    const auto file = ReadFile(store, directory + "/" + fragment->path);
    if (!file) {
      read = Fail(file.error());
      return;
    }
    for (uint64_t position = 0; position < file->size(); ++position) {
      if (fragment->deletes && fragment->deletes->Contains(position)) continue;
      const FileRow& stored = (*file)[position];
      const RowId id = stored.id.value_or(RowId(fragment->first_row_id.value + position));
      rows.push_back({stored.key, stored.value, id, fragment->id, position});
    }
  });
  ICEFALL_RETURN_IF_ERROR(read);
  AddInlineRows(table, rows);
  return rows;
}

StoredRowIdReader ReadRowIdsOf(ObjectStore& store) {
  return [&store](const std::string& external_path, const auto& visit) -> Result<void> {
    ICEFALL_ASSIGN_OR_RETURN(const auto rows, ReadFile(store, external_path));
    for (uint64_t position = 0; position < rows.size(); ++position) {
      visit(position, rows[position].id);
    }
    return {};
  };
}

std::unique_ptr<DataFileReader> MakeTextFileReader(ObjectStore& store) {
  return std::make_unique<TextFileReader>(store);
}

Result<ChangeSet> ChangeRows(Transaction& transaction, ObjectStore& store, const std::string& uuid,
                             const std::vector<StoredRow>& deleted,
                             const std::vector<NewRow>& added, bool in_file) {
  ICEFALL_ASSIGN_OR_RETURN(const SnapshotPointer table, transaction.Table(uuid));
  ChangeSet change;
  change.operation = deleted.empty() ? "insert" : added.empty() ? "delete" : "update";
  for (const StoredRow& row : deleted) {
    row.fragment ? change.deleted_rows[*row.fragment].Add(row.position)
                 : change.deleted_inline.Add(row.position);
  }
  if (added.empty()) return change;
  change.row_id_count = added.size();
  if (in_file) {
    ICEFALL_ASSIGN_OR_RETURN(auto fragment, WriteRows(transaction, store, uuid, *table, added));
    change.added_fragments.push_back(std::move(fragment));
  } else {
    change.added_inline.push_back(BatchOf(*table, added));
  }
  return change;
}

Result<ChangeSet> MoveRows(Transaction& transaction, ObjectStore& store, const std::string& uuid,
                           const std::vector<StoredRow>& rows, bool inline_only) {
  ICEFALL_ASSIGN_OR_RETURN(const SnapshotPointer table, transaction.Table(uuid));
  ChangeSet change;
  change.operation = "compact";
  change.moves_rows = true;
  std::vector<NewRow> moved;
  for (const StoredRow& row : rows) {
    if (!inline_only || !row.fragment) moved.push_back({row.key, row.value, row.id});
  }
  if (!inline_only) {
    table->fragments.ForEach(
        [&](const FragmentPointer& fragment) { change.removed_fragments.push_back(fragment->id); });
  }
  change.inline_floor = table->inline_rows.next_position;
  if (moved.empty()) return change;
  ICEFALL_ASSIGN_OR_RETURN(auto fragment, WriteRows(transaction, store, uuid, *table, moved));
  change.row_id_count = moved.size();
  change.added_fragments.push_back(std::move(fragment));
  return change;
}

}  // namespace icefall
