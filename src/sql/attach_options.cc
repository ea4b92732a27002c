#include "sql/attach_options.h"

#include <optional>

#include "duckdb/parser/qualified_name.hpp"
#include <fmt/format.h>

#include "sql/icedb/icedb_attach.h"
#include "sql/time_travel.h"

namespace icefall {
namespace {

duckdb::Value Cast(const duckdb::string& option, const duckdb::Value& value,
                   const duckdb::LogicalType& type) {
  duckdb::Value result;
  std::string reason;
  if (value.IsNull() || !value.DefaultTryCastAs(type, result, &reason)) {
    throw duckdb::InvalidInputException(fmt::format("ATTACH option {}: expected a {}, found {}",
                                                    option, type.ToString(), value.ToString()));
  }
  return result;
}

uint64_t CastToCount(const duckdb::string& option, const duckdb::Value& value) {
  return Cast(option, value, duckdb::LogicalType::UBIGINT).GetValue<uint64_t>();
}

ObjectNames ParseNames(const duckdb::string& option, const duckdb::Value& value) {
  const auto list = Cast(option, value, duckdb::LogicalType::LIST(duckdb::LogicalType::VARCHAR));
  ObjectNames names;
  for (const auto& item : duckdb::ListValue::GetChildren(list)) {
    const auto name = duckdb::QualifiedName::Parse(item.ToString());
    names.insert({name.schema.empty() ? "main" : name.schema, name.name});
  }
  return names;
}

}  // namespace

AttachRequest ParseAttachOptions(const duckdb::string& path, const duckdb::AttachOptions& options) {
  AttachRequest request;
  request.settings.location = path;
  request.database.read_only = options.access_mode == duckdb::AccessMode::READ_ONLY;
  std::optional<bool> create;
  PointInTime past;
  int past_count = 0;
  for (const auto& [name, value] : options.options) {
    const auto option = duckdb::StringUtil::Upper(name);
    if (option == "CREATE_IF_NOT_EXISTS") {
      create = Cast(option, value, duckdb::LogicalType::BOOLEAN).GetValue<bool>();
    } else if (option == "SNAPSHOT") {
      past.sequence = DatabaseSequence(CastToCount(option, value));
      ++past_count;
    } else if (option == "SNAPSHOT_TIME") {
      past.time = ParseTime(value);
      ++past_count;
    } else if (option == "INLINE_ROW_LIMIT") {
      request.settings.inline_row_limit = CastToCount(option, value);
    } else if (option == "FRAGMENT_ROW_LIMIT") {
      request.settings.fragment_row_limit = CastToCount(option, value);
    } else if (option == "TABLES") {
      request.settings.tables = ParseNames(option, value);
    } else if (option == "RESULT_CACHE") {
      request.settings.result_cache =
          Cast(option, value, duckdb::LogicalType::BOOLEAN).GetValue<bool>();
    } else if (!IsIcedbOption(option)) {
      throw duckdb::BinderException(fmt::format(
          "ATTACH option {} is unknown; an icefall database takes READ_ONLY, CREATE_IF_NOT_EXISTS, "
          "SNAPSHOT, SNAPSHOT_TIME, INLINE_ROW_LIMIT, FRAGMENT_ROW_LIMIT, TABLES and RESULT_CACHE",
          option));
    }
  }
  if (past_count > 1) {
    throw duckdb::InvalidInputException(
        "ATTACH takes one of SNAPSHOT and SNAPSHOT_TIME, found both");
  }
  if (past_count == 1) request.settings.past = past;
  request.database.read_only |= past_count == 1;
  request.database.create_if_missing = create.value_or(!request.database.read_only);
  return request;
}

}  // namespace icefall
