#include "sql/replica/plain_replica_scan.h"

#include <typeinfo>

namespace icefall {
namespace {

// Null when it is of another kind.
ReplicaReader* AsPlain(duckdb::BaseFileReader* reader) {
  if (reader == nullptr || typeid(*reader) != typeid(ReplicaReader)) return nullptr;
  auto& replica = static_cast<ReplicaReader&>(*reader);
  return replica.is_plain() ? &replica : nullptr;
}

}  // namespace

const ReplicaReader* PlainReplicaScan::OnlyReader(const duckdb::MultiFileGlobalState& scan) {
  if (scan.file_list.GetTotalFileCount() != 1 || scan.readers.empty()) return nullptr;
  return AsPlain(scan.readers.front()->reader.get());
}

void PlainReplicaScan::Follow(const duckdb::MultiFileGlobalState& scan,
                              const duckdb::MultiFileLocalState& thread) {
  reader_ = AsPlain(thread.reader.get());
  if (reader_ == nullptr) return;
  task_ = &reader_->TaskOf(*thread.local_state);
  kept_ = &scan.projection_ids;
}

bool PlainReplicaScan::Next(duckdb::ClientContext& context, duckdb::DataChunk& rows) {
  while (reader_ != nullptr) {
    if (reader_->ScanPlain(context, *task_, *kept_, rows)) return true;
    if (context.interrupted) throw duckdb::InterruptException();
    if (in_order_ || !reader_->StartNext(context, *task_)) reader_ = nullptr;
  }
  return false;
}

}  // namespace icefall
