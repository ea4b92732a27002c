#include "session/arrow/arrow_file.h"

#include <memory>

#include "arrow/buffer.h"
#include "arrow/c/bridge.h"
#include "arrow/io/file.h"
#include "arrow/ipc/reader.h"
#include "arrow/record_batch.h"
#include <fmt/format.h>

namespace icefall {

namespace {

// Arrow has a reader by position for the format with a footer; this walks it.
class FileBatches : public arrow::RecordBatchReader {
 public:
  explicit FileBatches(std::shared_ptr<arrow::ipc::RecordBatchFileReader> file)
      : file_(std::move(file)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return file_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    batch->reset();
    if (next_ == file_->num_record_batches()) return arrow::Status::OK();
    return file_->ReadRecordBatch(next_++).Value(batch);
  }

 private:
  std::shared_ptr<arrow::ipc::RecordBatchFileReader> file_;
  int next_ = 0;
};

arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> OpenReader(const std::string& path) {
  constexpr std::string_view kFooterMagic = "ARROW1";
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path));
  ARROW_ASSIGN_OR_RAISE(auto magic, file->ReadAt(0, kFooterMagic.size()));
  if (magic->ToString() == kFooterMagic) {
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchFileReader::Open(file));
    return std::make_shared<FileBatches>(std::move(reader));
  }
  ARROW_RETURN_NOT_OK(file->Seek(0));
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchStreamReader::Open(file));
  return std::shared_ptr<arrow::RecordBatchReader>(std::move(reader));
}

}  // namespace

Result<void> OpenArrowFile(const std::string& path, ArrowArrayStream* stream) {
  auto reader = OpenReader(path);
  arrow::Status status = reader.status();
  if (status.ok()) status = arrow::ExportRecordBatchReader(*reader, stream);
  if (status.ok()) return {};
  return Fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is no readable Arrow file: {}", path, status.message()));
}

}  // namespace icefall
