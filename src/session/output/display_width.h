// How many columns of a terminal a text takes, and cutting it to fit.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace icefall::output {

// Of valid UTF-8 without control characters. Wide characters (CJK, most emoji) count two,
// combining ones none.
size_t DisplayWidth(std::string_view text);

// The text, or its first part and "…" so that it is at most `width` wide. Width 0: "".
std::string CutToWidth(std::string_view text, size_t width);

// With control characters as escapes (\n, \t, \x1b), so that a cell stays on its line.
std::string Printable(std::string_view text);

}  // namespace icefall::output
