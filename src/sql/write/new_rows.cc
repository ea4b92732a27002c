#include "sql/write/new_rows.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/allocator.hpp"
#include "duckdb/parallel/thread_context.hpp"

#include "sql/icefall_catalog.h"
#include "sql/inline_codec.h"

namespace icefall {

NewRows::NewRows(duckdb::ClientContext& context, IcefallTransaction& transaction,
                 TableEntryPointer table, StoredLineage lineage, RowOrder order, bool dense)
    : format_(context, std::move(table), lineage, dense),
      order_(order),
      inline_limit_(lineage != StoredLineage::kRowIdsAndSequences &&
                            CanInline(format_.table->definition().stored_types)
                        ? transaction.catalog().settings().inline_row_limit
                        : 0),
      writer_(context, transaction, format_),
      gathered_(format_.types) {}

NewRows::~NewRows() = default;

std::unique_ptr<NewRows::Local> NewRows::NewLocal(duckdb::ClientContext& context) {
  auto local = std::make_unique<Local>(format_);
  if (order_ == RowOrder::kBatches) NewHead(context, *local);
  return local;
}

void NewRows::NewHead(duckdb::ClientContext& context, Local& local) const {
  local.head = duckdb::make_uniq<duckdb::ColumnDataCollection>(context, format_.types);
  local.head->InitializeAppend(local.append);
}

void NewRows::Write(duckdb::ExecutionContext& context, DataFileWriter::Local& local,
                    GatheredRows& rows) {
  rows.ForEach([&](duckdb::DataChunk& chunk) {
    writer_.Append(context, local, chunk);
    return true;
  });
  rows.Clear();
}

void NewRows::Append(duckdb::ExecutionContext& context, Local& local, duckdb::DataChunk& rows) {
  local.row_count += rows.size();
  if (order_ == RowOrder::kBatches) {
    writer_.NoteTextSizes(rows);
    local.head->Append(local.append, rows);
    if (!format_.FillsRowGroup(*local.head)) return;
    if (local.held != nullptr) HandOver(context.client, local, std::move(local.held));
    local.held = std::move(local.head);
    NewHead(context.client, local);
    return;
  }
  if (local.streams) {
    writer_.Append(context, local.writer, rows);
    return;
  }
  local.gathered.Append(context.client, rows);
  if (local.gathered.Count() <= inline_limit_) return;
  local.streams = true;
  has_streamed_ = true;
  Write(context, local.writer, local.gathered);
}

void NewRows::HandOver(duckdb::ClientContext& context, Local& local, RowsPointer rows) {
  batches_.Add(context, writer_, {local.batch, local.piece++}, std::move(rows), local.batch_min);
}

void NewRows::EndBatch(duckdb::ClientContext& context, Local& local, uint64_t batch_min) {
  local.batch_min = batch_min;
  local.append = {};
  if (local.held != nullptr && !format_.NearlyFillsRowGroup(*local.head)) {
    local.held->Combine(*local.head);
    local.head = std::move(local.held);
  }
  if (local.held != nullptr) HandOver(context, local, std::move(local.held));
  HandOver(context, local, std::move(local.head));
  NewHead(context, local);
}

void NewRows::NextBatch(duckdb::ClientContext& context, Local& local, uint64_t batch,
                        uint64_t batch_min) {
  if (order_ != RowOrder::kBatches) return;
  EndBatch(context, local, batch_min);
  local.batch = batch;
  local.piece = 0;
}

void NewRows::Combine(duckdb::ExecutionContext& context, Local& local, uint64_t batch_min) {
  row_count_ += local.row_count;
  if (order_ == RowOrder::kBatches) {
    EndBatch(context.client, local, batch_min);
    return;
  }
  if (local.streams) {
    writer_.Combine(context, local.writer);
    return;
  }
  const std::lock_guard lock(mutex_);
  gathered_.Combine(context.client, local.gathered);
}

std::optional<InlineBatch> NewRows::TryInline(GatheredRows& rows) const {
  if (rows.Count() > inline_limit_) return std::nullopt;
  const auto& types = format_.table->definition().stored_types;
  InlineRowEncoder encoder({types.begin(), types.end()});
  InlineBatch batch;
  batch.row_count = rows.Count();
  for (size_t i = 0; i < types.size(); ++i) {
    batch.fields.push_back(format_.table->StoredField(duckdb::PhysicalIndex(i)).id);
  }
  bool has_row_ids = false;
  rows.ForEach([&](duckdb::DataChunk& chunk) {
    encoder.Append(chunk);
    if (encoder.size_bytes() > kInlineTextSizeMax) return false;
    for (size_t row = 0; format_.with_row_ids() && row < chunk.size(); ++row) {
      const auto id = chunk.data[types.size()].GetValue(row);
      has_row_ids |= !id.IsNull();
      batch.row_ids.push_back(id.IsNull() ? std::nullopt
                                          : std::optional(RowId(id.GetValue<uint64_t>())));
    }
    return true;
  });
  if (encoder.size_bytes() > kInlineTextSizeMax) return std::nullopt;
  if (!has_row_ids) batch.row_ids.clear();
  batch.rows = encoder.Finish();
  return batch;
}

NewRows::Result NewRows::Finish(duckdb::ClientContext& context) {
  Result result;
  result.row_count = row_count_;
  if (order_ == RowOrder::kBatches) {
    gathered_ = GatheredRows(format_.types, batches_.TakeRest(context, writer_));
  }
  const bool has_written = has_streamed_ || batches_.has_written();
  if (gathered_.Count() > 0) {
    if (!has_written) {
      result.inline_rows = TryInline(gathered_);
      if (result.inline_rows.has_value()) return result;
    }
    if (order_ == RowOrder::kBatches) {
      batches_.WriteRest(context, writer_, gathered_.Release());
    } else {
      duckdb::ThreadContext thread(context);
      duckdb::ExecutionContext execution(context, thread, nullptr);
      DataFileWriter::Local local;
      Write(execution, local, gathered_);
      writer_.Combine(execution, local);
    }
  }
  result.fragments = writer_.Finish(context);
  return result;
}

}  // namespace icefall
