// Where the columns of a Parquet file are (github.com/apache/parquet-format), for reading single
// values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace icefall {

enum class ParquetType : uint8_t {
  kBoolean = 0,
  kInt32 = 1,
  kInt64 = 2,
  kInt96 = 3,
  kFloat = 4,
  kDouble = 5,
  kByteArray = 6,
  kFixedByteArray = 7,
};

enum class ParquetCodec : int32_t { kNone = 0, kSnappy = 1 };  // and others

// One that is stored: a leaf of the schema.
struct ParquetColumn {
  ParquetType type = ParquetType::kBoolean;
  bool is_optional = false;
  std::optional<int32_t> converted_type;  // ConvertedType of the format
  std::optional<int32_t> scale;           // of decimals
  std::optional<int32_t> field_id;        // absent also for a part of a nested column
};

// A column's bytes in a row group.
struct ParquetChunkPlace {
  uint64_t begin = 0;
  uint64_t size_bytes = 0;
  ParquetCodec codec = ParquetCodec::kNone;
  std::optional<uint64_t> null_count;  // by its statistics
  bool has_dictionary = false;         // of some of the values at least
};

struct ParquetRowGroup {
  uint64_t first_row = 0;
  uint64_t row_count = 0;
  std::vector<ParquetChunkPlace> chunks;  // by column
};

struct ParquetFooter {
  std::string created_by;  // what wrote the file, as it calls itself
  std::vector<ParquetColumn> columns;
  std::vector<ParquetRowGroup> row_groups;
};

// Of the whole file's bytes; every chunk lies within them. Errors: kCorruption; kUnsupported for a
// file that is encrypted, or has its data in others.
Result<ParquetFooter> ReadParquetFooter(std::string_view file);

}  // namespace icefall
