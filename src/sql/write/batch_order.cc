#include "sql/write/batch_order.h"

#include <limits>
#include <utility>

namespace icefall {

bool BatchOrder::MayWaitCompressed() {
  const std::lock_guard lock(mutex_);
  if (waiting_group_count_ >= kWaitingGroupCountMax) return false;
  ++waiting_group_count_;
  return true;
}

bool BatchOrder::TakeJob(const DataFileFormat& format, uint64_t batch_min, Job& job) {
  const std::lock_guard lock(mutex_);
  const auto take_rows = [&] {
    job = {turn_count_++, next_group_number_, {std::move(next_group_), nullptr}};
    return true;
  };
  // Pieces of the lowest batch itself arrive in order, so they need not wait for its end.
  while (!pieces_.empty() && pieces_.begin()->first.first <= batch_min) {
    auto& [number, piece] = *pieces_.begin();
    if (piece.group != nullptr) {
      if (next_group_ != nullptr) return take_rows();
      job = {turn_count_++, number, std::move(piece)};
      --waiting_group_count_;
      pieces_.erase(pieces_.begin());
      return true;
    }
    next_group_number_ = number;
    if (next_group_ == nullptr) {
      next_group_ = std::move(piece.rows);
    } else {
      next_group_->Combine(*piece.rows);
    }
    pieces_.erase(pieces_.begin());
    if (format.NearlyFillsRowGroup(*next_group_)) return take_rows();
  }
  return false;
}

void BatchOrder::Run(duckdb::ClientContext& context, DataFileWriter& writer, Job job) {
  auto& piece = job.piece;
  if (piece.group == nullptr) {
    piece.group = writer.Prepare(context, job.number, std::move(piece.rows));
  }
  const std::lock_guard lock(write_mutex_);
  prepared_.emplace(job.turn, std::move(piece.group));
  while (!prepared_.empty() && prepared_.begin()->first == written_) {
    writer.WriteOrdered(context, std::move(prepared_.begin()->second));
    prepared_.erase(prepared_.begin());
    ++written_;
  }
}

void BatchOrder::Add(duckdb::ClientContext& context, DataFileWriter& writer, PieceNumber number,
                     RowsPointer rows, uint64_t batch_min) {
  if (rows != nullptr && rows->Count() > 0) {
    Piece piece{std::move(rows), nullptr};
    if (writer.format().NearlyFillsRowGroup(*piece.rows) && MayWaitCompressed()) {
      piece.group = writer.Prepare(context, number, std::move(piece.rows));
    }
    const std::lock_guard lock(mutex_);
    pieces_.emplace(number, std::move(piece));
  }
  Job job;
  while (TakeJob(writer.format(), batch_min, job)) Run(context, writer, std::move(job));
}

RowsPointer BatchOrder::TakeRest(duckdb::ClientContext& context, DataFileWriter& writer) {
  Add(context, writer, {}, nullptr, std::numeric_limits<uint64_t>::max());
  return std::move(next_group_);
}

void BatchOrder::WriteRest(duckdb::ClientContext& context, DataFileWriter& writer,
                           RowsPointer rows) {
  Run(context, writer, {turn_count_++, next_group_number_, {std::move(rows), nullptr}});
}

}  // namespace icefall
