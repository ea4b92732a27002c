// Reads the log of an icedb table: one listing, and the log files that were not read before.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "icedb/table_state.h"
#include "store/object_store.h"

namespace icefall::icedb {

// Thread-safe. Log files never change once they say something, so what was read of one is kept for
// as long as it is listed.
class LogReader {
 public:
  // `store` must outlive the reader. `prefix` is the table's.
  LogReader(ObjectStore& store, std::string prefix);

  // Of the log files older than `before_ms`, or all of them, clocks that are ahead or not. A table
  // without log files has an empty state. Errors: kCorruption naming file and line; those of the
  // store. A log file that cleanup removes meanwhile makes it list again.
  Result<StatePointer> Read(std::optional<int64_t> before_ms = std::nullopt);

  // The state of exactly these log files. Error: kNotFound for one that is not there.
  Result<StatePointer> ReadOnly(const std::vector<std::string>& keys);

  // Keys under the log folder that are no log files, as of the last listing.
  std::vector<std::string> foreign() const;

 private:
  // Since a log file's name may be taken before it says something, its version counts too.
  struct KeptFile {
    ObjectVersion version;
    std::shared_ptr<const LogFile> file;
  };
  struct Listing {
    std::vector<ListedLog> logs;
    std::vector<ObjectInfo> objects;  // of these logs
  };
  Result<Listing> List(std::optional<int64_t> before_ms);
  // Fills in the files of the logs at these places. kNotFound when one is gone.
  Result<void> Fetch(Listing& listing, const std::vector<size_t>& places);
  // All that are needed for a state.
  Result<void> FetchNeeded(Listing& listing);
  StatePointer Keep(Listing listing);

  ObjectStore& store_;
  const std::string prefix_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, KeptFile> kept_;  // guarded by mutex_
  StatePointer last_;                               // guarded by mutex_
  std::vector<ObjectVersion> last_versions_;        // of last_'s logs; guarded by mutex_
  std::vector<std::string> foreign_;                // guarded by mutex_
};

}  // namespace icefall::icedb
