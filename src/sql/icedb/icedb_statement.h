// What one statement does to an attached icedb table: rows that go, rows that come. They are
// gathered, and data files written when the statement has all of them: each file that loses rows
// anew, without them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "duckdb/common/types/column/column_data_collection.hpp"

#include "format/deletion_vector.h"
#include "sql/icedb/file_writer.h"
#include "sql/icedb/table_view.h"
#include "sql/write/returned_rows.h"

namespace icefall {

class IcedbCatalog;
class IcedbTableEntry;
struct IcedbWriting;

// Positions of rows by file of a view.
using RowPlaces = std::map<uint64_t, DeletionVector>;

// Calls throw. For one thread.
class IcedbStatement {
 public:
  // `operation`: "update", for messages.
  IcedbStatement(duckdb::ClientContext& context, IcedbCatalog& catalog,
                 std::shared_ptr<IcedbTableEntry> table, std::string operation);

  const IcedbView& view() const;
  // Throws where the log contradicts itself about a column, so that rows have no certain types.
  void RequireFitting() const;

  // The row goes. False when it was to go before: a row that a join found twice goes once.
  bool Delete(uint64_t file, uint64_t position);
  // Rows of the view's columns come.
  void Insert(duckdb::DataChunk& rows);
  // So do these, each from the file of that number.
  void Update(duckdb::DataChunk& rows, const std::vector<uint64_t>& files);

  // Adds rows as they are in the files.
  void ReturnRows(const RowPlaces& places, ReturnedRows& returned);

  // Writes the files and hands them to the transaction; last.
  void Apply();

 private:
  // A file, and rows of it.
  struct Touched {
    const IcedbView::File* file;
    std::unique_ptr<duckdb::ColumnDataCollection> positions;
  };
  Touched Touch(uint64_t file, const DeletionVector& positions) const;
  std::string JoinPositions(const Touched& touched, const char* join) const;
  void Append(duckdb::DataChunk& rows, duckdb::Vector& old_partitions);
  NamedRows NewRows() const;
  const IcedbWriting& writing() const;
  void CheckKeys() const;
  std::string PartitionSql() const;

  duckdb::ClientContext& context_;
  IcedbCatalog& catalog_;
  const std::shared_ptr<IcedbTableEntry> table_;
  const std::string operation_;
  RowPlaces deleted_;
  // The view's columns, and where an updated row was; NULL for a new one.
  std::unique_ptr<duckdb::ColumnDataCollection> rows_;
  bool has_new_ = false;
  bool has_updated_ = false;
};

}  // namespace icefall
