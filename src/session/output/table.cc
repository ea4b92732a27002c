// A box for people: columns as wide as their first thousand rows need, later rows cut to that.
#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "session/output/display_width.h"
#include "session/output/output.h"
#include "session/output/row_reader.h"

namespace icefall::output {

namespace {

constexpr size_t kMeasuredRowsMax = 1000;
constexpr size_t kColumnWidthMin = 5;

using Cells = std::vector<std::string>;

size_t LineWidth(const std::vector<size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), widths.size() * 3 + 1);
}

// The columns that are shown, and how.
class Layout {
 public:
  Layout(const Cells& names, std::vector<bool> right) : names_(names), right_(std::move(right)) {
    for (const auto& name : names) widths_.push_back(std::max<size_t>(1, DisplayWidth(name)));
    for (size_t c = 0; c < names.size(); ++c) shown_.push_back(c);
  }

  void Measure(const Cells& row) {
    for (size_t c = 0; c < row.size(); ++c) {
      widths_[c] = std::max(widths_[c], DisplayWidth(row[c]));
    }
  }

  // Narrows the widest columns until a line fits; then leaves out columns from the middle.
  void Fit(size_t limit) {
    if (limit == 0) return;
    while (LineWidth(ShownWidths()) > limit) {
      const auto widest =
          std::ranges::max_element(shown_, {}, [&](size_t column) { return widths_[column]; });
      if (widths_[*widest] <= kColumnWidthMin) break;
      --widths_[*widest];
    }
    while (LineWidth(ShownWidths()) + 4 > limit && LineWidth(ShownWidths()) > limit &&
           shown_.size() > 2) {
      shown_.erase(shown_.begin() + static_cast<ptrdiff_t>(shown_.size() / 2));
    }
  }

  size_t shown_count() const { return shown_.size(); }
  size_t column_count() const { return names_.size(); }

  void AppendRule(std::string_view left, std::string_view middle, std::string_view right,
                  std::string& out) const {
    out += left;
    for (size_t i = 0; i < shown_.size(); ++i) {
      if (i > 0) out += middle;
      for (size_t k = 0; k < widths_[shown_[i]] + 2; ++k) out += "─";
    }
    out += right;
    out += '\n';
  }

  void AppendRow(const Cells& row, std::string& out) const {
    for (const size_t column : shown_) {
      const std::string text = CutToWidth(row[column], widths_[column]);
      const std::string gap(widths_[column] - DisplayWidth(text), ' ');
      out += right_[column] ? fmt::format("│ {}{} ", gap, text) : fmt::format("│ {}{} ", text, gap);
    }
    out += "│\n";
  }

  const Cells& names() const { return names_; }

 private:
  std::vector<size_t> ShownWidths() const {
    std::vector<size_t> widths;
    for (const size_t column : shown_) widths.push_back(widths_[column]);
    return widths;
  }

  Cells names_;
  std::vector<bool> right_;
  std::vector<size_t> widths_;
  std::vector<size_t> shown_;
};

Cells RowText(const RowReader& reader, uint64_t row) {
  Cells cells;
  for (const auto& cell : reader.cells()) {
    std::string text;
    if (cell->IsNull(row)) {
      text = "NULL";
    } else {
      cell->AppendText(row, text);
    }
    cells.push_back(Printable(text));
  }
  return cells;
}

Layout MakeLayout(const QueryResult& result, const RowReader& reader) {
  Cells names;
  std::vector<bool> right;
  for (size_t c = 0; c < result.columns().size(); ++c) {
    names.push_back(Printable(result.columns()[c].name));
    right.push_back(IsNumber(reader.types()[c]));
  }
  return Layout(names, std::move(right));
}

std::string Footer(uint64_t rows, const Layout& layout) {
  std::string text = fmt::format("({} {}", rows, rows == 1 ? "row" : "rows");
  if (layout.shown_count() < layout.column_count()) {
    text += fmt::format(", {} of {} columns shown", layout.shown_count(), layout.column_count());
  }
  return text + ")\n";
}

}  // namespace

Result<uint64_t> WriteTable(QueryResult& result, ByteSink& sink, size_t width) {
  RowReader reader(result);
  Layout layout = MakeLayout(result, reader);
  std::vector<Cells> measured;
  uint64_t rows = 0;
  bool more = true;
  while (more && measured.size() < kMeasuredRowsMax) {
    ICEFALL_ASSIGN_OR_RETURN(const uint64_t count, reader.NextChunk());
    more = count > 0;
    for (uint64_t row = 0; row < count; ++row) {
      measured.push_back(RowText(reader, row));
      layout.Measure(measured.back());
    }
    rows += count;
  }
  layout.Fit(width);

  std::string text;
  layout.AppendRule("┌", "┬", "┐", text);
  layout.AppendRow(layout.names(), text);
  layout.AppendRule("├", "┼", "┤", text);
  for (const Cells& row : measured) layout.AppendRow(row, text);
  while (more) {
    ICEFALL_RETURN_IF_ERROR(sink.Write(text));
    text.clear();
    ICEFALL_ASSIGN_OR_RETURN(const uint64_t count, reader.NextChunk());
    more = count > 0;
    for (uint64_t row = 0; row < count; ++row) layout.AppendRow(RowText(reader, row), text);
    rows += count;
  }
  layout.AppendRule("└", "┴", "┘", text);
  text += Footer(rows, layout);
  ICEFALL_RETURN_IF_ERROR(sink.Write(text));
  return rows;
}

}  // namespace icefall::output
