#include "session/import/tsv_scan.h"

#include <filesystem>

#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include <fmt/format.h>

#include "base/base64.h"
#include "session/import/tsv_lines.h"

namespace icefall {

namespace {

using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Vector;

constexpr const char* kFunctionName = "icefall_read_tsv";

struct BindData : duckdb::TableFunctionData {
  const TsvPlan* plan = nullptr;
};

// Throws what DuckDB shows for an error of the reader.
template <typename T>
T Unwrap(Result<T> result) {
  if (!result.has_value()) throw duckdb::InvalidInputException("%s", result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// The type whose cast to the column's type reads the text of a cell. Nested values are JSON.
LogicalType TextType(const LogicalType& type) {
  return type.IsNested() ? LogicalType::JSON() : LogicalType::VARCHAR;
}

struct ScanState : duckdb::GlobalTableFunctionState {
  explicit ScanState(const TsvPlan& scan_plan)
      : plan(scan_plan), lines(Unwrap(TsvLines::Open(scan_plan.path))) {
    std::error_code ignored;  // without a size there is no progress to show, nothing worse
    size_bytes = std::filesystem::file_size(plan.path, ignored);
    for (const auto& type : plan.types) text_types.push_back(TextType(type));
  }
  idx_t MaxThreads() const override { return 1; }

  const TsvPlan& plan;
  TsvLines lines;
  duckdb::vector<LogicalType> text_types;
  std::vector<TsvField> fields;
  std::string text;
  uint64_t size_bytes = 0;
};

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext&,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types,
                                              duckdb::vector<std::string>& names) {
  auto data = duckdb::make_uniq<BindData>();
  data->plan = reinterpret_cast<const TsvPlan*>(input.inputs[0].GetPointer());
  for (const auto& name : data->plan->shape.names) names.push_back(name);
  for (const auto& type : data->plan->types) types.push_back(type);
  return data;
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> Init(duckdb::ClientContext&,
                                                          duckdb::TableFunctionInitInput& input) {
  return duckdb::make_uniq<ScanState>(*input.bind_data->Cast<BindData>().plan);
}

[[noreturn]] void ThrowMisfit(const ScanState& state, uint64_t line, idx_t column,
                              std::string_view value, std::string_view reason) {
  std::string message =
      fmt::format("{}: '{}' is not a valid {}",
                  TsvLines::Place(state.plan.path, line, state.plan.shape.names[column]), value,
                  state.plan.types[column].ToString());
  if (!reason.empty()) message += fmt::format(" ({})", reason);
  throw duckdb::InvalidInputException("%s", message);
}

bool IsWhole(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// SQL's cast to an integer rounds "1.5" to 2; a file means what it says.
void RequireWholeNumbers(const ScanState& state, Vector& source, idx_t count, uint64_t first_line,
                         idx_t column) {
  const auto* data = duckdb::FlatVector::GetData<duckdb::string_t>(source);
  for (idx_t row = 0; row < count; ++row) {
    if (duckdb::FlatVector::IsNull(source, row)) continue;
    const std::string_view text(data[row].GetData(), data[row].GetSize());
    if (!IsWhole(text)) ThrowMisfit(state, first_line + row, column, text, "");
  }
}

void DecodeBase64(const ScanState& state, Vector& source, Vector& target, idx_t count,
                  uint64_t first_line, idx_t column) {
  auto* texts = duckdb::FlatVector::GetData<duckdb::string_t>(source);
  auto* bytes = duckdb::FlatVector::GetData<duckdb::string_t>(target);
  for (idx_t row = 0; row < count; ++row) {
    if (duckdb::FlatVector::IsNull(source, row)) {
      duckdb::FlatVector::SetNull(target, row, true);
      continue;
    }
    const std::string_view text(texts[row].GetData(), texts[row].GetSize());
    const auto decoded = Base64Decode(text);
    if (!decoded.has_value()) ThrowMisfit(state, first_line + row, column, text, "expected base64");
    bytes[row] = duckdb::StringVector::AddStringOrBlob(target, *decoded);
  }
}

// Casts row by row to find the one that does not fit, and throws.
[[noreturn]] void ThrowFirstMisfit(duckdb::ClientContext& context, const ScanState& state,
                                   Vector& source, idx_t count, uint64_t first_line, idx_t column) {
  for (idx_t row = 0; row < count; ++row) {
    const duckdb::Value value = source.GetValue(row);
    if (value.IsNull()) continue;
    Vector one(value);
    Vector cast(state.plan.types[column]);
    std::string reason;
    bool fits = false;
    try {
      fits = duckdb::VectorOperations::TryCast(context, one, cast, 1, &reason);
    } catch (const std::exception& exception) {
      reason = duckdb::ErrorData(exception).RawMessage();
    }
    if (!fits) {
      const bool nested = state.plan.types[column].IsNested();
      ThrowMisfit(state, first_line + row, column, value.ToString(), nested ? reason : "");
    }
  }
  throw duckdb::InvalidInputException("%s: a value of column '%s' does not fit its type",
                                      state.plan.path, state.plan.shape.names[column]);
}

void Convert(duckdb::ClientContext& context, const ScanState& state, Vector& source, Vector& target,
             idx_t count, uint64_t first_line, idx_t column) {
  const LogicalType& type = state.plan.types[column];
  if (type.id() == LogicalTypeId::VARCHAR) {
    target.Reference(source);
    return;
  }
  if (type.id() == LogicalTypeId::BLOB) {
    DecodeBase64(state, source, target, count, first_line, column);
    return;
  }
  if (type.IsIntegral()) RequireWholeNumbers(state, source, count, first_line, column);
  bool fits = false;
  try {
    std::string reason;
    fits = duckdb::VectorOperations::TryCast(context, source, target, count, &reason);
  } catch (const duckdb::Exception&) {
    fits = false;  // found again below, with its place
  }
  if (!fits) ThrowFirstMisfit(context, state, source, count, first_line, column);
}

void Scan(duckdb::ClientContext& context, duckdb::TableFunctionInput& input,
          duckdb::DataChunk& output) {
  auto& state = input.global_state->Cast<ScanState>();
  duckdb::DataChunk texts;
  texts.Initialize(context, state.text_types);
  const uint64_t first_line = state.lines.line() + 1;
  idx_t rows = 0;
  while (rows < STANDARD_VECTOR_SIZE && Unwrap(state.lines.Next(state.fields))) {
    for (idx_t c = 0; c < state.fields.size(); ++c) {
      const TsvField field = state.fields[c];
      if (state.plan.shape.IsNull(field)) {
        duckdb::FlatVector::SetNull(texts.data[c], rows, true);
        continue;
      }
      std::string_view value = field.raw;
      if (value.find('\\') != std::string_view::npos) {
        Unwrap(state.lines.Unescape(field, c, state.text));
        value = state.text;
      }
      duckdb::FlatVector::GetData<duckdb::string_t>(texts.data[c])[rows] =
          duckdb::StringVector::AddString(texts.data[c], value.data(), value.size());
    }
    ++rows;
  }
  for (idx_t c = 0; c < state.plan.types.size() && rows > 0; ++c) {
    Convert(context, state, texts.data[c], output.data[c], rows, first_line, c);
  }
  output.SetCardinality(rows);
}

double Progress(duckdb::ClientContext&, const duckdb::FunctionData*,
                const duckdb::GlobalTableFunctionState* global) {
  const auto& state = global->Cast<ScanState>();
  if (state.size_bytes == 0) return 100;
  return 100.0 * static_cast<double>(state.lines.bytes_read()) /
         static_cast<double>(state.size_bytes);
}

duckdb::unique_ptr<duckdb::NodeStatistics> Cardinality(duckdb::ClientContext&,
                                                       const duckdb::FunctionData* data) {
  const uint64_t rows = data->Cast<BindData>().plan->shape.rows;
  return duckdb::make_uniq<duckdb::NodeStatistics>(rows, rows);
}

}  // namespace

void RegisterTsvScan(duckdb::DatabaseInstance& instance) {
  duckdb::TableFunction function(kFunctionName, {LogicalType::POINTER}, Scan, Bind, Init);
  function.table_scan_progress = Progress;
  function.cardinality = Cardinality;
  duckdb::ExtensionLoader(instance, "icefall_session").RegisterFunction(std::move(function));
}

duckdb::shared_ptr<duckdb::Relation> ScanTsv(duckdb::Connection& connection, const TsvPlan& plan) {
  return connection.TableFunction(kFunctionName,
                                  {duckdb::Value::POINTER(reinterpret_cast<uintptr_t>(&plan))});
}

}  // namespace icefall
