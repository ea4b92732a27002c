#include "tests/sqllogic/result_check.h"

#include <algorithm>
#include <utility>

#include "tests/sqllogic/text.h"
#include "tests/sqllogic/values.h"

namespace icefall::sqllogic {
namespace {

// Errors that no script may expect: the first is DuckDB's own verification, the second a defect.
bool IsNeverExpected(const std::string& error) {
  return error.find("differs from original result!") != std::string::npos ||
         error.find("INTERNAL") != std::string::npos;
}

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string Show(const std::vector<std::string>& values, size_t columns) {
  constexpr size_t kShown = 40;
  std::string text;
  for (size_t i = 0; i < std::min(values.size(), kShown); ++i) {
    text += values[i] + (columns > 0 && (i + 1) % columns == 0 ? "\n" : "\t");
  }
  return text + (values.size() > kShown ? "…\n" : "");
}

struct Expected {
  std::vector<std::string> values;
  std::string problem;
};

// The expected lines are a value each, or a row each with tabs between its values.
Expected SplitRows(const Record& record, std::vector<std::string> lines, size_t columns,
                   size_t rows) {
  bool row_wise = columns > 1 && lines.size() == rows;
  if (!row_wise) {
    row_wise = std::ranges::all_of(lines, [](const auto& line) { return Contains(line, "\t"); });
  }
  const size_t expected_rows = row_wise ? lines.size() : lines.size() / columns;
  if (!row_wise && lines.size() % columns != 0) {
    return {{},
            "expected " + std::to_string(lines.size()) + " values, which are no rows of " +
                std::to_string(columns)};
  }
  if (expected_rows != rows) {
    return {{},
            "expected " + std::to_string(expected_rows) + " rows, found " + std::to_string(rows)};
  }
  if (columns != record.columns) {
    return {{},
            "expected " + std::to_string(record.columns) + " columns, found " +
                std::to_string(columns)};
  }
  if (!row_wise) return {std::move(lines), ""};
  Expected expected;
  for (const auto& line : lines) {
    const auto values = duckdb::StringUtil::Split(line, "\t");
    if (values.size() != columns) {
      return {{},
              "expected line with " + std::to_string(values.size()) + " values instead of " +
                  std::to_string(columns)};
    }
    expected.values.insert(expected.values.end(), values.begin(), values.end());
  }
  return expected;
}

std::string CompareRows(const CheckContext& context, const duckdb::MaterializedQueryResult& result,
                        const std::vector<std::string>& found,
                        const std::vector<std::string>& expected) {
  const size_t columns = result.types.size();
  for (size_t i = 0; i < found.size(); ++i) {
    const auto& type = result.types[i % columns];
    if (Matches(context.connection, type, found[i], expected[i]) ||
        Matches(context.connection, type, found[i], context.replace(expected[i]))) {
      continue;
    }
    return "row " + std::to_string(i / columns + 1) + ", column " + result.names[i % columns] +
           ": expected " + expected[i] + ", found " + found[i] + "\nfound:\n" +
           Show(found, columns);
  }
  return "";
}

std::string CompareHash(const Record& record, Labels& labels, const std::string& hash) {
  if (record.expected.size() == 1 && IsHash(record.expected[0]) && record.expected[0] != hash) {
    return "expected " + record.expected[0] + ", found " + hash;
  }
  if (!record.label.empty() && !labels.Match(record.label, hash)) {
    return "another result than the other queries labelled " + record.label;
  }
  return "";
}

}  // namespace

bool Labels::Match(const std::string& label, const std::string& hash) {
  const std::lock_guard lock(mutex_);
  return hashes_.try_emplace(label, hash).first->second == hash;
}

void Labels::Forget(const std::string& label) {
  const std::lock_guard lock(mutex_);
  hashes_.erase(label);
}

std::string CheckQuery(const Record& record, const CheckContext& context, Labels& labels,
                       duckdb::MaterializedQueryResult& result) {
  if (result.HasError()) return result.GetError();
  auto found = Spell(context.connection, result, context.original);
  Sort(record.sort, found, result.ColumnCount());
  const bool has_hash = record.expected.size() == 1 && IsHash(record.expected[0]);
  if (!record.label.empty() || has_hash ||
      (context.hash_threshold > 0 && found.size() > context.hash_threshold)) {
    const std::string problem = CompareHash(record, labels, HashOf(found));
    return problem.empty() ? "" : problem + "\n" + Show(found, result.ColumnCount());
  }
  auto lines = record.expected;
  if (lines.size() == 1 && lines[0].starts_with("<FILE>:")) {
    lines = ReadExpectedFile(context.replace(lines[0].substr(7)), result.names);
  }
  auto expected = SplitRows(record, std::move(lines), result.ColumnCount(), result.RowCount());
  if (!expected.problem.empty()) {
    return expected.problem + "\nfound:\n" + Show(found, result.ColumnCount());
  }
  std::string problem = CompareRows(context, result, found, expected.values);
  const bool ordered = Contains(Lower(record.sql), "order by");
  if (problem.empty() || !context.any_order || ordered) return problem;
  Sort(SortMode::kRows, found, result.ColumnCount());
  Sort(SortMode::kRows, expected.values, result.ColumnCount());
  return CompareRows(context, result, found, expected.values).empty() ? "" : problem;
}

std::string CheckStatement(const Record& record, const CheckContext& context,
                           duckdb::MaterializedQueryResult& result) {
  if (record.expectation == Expectation::kOk) {
    return result.HasError() ? result.GetError() : "";
  }
  if (!result.HasError()) {
    if (record.expectation != Expectation::kError) return "";
    return "succeeded although an error was expected: " + record.expected_error;
  }
  const std::string error = result.GetError();
  if (IsNeverExpected(error)) return error;
  const std::string& expected = record.expected_error;
  if (expected.empty() || Contains(error, expected) || Contains(error, context.replace(expected))) {
    return "";
  }
  if (IsRegex(expected) && MatchesRegex(context.connection, result.ToString(), expected)) return "";
  return "expected the error: " + expected + "\nfound: " + error;
}

}  // namespace icefall::sqllogic
