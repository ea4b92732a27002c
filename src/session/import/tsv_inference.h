// The column types of a TSV file, found by looking at every value of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "session/import/tsv_lines.h"

namespace icefall {

struct TsvShape {
  std::vector<std::string> names;
  std::vector<std::string> types;  // SQL spelling, parallel to names
  // NULL is spelled `\N` in this file, so that an empty field is an empty text.
  bool null_is_marked = false;
  // Another text that stands for NULL; none when empty.
  std::string null_text;
  uint64_t rows = 0;

  bool IsNull(TsvField field) const;
};

// The first of BOOLEAN, BIGINT, DOUBLE, DATE, TIMESTAMP, VARCHAR that every value of the column
// fits; VARCHAR when it has none. A whole number past 64 bits fits VARCHAR only, as a DOUBLE would
// lose digits. Errors: those of TsvLines.
// `step` is called every few thousand lines with the number of bytes read; its error ends it.
using TsvStep = std::function<Result<void>(uint64_t bytes_read)>;
Result<TsvShape> InferTsv(const std::string& path, std::string_view null_text = {},
                          const TsvStep& step = nullptr);

// The types that a value fits, a bit each in the order above: BOOLEAN is 1, VARCHAR 32.
uint32_t FittingKinds(std::string_view value);

}  // namespace icefall
