// Rows of tables made by CreateTable of sample_database.h, read and changed below SQL. A data file
// is text here: a line per row, with its id (or '-'), key and value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "database/database.h"
#include "maintenance/data_file_reader.h"

namespace icefall {

struct StoredRow {
  uint64_t key = 0;
  std::string value;
  RowId id;
  std::optional<FragmentId> fragment;  // absent: inline
  uint64_t position = 0;
};

// The live rows as the snapshot has them. `directory`: of the table.
Result<std::vector<StoredRow>> ReadRows(ObjectStore& store, const std::string& directory,
                                        const Snapshot& table);

// The row ids of such files, for DatabaseOptions.
StoredRowIdReader ReadRowIdsOf(ObjectStore& store);

// What check asks of such files.
std::unique_ptr<DataFileReader> MakeTextFileReader(ObjectStore& store);

struct NewRow {
  uint64_t key = 0;
  std::string value;
  std::optional<RowId> id;  // of the row that it is a new version of
};

// The change that deletes and adds rows; those added travel inline, or in a new file.
Result<ChangeSet> ChangeRows(Transaction& transaction, ObjectStore& store, const std::string& uuid,
                             const std::vector<StoredRow>& deleted,
                             const std::vector<NewRow>& added, bool in_file);

// All rows below the floor and of the fragments to one new file.
Result<ChangeSet> MoveRows(Transaction& transaction, ObjectStore& store, const std::string& uuid,
                           const std::vector<StoredRow>& rows, bool inline_only);

}  // namespace icefall
