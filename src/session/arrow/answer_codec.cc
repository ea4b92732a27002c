#include "session/arrow/answer_codec.h"

#include <memory>

#include "arrow/buffer.h"
#include "arrow/c/bridge.h"
#include "arrow/io/memory.h"
#include "arrow/ipc/reader.h"
#include "arrow/ipc/writer.h"
#include "arrow/record_batch.h"
#include "duckdb/common/arrow/result_arrow_wrapper.hpp"

#include "session/arrow/arrow_input.h"
#include "session/duckdb_result.h"

namespace icefall {

namespace {

constexpr duckdb::idx_t kBatchRows = 65536;

arrow::Result<std::string> Write(arrow::RecordBatchReader& reader) {
  ARROW_ASSIGN_OR_RAISE(auto out, arrow::io::BufferOutputStream::Create());
  ARROW_ASSIGN_OR_RAISE(auto writer, arrow::ipc::MakeStreamWriter(out, reader.schema()));
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(reader.ReadNext(&batch));
    if (!batch) break;
    ARROW_RETURN_NOT_OK(writer->WriteRecordBatch(*batch));
  }
  ARROW_RETURN_NOT_OK(writer->Close());
  ARROW_ASSIGN_OR_RAISE(auto buffer, out->Finish());
  return buffer->ToString();
}

}  // namespace

std::optional<std::string> EncodeAnswer(duckdb::Connection& connection,
                                        const CachedAnswer& answer) {
  ArrowArrayStream stream = {};
  const auto exported = CatchDuckdb([&] {
    auto properties = connection.context->GetClientProperties();
    properties.arrow_lossless_conversion = true;
    // The wrapper deletes itself when its stream is released.
    auto* wrapper = new duckdb::ResultArrowArrayStreamWrapper(
        AsDuckdbResult(std::move(properties), answer), kBatchRows);
    stream = wrapper->stream;
    wrapper->stream.release = nullptr;
  });
  if (!exported) return std::nullopt;
  const auto reader = arrow::ImportRecordBatchReader(&stream);
  if (!reader.ok()) return std::nullopt;
  auto written = Write(**reader);
  if (!written.ok()) return std::nullopt;
  return *std::move(written);
}

CachedAnswerPointer DecodeAnswer(duckdb::Connection& connection, std::string_view bytes) {
  auto input = std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(
      reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int64_t>(bytes.size())));
  const auto reader = arrow::ipc::RecordBatchStreamReader::Open(input);
  if (!reader.ok()) return nullptr;
  const auto names = (*reader)->schema()->field_names();
  ArrowArrayStream stream = {};
  const std::shared_ptr<arrow::RecordBatchReader> batches = *reader;
  if (!arrow::ExportRecordBatchReader(batches, &stream).ok()) return nullptr;
  const auto decoded = CatchDuckdb([&]() -> CachedAnswerPointer {
    ArrowInput source(connection, &stream);
    if (!source.Bind()) return nullptr;
    const auto result = connection.Query("SELECT * FROM " + std::string(ArrowInput::kViewName));
    if (result->HasError() || result->types.size() != names.size()) return nullptr;
    auto answer = std::make_shared<CachedAnswer>(
        result->types, duckdb::vector<duckdb::string>(names.begin(), names.end()));
    while (const auto chunk = result->Fetch()) {
      if (chunk->size() == 0) break;
      answer->rows.Append(*chunk);
    }
    return answer;
  });
  return decoded ? *decoded : nullptr;
}

}  // namespace icefall
