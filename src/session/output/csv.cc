// CSV by RFC 4180 with line feeds as line ends. NULL is an empty field, an empty text is "".
#include <string>
#include <string_view>

#include "session/output/output.h"
#include "session/output/row_reader.h"

namespace icefall::output {

namespace {

void AppendField(std::string_view text, std::string& out) {
  const bool quote = text.empty() || text.find_first_of(",\"\r\n") != std::string_view::npos ||
                     text.front() == ' ' || text.back() == ' ';
  if (!quote) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

Result<uint64_t> WriteCsv(QueryResult& result, ByteSink& sink) {
  RowReader reader(result);
  std::string text;
  for (size_t c = 0; c < result.columns().size(); ++c) {
    if (c > 0) text += ',';
    AppendField(result.columns()[c].name, text);
  }
  text += '\n';
  uint64_t rows = 0;
  std::string field;
  for (;;) {
    ICEFALL_ASSIGN_OR_RETURN(const uint64_t count, reader.NextChunk());
    for (uint64_t row = 0; row < count; ++row) {
      for (size_t c = 0; c < reader.cells().size(); ++c) {
        if (c > 0) text += ',';
        if (reader.cells()[c]->IsNull(row)) continue;
        field.clear();
        reader.cells()[c]->AppendText(row, field);
        AppendField(field, text);
      }
      text += '\n';
    }
    ICEFALL_RETURN_IF_ERROR(sink.Write(text));
    if (count == 0) return rows;
    rows += count;
    text.clear();
  }
}

}  // namespace icefall::output
