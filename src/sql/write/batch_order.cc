#include "sql/write/batch_order.h"

namespace icefall {
namespace {

void MoveInto(RowsPointer& target, RowsPointer rows) {
  if (target == nullptr) {
    target = std::move(rows);
  } else {
    target->Combine(*rows);
  }
}

}  // namespace

bool BatchOrder::TakeJob(duckdb::ClientContext& context, DataFileWriter& writer, uint64_t batch_min,
                         Job& job) {
  const std::lock_guard lock(mutex_);
  // Pieces of the lowest batch itself arrive in order, so they need not wait for its end.
  while (!pieces_.empty() && pieces_.begin()->first.first <= batch_min &&
         (next_group_ == nullptr || next_group_->Count() < kRowGroupSize)) {
    MoveInto(next_group_, std::move(pieces_.begin()->second));
    pieces_.erase(pieces_.begin());
  }
  if (next_group_ == nullptr || next_group_->Count() < kRowGroupSize) return false;
  job.number = reserved_++;
  job.group = writer.Reserve(context);
  job.rows = std::move(next_group_);
  return true;
}

void BatchOrder::Run(duckdb::ClientContext& context, DataFileWriter& writer, Job job) {
  writer.Prepare(context, *job.group, std::move(job.rows));
  const std::lock_guard lock(write_mutex_);
  prepared_.emplace(job.number, std::move(job.group));
  while (!prepared_.empty() && prepared_.begin()->first == written_) {
    writer.WriteOrdered(context, std::move(prepared_.begin()->second));
    prepared_.erase(prepared_.begin());
    ++written_;
  }
}

void BatchOrder::Add(duckdb::ClientContext& context, DataFileWriter& writer, PieceNumber number,
                     RowsPointer rows, uint64_t batch_min) {
  if (rows != nullptr && rows->Count() > 0) {
    const std::lock_guard lock(mutex_);
    pieces_.emplace(number, std::move(rows));
  }
  Job job;
  while (TakeJob(context, writer, batch_min, job)) Run(context, writer, std::move(job));
}

RowsPointer BatchOrder::TakeRest() {
  RowsPointer rest = std::move(next_group_);
  for (auto& [number, rows] : pieces_) MoveInto(rest, std::move(rows));
  pieces_.clear();
  return rest;
}

void BatchOrder::WriteRest(duckdb::ClientContext& context, DataFileWriter& writer,
                           RowsPointer rows) {
  Job job;
  job.number = reserved_++;
  job.group = writer.Reserve(context);
  job.rows = std::move(rows);
  Run(context, writer, std::move(job));
}

}  // namespace icefall
