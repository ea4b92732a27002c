// What a replica holds of a data file: its columns as the file was written, and in which order.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "duckdb/common/multi_file/multi_file_data.hpp"
#include "duckdb/main/client_context.hpp"

#include "sql/icefall_table_entry.h"

namespace icefall {

struct ReplicaColumns {
  // Columns of FileAsWritten, virtual ones included where the file stores row ids.
  duckdb::vector<duckdb::column_t> columns;
  // Fields of the file that a replica does not hold, because DuckDB's own format is not known to
  // give back what Parquet gave: whoever wants them reads the Parquet file.
  std::vector<FieldId> left_out;
};

// Of the fragment's file. Throws where the snapshot lacks the schema that it was written under.
ReplicaColumns ColumnsOfReplica(const Snapshot& snapshot, const Fragment& fragment);

// All rows of the fragment's file, deleted ones too, under the schema that it was written under,
// and never from a replica. Only for reading in the same statement.
TableEntryPointer FileAsWritten(const IcefallTableEntry& table, const FragmentPointer& fragment);

// As DuckDB maps them to the table's. Immutable, and the same for as long as there is the replica.
struct ReplicaLayout {
  ReplicaColumns columns;
  duckdb::vector<duckdb::MultiFileColumnDefinition> definitions;  // one for each of columns.columns
  duckdb::vector<duckdb::LogicalType> types;                      // of these
  std::unordered_map<int32_t, size_t> places;  // in these, of fields by their ids
};

ReplicaLayout LayoutOfReplica(duckdb::ClientContext& context, const Snapshot& snapshot,
                              const Fragment& fragment);

}  // namespace icefall
