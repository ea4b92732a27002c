#include "session/arrow/arrow_input.h"

#include "duckdb/common/arrow/arrow_wrapper.hpp"
#include "duckdb/function/table/arrow.hpp"
#include "duckdb/main/relation.hpp"

#include "session/duckdb_result.h"

namespace icefall {

namespace {

using duckdb::ArrowArrayStreamWrapper;

// DuckDB asks for a stream per scan; there is one, and its first reader takes it.
duckdb::unique_ptr<ArrowArrayStreamWrapper> Produce(uintptr_t source,
                                                    duckdb::ArrowStreamParameters&) {
  auto* stream = reinterpret_cast<ArrowArrayStream*>(source);
  if (stream->release == nullptr) {
    throw duckdb::InvalidInputException("an Arrow stream can be read once only");
  }
  auto wrapper = duckdb::make_uniq<ArrowArrayStreamWrapper>();
  wrapper->arrow_array_stream = *stream;
  wrapper->number_of_rows = -1;
  stream->release = nullptr;
  return wrapper;
}

void GetSchema(ArrowArrayStream* stream, ArrowSchema& schema) {
  if (stream->get_schema(stream, &schema) != 0) {
    const char* reason = stream->get_last_error(stream);
    throw duckdb::InvalidInputException("the schema of the Arrow stream cannot be read: %s",
                                        reason ? reason : "no reason given");
  }
}

}  // namespace

ArrowInput::ArrowInput(duckdb::Connection& connection, ArrowArrayStream* stream)
    : connection_(connection), stream_(*stream) {
  stream->release = nullptr;
}

ArrowInput::~ArrowInput() {
  connection_.Query("DROP VIEW IF EXISTS " + std::string(kViewName));
  if (stream_.release != nullptr) stream_.release(&stream_);
}

Result<void> ArrowInput::Bind() {
  return CatchDuckdb([&] {
    const auto pointer = [](auto* target) {
      return duckdb::Value::POINTER(reinterpret_cast<uintptr_t>(target));
    };
    connection_
        .TableFunction("arrow_scan", {pointer(&stream_), pointer(&Produce), pointer(&GetSchema)})
        ->CreateView("icefall_input", true, true);
  });
}

}  // namespace icefall
