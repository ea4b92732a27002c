// The kinds of data file that tables are filled from and written to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace icefall {

enum class FileFormat : uint8_t {
  kParquet,
  kArrowFile,    // IPC with a footer: .arrow, .feather
  kArrowStream,  // IPC without: .arrows
  kCsv,
  kJson,       // one array of objects
  kJsonLines,  // an object a line: .ndjson, .jsonl
  kTsv,
};

// By suffix, in either case; ".csv.gz" and ".json.gz" are what stands before ".gz". Error:
// kInvalidArgument naming the path and the known suffixes.
Result<FileFormat> FormatOfPath(std::string_view path);

// "parquet", "arrow", "arrows", "csv", "json", "ndjson", "tsv". Error: kInvalidArgument.
Result<FileFormat> ParseFileFormat(std::string_view name);

}  // namespace icefall
