// Arrow IPC: the stream format, and the file format with its footer.
#include <memory>
#include <string>

#include "arrow/c/bridge.h"
#include "arrow/io/interfaces.h"
#include "arrow/ipc/writer.h"
#include "arrow/record_batch.h"

#include "session/output/output.h"

namespace icefall::output {

namespace {

// Keeps the sink's own error, which says more than Arrow's.
class SinkStream : public arrow::io::OutputStream {
 public:
  explicit SinkStream(ByteSink& sink) : sink_(sink) {}

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Write(const void* data, int64_t size) override {
    const auto written = sink_.Write({static_cast<const char*>(data), static_cast<size_t>(size)});
    if (!written.has_value()) return arrow::Status::IOError(written.error().message());
    position_ += size;
    return arrow::Status::OK();
  }
  using arrow::io::OutputStream::Write;

 private:
  ByteSink& sink_;
  int64_t position_ = 0;
  bool closed_ = false;
};

Error FromArrow(const arrow::Status& status) {
  const bool io = status.IsIOError();
  return Error(io ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument, status.message());
}

template <typename MakeWriter>
Result<uint64_t> WriteBatches(QueryResult& result, ByteSink& sink, MakeWriter make_writer) {
  ArrowArrayStream stream;
  std::move(result).ExportArrow(&stream);
  auto reader = arrow::ImportRecordBatchReader(&stream);
  if (!reader.ok()) return Fail(FromArrow(reader.status()));
  SinkStream out(sink);
  auto writer = make_writer(&out, (*reader)->schema());
  if (!writer.ok()) return Fail(FromArrow(writer.status()));
  uint64_t rows = 0;
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    arrow::Status status = (*reader)->ReadNext(&batch);
    if (status.ok() && !batch) break;
    if (status.ok()) status = (*writer)->WriteRecordBatch(*batch);
    if (!status.ok()) return Fail(FromArrow(status));
    rows += static_cast<uint64_t>(batch->num_rows());
  }
  const arrow::Status closed = (*writer)->Close();
  if (!closed.ok()) return Fail(FromArrow(closed));
  return rows;
}

}  // namespace

Result<uint64_t> WriteArrowStream(QueryResult& result, ByteSink& sink) {
  return WriteBatches(result, sink, [](auto* out, const auto& schema) {
    return arrow::ipc::MakeStreamWriter(out, schema);
  });
}

Result<uint64_t> WriteArrowFile(QueryResult& result, ByteSink& sink) {
  return WriteBatches(result, sink, [](auto* out, const auto& schema) {
    return arrow::ipc::MakeFileWriter(out, schema);
  });
}

}  // namespace icefall::output
