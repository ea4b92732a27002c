#include "session/output/output.h"

#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace icefall::output {

namespace {

constexpr std::array<std::pair<std::string_view, Format>, 6> kFormats{{
    {"table", Format::kTable},
    {"json", Format::kJson},
    {"ndjson", Format::kJsonLines},
    {"csv", Format::kCsv},
    {"tsv", Format::kTsv},
    {"arrow", Format::kArrow},
}};

Result<uint64_t> WriteRows(QueryResult& result, Format format, ByteSink& sink,
                           const Options& options) {
  switch (format) {
    case Format::kTable:
      return WriteTable(result, sink, options.width);
    case Format::kJson:
      return WriteJson(result, sink);
    case Format::kJsonLines:
      return WriteJsonLines(result, sink);
    case Format::kCsv:
      return WriteCsv(result, sink);
    case Format::kTsv:
      return WriteTsv(result, sink);
    case Format::kArrow:
      return WriteArrowStream(result, sink);
    case Format::kArrowFile:
      return WriteArrowFile(result, sink);
  }
  std::unreachable();
}

}  // namespace

Result<Format> ParseFormat(std::string_view name) {
  std::string known;
  for (const auto& [format_name, format] : kFormats) {
    if (format_name == name) return format;
    known += fmt::format("{}, ", format_name);
  }
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("unknown format '{}' (known: {}parquet)", name, known));
}

Result<uint64_t> Write(QueryResult& result, Format format, ByteSink& sink, const Options& options) {
  ICEFALL_ASSIGN_OR_RETURN(const uint64_t rows, WriteRows(result, format, sink, options));
  ICEFALL_RETURN_IF_ERROR(sink.Flush());
  return rows;
}

}  // namespace icefall::output
