// The keys that a statement gave to rows, until its transaction has committed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "database/commit_check.h"
#include "index/key_run.h"
#include "sql/index/key_definition.h"

namespace icefall {

class IcefallCatalog;

// Where the other row with the key is.
enum class DuplicateOf : uint8_t { kStoredRow, kRowOfTransaction, kIndexedRow };

// What DuckDB says of it, then "unique key violation on index 'i' of table 't': duplicate key 'k'".
std::string DuplicateKeyMessage(const KeyDefinition& key, const std::string& table,
                                std::string_view key_bytes, DuplicateOf where);

// Refuses the commit when another transaction has meanwhile committed a row with one of the keys:
// kConstraint. kConflict where that cannot be told without reading data files.
class KeyClaim : public CommitCheck {
 public:
  // `runs` are sorted.
  KeyClaim(IcefallCatalog& catalog, const IcefallTableEntry& table, KeyDefinition key,
           std::vector<KeyRun> runs);

  Result<void> Check(const Snapshot& base, const Snapshot& head, const ChangeSet& change) override;

 private:
  Result<void> CheckFragment(const Fragment& fragment, const ChangeSet& change) const;
  Result<void> CheckInlineRows(const Snapshot& base, const Snapshot& head,
                               const ChangeSet& change) const;

  IcefallCatalog& catalog_;
  const std::string table_name_;
  const std::string directory_;
  const KeyDefinition key_;
  const std::vector<KeyRun> runs_;
};

}  // namespace icefall
