#include "cli/schema_argument.h"

#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/standard_input.h"
#include "session/identifier.h"

namespace icefall::cli {

namespace {

using nlohmann::json;

constexpr std::array<std::pair<std::string_view, std::string_view>, 22> kArrowTypes{{
    {"bool", "BOOLEAN"},     {"int8", "TINYINT"},        {"int16", "SMALLINT"},
    {"int32", "INTEGER"},    {"int64", "BIGINT"},        {"uint8", "UTINYINT"},
    {"uint16", "USMALLINT"}, {"uint32", "UINTEGER"},     {"uint64", "UBIGINT"},
    {"float32", "FLOAT"},    {"float64", "DOUBLE"},      {"float", "FLOAT"},
    {"double", "DOUBLE"},    {"utf8", "VARCHAR"},        {"large_utf8", "VARCHAR"},
    {"string", "VARCHAR"},   {"binary", "BLOB"},         {"large_binary", "BLOB"},
    {"date32", "DATE"},      {"timestamp", "TIMESTAMP"}, {"timestamptz", "TIMESTAMPTZ"},
    {"date64", "DATE"},
}};

std::string SqlType(const std::string& name) {
  for (const auto& [arrow, sql] : kArrowTypes) {
    if (arrow == name) return std::string(sql);
  }
  return name;
}

std::unexpected<Error> Wrong(std::string message) {
  return Fail(ErrorCode::kInvalidArgument, "--schema: " + std::move(message));
}

Result<std::string> ColumnFromJson(const json& column) {
  const bool complete = column.is_object() && column.contains("name") &&
                        column["name"].is_string() && column.contains("type") &&
                        column["type"].is_string();
  if (!complete) {
    return Wrong(
        fmt::format("expected a column with \"name\" and \"type\", found {}", column.dump()));
  }
  const bool nullable = column.value("nullable", true);
  return fmt::format("{} {}{}", QuoteIdentifier(column["name"].get<std::string>()),
                     SqlType(column["type"].get<std::string>()), nullable ? "" : " NOT NULL");
}

Result<std::string> ColumnListFromJson(const std::string& text) {
  const json schema = json::parse(text, nullptr, false);
  if (schema.is_discarded()) return Wrong("the JSON does not parse");
  const json& columns = schema.is_object() && schema.contains("columns")  ? schema["columns"]
                        : schema.is_object() && schema.contains("fields") ? schema["fields"]
                                                                          : schema;
  if (!columns.is_array() || columns.empty()) {
    return Wrong("expected an array \"columns\" with at least one column");
  }
  std::string list;
  for (const json& column : columns) {
    ICEFALL_ASSIGN_OR_RETURN(const std::string text_of_column, ColumnFromJson(column));
    list += (list.empty() ? "" : ", ") + text_of_column;
  }
  return list;
}

Result<std::map<std::string, std::string>> TypesFromJson(std::string_view text) {
  const json types = json::parse(text, nullptr, false);
  std::map<std::string, std::string> parsed;
  if (types.is_object()) {
    for (const auto& [name, type] : types.items()) {
      if (!type.is_string()) break;
      parsed[name] = SqlType(type.get<std::string>());
    }
    if (parsed.size() == types.size()) return parsed;
  }
  return Fail(ErrorCode::kInvalidArgument, "--types: expected a JSON object of names and types");
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<std::string> ColumnListFromSchema(const std::string& schema) {
  if (schema.ends_with(".json")) {
    ICEFALL_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(schema));
    return ColumnListFromJson(text);
  }
  if (schema.starts_with('{') || schema.starts_with('[')) return ColumnListFromJson(schema);
  return schema;
}

Result<std::map<std::string, std::string>> ParseTypes(std::string_view text) {
  if (text.starts_with('{')) return TypesFromJson(text);
  std::map<std::string, std::string> types;
  size_t begin = 0;
  int depth = 0;
  for (size_t i = 0; i <= text.size() && !text.empty(); ++i) {
    if (i < text.size() && text[i] == '(') ++depth;
    if (i < text.size() && text[i] == ')') --depth;
    if (i < text.size() && (text[i] != ',' || depth > 0)) continue;
    const std::string_view pair = text.substr(begin, i - begin);
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || Trim(pair.substr(0, equals)).empty()) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("--types: expected name=type, found '{}'", pair));
    }
    types[std::string(Trim(pair.substr(0, equals)))] =
        SqlType(std::string(Trim(pair.substr(equals + 1))));
    begin = i + 1;
  }
  return types;
}

}  // namespace icefall::cli
