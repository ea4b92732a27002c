// Reads replicas beside DuckDB's scan of several files, which opens them.
#pragma once

#include "duckdb/common/multi_file/multi_file_states.hpp"

#include "sql/replica/replica_reader.h"

namespace icefall {

// What one thread of a scan reads of a replica whose columns need nothing but to be read: what
// DuckDB does with the chunks of any file takes longer than reading many of these does, and its
// threads wait for each other wherever one goes on to the next row group.
class PlainReplicaScan {
 public:
  // `in_order`: somebody asks DuckDB's scan for the order of the rows, so it has to hand out every
  // row group.
  explicit PlainReplicaScan(bool in_order) : in_order_(in_order) {}

  // The only file of a scan that has not begun; null when there are more, or it is read in another
  // way.
  static const ReplicaReader* OnlyReader(const duckdb::MultiFileGlobalState& scan);

  // To what DuckDB's scan has come to in this thread; a reader of another kind is left to it.
  void Follow(const duckdb::MultiFileGlobalState& scan, const duckdb::MultiFileLocalState& thread);

  // The next rows. False when DuckDB's scan has to go on: in order, or with another file.
  bool Next(duckdb::ClientContext& context, duckdb::DataChunk& rows);

 private:
  const bool in_order_;
  ReplicaReader* reader_ = nullptr;  // null: nothing to read here; held by DuckDB's scan
  ReplicaReader::Task* task_ = nullptr;
  const duckdb::vector<duckdb::idx_t>* kept_ = nullptr;  // columns of the scan
};

}  // namespace icefall
