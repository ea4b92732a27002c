// Results in the formats that front ends print and write.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "session/output/byte_sink.h"
#include "session/query_result.h"

namespace icefall::output {

enum class Format : uint8_t { kTable, kJson, kJsonLines, kCsv, kTsv, kArrow, kArrowFile };

// "table", "json", "ndjson", "csv", "tsv", "arrow". Error: kInvalidArgument listing the names.
// ("parquet" is written by Session::CopyToParquet.)
Result<Format> ParseFormat(std::string_view name);

struct Options {
  // kTable: columns of the terminal; 0 for no limit.
  size_t width = 0;
};

// Writes all rows of the result, without holding more than some thousand of them, and flushes;
// answers their number. Errors: those of the statement and of the sink; what was written stays.
Result<uint64_t> Write(QueryResult& result, Format format, ByteSink& sink,
                       const Options& options = {});

// The formats one by one, see docs/cli.md for their rules.
Result<uint64_t> WriteTable(QueryResult& result, ByteSink& sink, size_t width);
Result<uint64_t> WriteJson(QueryResult& result, ByteSink& sink);
Result<uint64_t> WriteJsonLines(QueryResult& result, ByteSink& sink);
Result<uint64_t> WriteCsv(QueryResult& result, ByteSink& sink);
Result<uint64_t> WriteTsv(QueryResult& result, ByteSink& sink);
Result<uint64_t> WriteArrowStream(QueryResult& result, ByteSink& sink);
Result<uint64_t> WriteArrowFile(QueryResult& result, ByteSink& sink);

}  // namespace icefall::output
