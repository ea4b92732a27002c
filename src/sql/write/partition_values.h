// The partition that a row belongs to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"

#include "sql/icefall_table_entry.h"
#include "table/schema.h"

namespace icefall {

// One text per field of the spec, absent for NULL.
using PartitionTuple = std::vector<std::optional<std::string>>;

// Computes the transforms of a partition spec. Texts: identity is the cast to VARCHAR; year is
// "2024", month "2024-05", day "2024-05-01", hour "2024-05-01-07" (UTC); bucket is the number of
// the bucket; truncate is the cut value's cast to VARCHAR. Const calls are safe from all threads.
class PartitionValues {
 public:
  // Throws NotImplementedException for a transform of a type that it is not defined for.
  PartitionValues(const IcefallTableEntry& table, const PartitionSpec& spec);

  bool partitioned() const { return !fields_.empty(); }

  struct Group {
    PartitionTuple values;
    std::vector<duckdb::sel_t> rows;  // ascending
  };
  // The rows of a chunk of stored columns by partition; no group is empty.
  std::vector<Group> Split(duckdb::DataChunk& rows) const;

  // "region=x/ts_day=2024-05-01", names and values percent-encoded; for people and tools that list
  // files, the values are recorded with the fragment. Empty when there are too many bytes to name.
  std::string Folder(const PartitionTuple& values) const;

  // Equal texts for equal tuples only.
  static std::string Key(const PartitionTuple& values);

 private:
  enum class Transform : uint8_t { kIdentity, kYear, kMonth, kDay, kHour, kBucket, kTruncate };
  struct Column {
    std::string name;  // of the partition field
    size_t column;     // of the stored ones
    Transform transform;
    uint64_t parameter;  // of kBucket and kTruncate
  };
  // The values of one field in a chunk: row r has texts[codes[r]].
  struct Codes {
    std::vector<uint32_t> codes;
    std::vector<std::optional<std::string>> texts;
  };
  static Codes TextCodes(duckdb::Vector& texts, size_t count);
  static Codes TimeCodes(duckdb::Vector& source, size_t count, Transform transform);
  static Codes ValueCodes(duckdb::Vector& source, size_t count, const Column& field);

  static Column Parse(const IcefallTableEntry& table, const PartitionField& field);

  std::vector<Column> fields_;
};

}  // namespace icefall
