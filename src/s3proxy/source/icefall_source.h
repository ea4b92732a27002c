// The live rows of native tables as files: data files as they are where a reader of Parquet sees
// the right thing in them, others written anew.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "database/database.h"
#include "s3proxy/rewrite/rewritten_files.h"
#include "s3proxy/virtual_file.h"
#include "sql/maintenance/live_rows_writer.h"

namespace icefall::s3proxy {

struct IcefallSourceSettings {
  std::string location;            // of the database
  std::vector<ObjectName> tables;  // more than one: keys begin with "<table>/"
  bool folders = false;            // they always do
  // The database as it was then; absent: now, or as of the time.
  std::optional<uint64_t> sequence;
  std::optional<TimestampMicros> time;
  std::string temp_directory;
  uint64_t memory_limit_bytes = uint64_t{512} << 20;
};

class IcefallSource : public FileSource {
 public:
  // `rewritten` and `clock` must outlive it and the files that it answered. Errors: those of
  // Database::Open.
  static Result<FileSourcePointer> Open(IcefallSourceSettings settings, RewrittenFiles& rewritten,
                                        Clock& clock);

  Result<TableViewPointer> Current() override;
  Result<TableViewPointer> At(uint64_t point) override;
  bool is_fixed() const override;

 private:
  // A table's files are those of its state; a database's those of all of its tables' states.
  using States = std::vector<std::pair<ObjectName, SnapshotPointer>>;
  IcefallSource(IcefallSourceSettings settings, std::shared_ptr<Database> database,
                RewrittenFiles& rewritten, Clock& clock);
  struct Moment {
    std::shared_ptr<Transaction> transaction;
    States states;
    std::vector<std::string> directories;  // of the tables
    uint64_t point = 0;                    // the least database sequence with these states
  };
  Result<Moment> Look(std::shared_ptr<Transaction> transaction) const;
  Result<Moment> LookAtTime(TimestampMicros time) const;
  TableViewPointer MakeView(const Moment& moment) const;
  TableViewPointer Remember(const Moment& moment);

  const IcefallSourceSettings settings_;
  const std::shared_ptr<Database> database_;
  RewrittenFiles& rewritten_;
  Clock& clock_;
  std::mutex mutex_;
  States last_states_;  // guarded by mutex_
  // Of these states; one that is not fixed is there while somebody holds it. Guarded by mutex_.
  std::weak_ptr<const TableView> last_view_;
  TableViewPointer fixed_view_;  // guarded by mutex_
};

}  // namespace icefall::s3proxy
