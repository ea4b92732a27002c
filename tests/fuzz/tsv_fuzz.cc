// A TSV file: every line read, or an error that says where.
#include <string>
#include <vector>

#include "session/import/tsv_lines.h"
#include "tests/fuzz/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace icefall;
  const fuzz::MemoryFile file(data, size);
  auto lines = TsvLines::Open(file.path());
  if (!lines) return 0;
  std::vector<TsvField> fields;
  std::string text;
  for (;;) {
    const auto more = lines->Next(fields);
    if (!more || !*more) break;
    fuzz::Require(fields.size() == lines->names().size(), "a line with other fields than names");
    for (size_t i = 0; i < fields.size(); ++i) {
      const auto unescaped = lines->Unescape(fields[i], i, text);
      fuzz::Require(!unescaped || text.size() <= fields[i].raw.size(), "escapes that grow");
    }
  }
  fuzz::Require(lines->bytes_read() <= size, "more bytes than the file has");
  return 0;
}
