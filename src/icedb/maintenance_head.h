// The one object beside an icedb table's log that orders maintenance: "_maintenance/head.json".
//
// It holds the last operation, and is only ever replaced by whoever read it last (compare and
// swap), so of two operations planned side by side one is refused. Replacing it commits the
// operation. What then remains to be done, publishing its log file and deleting what it lets go, is
// all in the object: the one who committed does it, or, if that one stopped, whoever comes next.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/object_store.h"

namespace icefall::icedb {

struct MaintenanceHead {
  uint64_t number = 0;  // counts the table's operations, from 1
  std::string id;       // of this operation alone
  std::string host;
  std::string operation;
  int64_t ms = 0;
  std::string log_key;  // empty for one that only deletes
  // Until it is finished: what reserves the log's name, and what is to replace it, which can happen
  // only once however many do it and however late.
  ObjectVersion reserved_version;
  std::string log_bytes;
  std::vector<std::string> deleted_logs;
  std::vector<std::string> deleted_data;
  bool finished = false;
};

std::string EncodeHead(const MaintenanceHead& head);
// Error: kCorruption naming `key`.
Result<MaintenanceHead> DecodeHead(std::string_view bytes, std::string_view key);

}  // namespace icefall::icedb
