#include "sql/time_travel.h"

#include <fmt/format.h>

#include "sql/errors.h"
#include "sql/icefall_transaction.h"

namespace icefall {

TimestampMicros ParseTime(const duckdb::Value& value) {
  duckdb::Value time;
  std::string reason;
  if (value.IsNull() || !value.DefaultTryCastAs(duckdb::LogicalType::TIMESTAMP_TZ, time, &reason) ||
      !duckdb::Value::IsFinite(duckdb::timestamp_t(duckdb::TimestampTZValue::Get(time)))) {
    throw duckdb::InvalidInputException(
        fmt::format("expected a point in time, found {}", value.ToString()));
  }
  return duckdb::TimestampTZValue::Get(time).value;
}

SnapshotPointer SnapshotAt(IcefallTransaction& transaction, std::string_view table_uuid,
                           const duckdb::BoundAtClause& at) {
  if (duckdb::StringUtil::CIEquals(at.Unit(), "timestamp")) {
    return Unwrap(transaction.engine().TableAsOf(table_uuid, ParseTime(at.GetValue())));
  }
  if (!duckdb::StringUtil::CIEquals(at.Unit(), "version")) {
    throw duckdb::BinderException(
        fmt::format("AT takes VERSION or TIMESTAMP, found {}", at.Unit()));
  }
  duckdb::Value version;
  std::string reason;
  if (at.GetValue().IsNull() ||
      !at.GetValue().DefaultTryCastAs(duckdb::LogicalType::UBIGINT, version, &reason)) {
    throw duckdb::BinderException(fmt::format(
        "AT (VERSION => ...): expected a commit number, found {}", at.GetValue().ToString()));
  }
  return Unwrap(transaction.engine().TableAt(table_uuid, Sequence(version.GetValue<uint64_t>())));
}

}  // namespace icefall
