#include "tests/sqllogic/values.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "duckdb/common/crypto/md5.hpp"
#include "duckdb/main/database.hpp"

#include "tests/sqllogic/text.h"

namespace icefall::sqllogic {
namespace {

constexpr const char* kRegex = "<REGEX>:";
constexpr const char* kNotRegex = "<!REGEX>:";

std::string SpellValue(duckdb::Connection& connection, const duckdb::Value& value,
                       const duckdb::LogicalType& type, bool floats_as_integers) {
  if (value.IsNull()) return "NULL";
  const bool is_float = type.id() == duckdb::LogicalTypeId::DOUBLE ||
                        type.id() == duckdb::LogicalTypeId::FLOAT ||
                        type.id() == duckdb::LogicalTypeId::DECIMAL;
  if (floats_as_integers && is_float) {
    return value.CastAs(*connection.context, duckdb::LogicalType::BIGINT).ToString();
  }
  if (type.id() == duckdb::LogicalTypeId::BOOLEAN) {
    return duckdb::BooleanValue::Get(value) ? "1" : "0";
  }
  const auto text = value.CastAs(*connection.context, duckdb::LogicalType::VARCHAR).ToString();
  if (text.empty()) return "(empty)";
  return ReplaceAll(text, std::string_view("\0", 1), "\\0");
}

// Null when the text is no value of the type.
bool TryParse(duckdb::Connection& connection, const duckdb::LogicalType& type,
              const std::string& text, duckdb::Value& value) {
  if (text == "NULL") {
    value = duckdb::Value(type);
    return true;
  }
  value = duckdb::Value(text);
  return value.TryCastAs(*connection.context, type);
}

bool SameTruth(const std::string& found, const std::string& expected) {
  const auto truth = [](const std::string& text) {
    const std::string lower = Lower(text);
    if (lower == "true" || lower == "1") return 1;
    return lower == "false" || lower == "0" ? 0 : -1;
  };
  return truth(found) >= 0 && truth(found) == truth(expected);
}

}  // namespace

std::vector<std::string> Spell(duckdb::Connection& connection,
                               duckdb::MaterializedQueryResult& result, bool floats_as_integers) {
  std::vector<std::string> values;
  for (size_t row = 0; row < result.RowCount(); ++row) {
    for (size_t column = 0; column < result.ColumnCount(); ++column) {
      values.push_back(SpellValue(connection, result.GetValue(column, row), result.types[column],
                                  floats_as_integers));
    }
  }
  return values;
}

void Sort(SortMode mode, std::vector<std::string>& values, size_t columns) {
  if (mode == SortMode::kNone || columns == 0) return;
  if (mode == SortMode::kValues) {
    std::ranges::sort(values);
    return;
  }
  if (values.size() % columns != 0) throw std::runtime_error("values do not divide into rows");
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < values.size(); i += columns) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(i);
    rows.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(columns));
  }
  std::ranges::sort(rows);
  values.clear();
  for (auto& row : rows) values.insert(values.end(), row.begin(), row.end());
}

std::string HashOf(const std::vector<std::string>& values) {
  duckdb::MD5Context md5;
  for (const auto& value : values) {
    md5.Add(value);
    md5.Add("\n");
  }
  return std::to_string(values.size()) + " values hashing to " + md5.FinishHex();
}

bool IsHash(const std::string& text) {
  const auto words = Words(text);
  return words.size() == 5 && words[1] == "values" && words[2] == "hashing" && words[3] == "to" &&
         words[4].size() == 32 &&
         std::ranges::all_of(words[0], [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool IsRegex(const std::string& expected) {
  return expected.starts_with(kRegex) || expected.starts_with(kNotRegex);
}

bool MatchesRegex(duckdb::Connection& connection, const std::string& text,
                  const std::string& expected) {
  const bool wanted = expected.starts_with(kRegex);
  const std::string pattern = ReplaceAll(ReplaceAll(expected, kRegex, ""), kNotRegex, "");
  // A connection of its own: the script's may be in a transaction that has failed.
  duckdb::Connection side(*connection.context->db);
  const auto answer = side.Query("SELECT regexp_full_match($1, $2, 's')", duckdb::Value(text),
                                 duckdb::Value(pattern));
  if (answer->HasError()) throw std::runtime_error(pattern + ": " + answer->GetError());
  auto& rows = answer->Cast<duckdb::MaterializedQueryResult>();
  return rows.GetValue(0, 0).GetValue<bool>() == wanted;
}

bool Matches(duckdb::Connection& connection, const duckdb::LogicalType& type,
             const std::string& found, const std::string& expected) {
  if (found == expected) return true;
  if (IsRegex(expected) && MatchesRegex(connection, found, expected)) return true;
  if (type.id() == duckdb::LogicalTypeId::BOOLEAN) return SameTruth(found, expected);
  if (!type.IsNumeric()) return false;
  duckdb::Value left;
  duckdb::Value right;
  return TryParse(connection, type, found, left) && TryParse(connection, type, expected, right) &&
         duckdb::Value::ValuesAreEqual(*connection.context, left, right);
}

std::vector<std::string> ReadExpectedFile(const std::string& path,
                                          const duckdb::vector<duckdb::string>& columns) {
  std::string types;
  for (const auto& column : columns) {
    types += (types.empty() ? "" : ", ") + duckdb::KeywordHelper::WriteQuoted(column, '"') +
             " := 'VARCHAR'";
  }
  duckdb::DuckDB database(nullptr);
  duckdb::Connection connection(database);
  const auto result = connection.Query("FROM read_csv(" + duckdb::Value(path).ToSQLString() +
                                       ", header=1, sep='|', auto_detect=false, columns="
                                       "struct_pack(" +
                                       types + "))");
  if (result->HasError()) throw std::runtime_error(result->GetError());
  std::vector<std::string> values;
  for (size_t row = 0; row < result->RowCount(); ++row) {
    for (size_t column = 0; column < result->ColumnCount(); ++column) {
      values.push_back(result->GetValue(column, row).ToString());
    }
  }
  return values;
}

}  // namespace icefall::sqllogic
