// Appends an Arrow batch made by hand to a table, and reads the table as Arrow batches. Programs
// that use an Arrow library import and export these structs with it.
//
//   arrow_batches DIRECTORY
#include <array>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include <icefalldb/icefalldb.h>

namespace {

using icefalldb::Database;
using icefalldb::Result;

// One batch with one column "n" of 64-bit integers, as a stream. Lives as long as the process, so
// its release functions have nothing to free.
class Numbers {
 public:
  explicit Numbers(std::vector<int64_t> values) : values_(std::move(values)) {}

  ArrowArrayStream Stream() {
    return {.get_schema = GetSchema,
            .get_next = GetNext,
            .get_last_error = [](ArrowArrayStream*) -> const char* { return nullptr; },
            .release = [](ArrowArrayStream* stream) { stream->release = nullptr; },
            .private_data = this};
  }

 private:
  static Numbers& Of(ArrowArrayStream* stream) {
    return *static_cast<Numbers*>(stream->private_data);
  }
  static ArrowSchema Schema(const char* format, const char* name) {
    return {.format = format,
            .name = name,
            .metadata = nullptr,
            .flags = ARROW_FLAG_NULLABLE,
            .n_children = 0,
            .children = nullptr,
            .dictionary = nullptr,
            .release = [](ArrowSchema* schema) { schema->release = nullptr; },
            .private_data = nullptr};
  }
  static ArrowArray Array(int64_t length, int64_t buffer_count, const void** buffers) {
    return {.length = length,
            .null_count = 0,
            .offset = 0,
            .n_buffers = buffer_count,
            .n_children = 0,
            .buffers = buffers,
            .children = nullptr,
            .dictionary = nullptr,
            .release = [](ArrowArray* array) { array->release = nullptr; },
            .private_data = nullptr};
  }
  static int GetSchema(ArrowArrayStream* stream, ArrowSchema* out) {
    Numbers& numbers = Of(stream);
    numbers.column_schema_ = Schema("l", "n");
    *out = Schema("+s", "");
    out->n_children = 1;
    out->children = &numbers.column_schema_pointer_;
    return 0;
  }
  static int GetNext(ArrowArrayStream* stream, ArrowArray* out) {
    Numbers& numbers = Of(stream);
    if (numbers.done_) {
      *out = {};
      return 0;
    }
    numbers.done_ = true;
    const auto length = static_cast<int64_t>(numbers.values_.size());
    numbers.column_buffers_ = {nullptr, numbers.values_.data()};
    numbers.column_ = Array(length, 2, numbers.column_buffers_.data());
    *out = Array(length, 1, numbers.batch_buffers_.data());
    out->n_children = 1;
    out->children = &numbers.column_pointer_;
    return 0;
  }

  std::vector<int64_t> values_;
  bool done_ = false;
  ArrowSchema column_schema_{};
  ArrowSchema* column_schema_pointer_ = &column_schema_;
  ArrowArray column_{};
  ArrowArray* column_pointer_ = &column_;
  std::array<const void*, 2> column_buffers_{};
  std::array<const void*, 1> batch_buffers_{};
};

// Adds up the first column of every batch.
Result<int64_t> Sum(Database& database, const std::string& sql) {
  auto result = database.Query(sql);
  if (!result) return std::unexpected(result.error());
  ArrowArrayStream stream;
  std::move(*result).ExportArrow(&stream);
  int64_t sum = 0;
  for (;;) {
    ArrowArray batch;
    if (stream.get_next(&stream, &batch) != 0) {
      icefalldb::Error error{icefalldb::ErrorCode::kUnavailable, stream.get_last_error(&stream)};
      stream.release(&stream);
      return std::unexpected(error);
    }
    if (batch.release == nullptr) break;
    const auto* numbers = static_cast<const int64_t*>(batch.children[0]->buffers[1]);
    for (int64_t i = 0; i < batch.length; ++i) sum += numbers[i];
    batch.release(&batch);
  }
  stream.release(&stream);
  return sum;
}

Result<void> Run(const std::string& directory) {
  auto database = Database::Open(directory, {.create_if_missing = true});
  if (!database) return std::unexpected(database.error());
  auto made = database->Execute("CREATE TABLE numbers (n BIGINT)");
  if (!made) return std::unexpected(made.error());

  Numbers numbers({1, 2, 3, 36});
  ArrowArrayStream stream = numbers.Stream();
  auto appended = database->Append("numbers", &stream);
  if (!appended) return std::unexpected(appended.error());
  std::cout << "appended " << *appended << " rows\n";

  auto sum = Sum(*database, "SELECT n FROM numbers");
  if (!sum) return std::unexpected(sum.error());
  std::cout << "sum " << *sum << '\n';

  auto fragments = database->Fragments("numbers");
  if (!fragments) return std::unexpected(fragments.error());
  std::cout << "data files " << fragments->size() << '\n';
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: arrow_batches DIRECTORY\n";
    return 2;
  }
  if (const auto done = Run(argv[1]); !done) {
    std::cerr << "arrow_batches: " << done.error().message << '\n';
    return 1;
  }
  return 0;
}
