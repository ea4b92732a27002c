// The live files of a table in IceDB's format.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "icedb/table.h"
#include "s3proxy/virtual_file.h"

namespace icefall::s3proxy {

// Keys are those of the data files below the table's data folder.
class IcedbSource : public FileSource {
 public:
  // `time_ms`: log files of this time and before count; absent: all. `clock` must outlive it.
  IcedbSource(icedb::TablePlace place, std::optional<int64_t> time_ms, Clock& clock);

  Result<TableViewPointer> Current() override;
  Result<TableViewPointer> At(uint64_t point) override;
  bool is_fixed() const override { return time_ms_.has_value(); }

 private:
  TableViewPointer MakeView(const icedb::TableState& state) const;

  icedb::Table table_;
  const std::optional<int64_t> time_ms_;
  std::mutex mutex_;
  icedb::StatePointer last_state_;  // guarded by mutex_
  TableViewPointer last_view_;      // of that state; guarded by mutex_
};

}  // namespace icefall::s3proxy
