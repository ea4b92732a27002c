// Inline rows decoded for scanning, kept between queries.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "duckdb/common/types/column/column_data_collection.hpp"

#include "table/snapshot.h"

namespace icefall {

// The rows of all batches of a snapshot that were written under one schema, in the order of their
// positions; deleted ones and those below the floor included. Immutable and shared.
struct InlineBlock {
  std::vector<InlineBatchPointer> batches;
  std::vector<FieldId> fields;  // of the columns, in order
  std::shared_ptr<duckdb::ColumnDataCollection> rows;
  std::vector<uint64_t> positions;
  std::vector<int64_t> row_ids;
  std::vector<int64_t> sequences;
};

using InlineBlockPointer = std::shared_ptr<const InlineBlock>;

// The batches of the snapshot that have the positions; all these are of one schema.
InlineBlockPointer DecodeBatchesOf(const Snapshot& snapshot,
                                   const std::vector<uint64_t>& positions);

// Blocks by table and schema, the least recently used dropped first. Thread-safe.
class InlineBlockCache {
 public:
  // Decodes only batches that were added since the last call.
  InlineBlockPointer Get(const Snapshot& snapshot, SchemaId schema);

 private:
  // Tables times schemas that are read in turn; a block past it is decoded again.
  static constexpr size_t kBlockCountMax = 64;
  struct Entry {
    std::string table_uuid;
    SchemaId schema;
    InlineBlockPointer block;
  };

  std::mutex mutex_;
  std::list<Entry> entries_;  // newest first
};

}  // namespace icefall
