// One JSON array of objects, a row a line; or a JSON object per line without the array.
#include <string>
#include <string_view>
#include <vector>

#include "session/output/json_text.h"
#include "session/output/output.h"
#include "session/output/row_reader.h"

namespace icefall::output {

namespace {

// `"name":` per column. Equal names get _1, _2, … as an object cannot hold a key twice.
std::vector<std::string> Keys(QueryResult& result) {
  duckdb::vector<std::string> names;
  for (const auto& column : result.columns()) names.push_back(column.name);
  duckdb::QueryResult::DeduplicateColumns(names);
  std::vector<std::string> keys;
  for (const auto& name : names) {
    keys.emplace_back();
    AppendJsonString(name, keys.back());
    keys.back() += ':';
  }
  return keys;
}

struct Punctuation {
  std::string_view begin, between, end;
};

Result<uint64_t> WriteObjects(QueryResult& result, ByteSink& sink, const Punctuation& mark) {
  const std::vector<std::string> keys = Keys(result);
  RowReader reader(result);
  uint64_t rows = 0;
  std::string text(mark.begin);
  for (;;) {
    ICEFALL_ASSIGN_OR_RETURN(const uint64_t count, reader.NextChunk());
    if (count == 0) break;
    for (uint64_t row = 0; row < count; ++row) {
      if (rows++ > 0) text += mark.between;
      text += '{';
      for (size_t c = 0; c < keys.size(); ++c) {
        if (c > 0) text += ',';
        text += keys[c];
        reader.cells()[c]->AppendJson(row, text);
      }
      text += '}';
    }
    ICEFALL_RETURN_IF_ERROR(sink.Write(text));
    text.clear();
  }
  text += rows == 0 && mark.between == "\n" ? "" : mark.end;
  ICEFALL_RETURN_IF_ERROR(sink.Write(text));
  return rows;
}

}  // namespace

Result<uint64_t> WriteJson(QueryResult& result, ByteSink& sink) {
  return WriteObjects(result, sink, {"[", ",\n", "]\n"});
}

Result<uint64_t> WriteJsonLines(QueryResult& result, ByteSink& sink) {
  return WriteObjects(result, sink, {"", "\n", "\n"});
}

}  // namespace icefall::output
