// TSV: fields between tabs, \\ \t \n \r escaped, \N for NULL, binary as base64, nested values as
// JSON.
//
// A reader takes an empty field for NULL unless the file holds a \N. A file with empty texts and
// no NULL would so be misread; it is closed by a line `\.`, which PostgreSQL's COPY text format has
// as its end mark, and which tells our reader that NULL is spelled out in this file.
#include <string>
#include <string_view>

#include "session/output/output.h"
#include "session/output/row_reader.h"

namespace icefall::output {

namespace {

void AppendField(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += c;
    }
  }
}

}  // namespace

Result<uint64_t> WriteTsv(QueryResult& result, ByteSink& sink) {
  RowReader reader(result, BinaryText::kBase64);
  std::string text;
  for (size_t c = 0; c < result.columns().size(); ++c) {
    if (c > 0) text += '\t';
    AppendField(result.columns()[c].name, text);
  }
  text += '\n';
  uint64_t rows = 0;
  bool has_null = false;
  bool has_empty = false;
  std::string field;
  for (;;) {
    ICEFALL_ASSIGN_OR_RETURN(const uint64_t count, reader.NextChunk());
    for (uint64_t row = 0; row < count; ++row) {
      for (size_t c = 0; c < reader.cells().size(); ++c) {
        if (c > 0) text += '\t';
        if (reader.cells()[c]->IsNull(row)) {
          has_null = true;
          text += "\\N";
          continue;
        }
        field.clear();
        reader.cells()[c]->AppendText(row, field);
        has_empty |= field.empty();
        AppendField(field, text);
      }
      text += '\n';
    }
    if (count == 0 && has_empty && !has_null) text += "\\.\n";
    ICEFALL_RETURN_IF_ERROR(sink.Write(text));
    if (count == 0) return rows;
    rows += count;
    text.clear();
  }
}

}  // namespace icefall::output
