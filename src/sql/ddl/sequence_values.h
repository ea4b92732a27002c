// The values of sequences: handed out from memory, out of blocks that the catalog log reserves.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "duckdb/catalog/catalog_entry/sequence_catalog_entry.hpp"
#include "duckdb/transaction/duck_transaction.hpp"

#include "database/database.h"

namespace icefall {

class IcefallCatalog;
class IcefallTransaction;

// No value is handed out twice, by whatever process: a block is committed to the catalog, in a
// transaction of its own, before the first value of it is. What a crash leaves of a block is a gap;
// a catalog that is closed gives it back. Thread-safe.
class SequenceValues {
 public:
  explicit SequenceValues(IcefallCatalog& catalog);
  ~SequenceValues();

  // Throws SequenceException past the last value, and the exceptions of sql/errors.h. `system`: the
  // same session's transaction on DuckDB's system catalog.
  int64_t Next(IcefallTransaction& transaction, duckdb::DuckTransaction& system,
               const CatalogObject& sequence);
  // What Next answered last, in this process. Throws SequenceException when it was not called yet.
  int64_t Current(IcefallTransaction& transaction, const CatalogObject& sequence);

  // The entry as it is now.
  std::shared_ptr<duckdb::CatalogEntry> MakeEntry(IcefallTransaction& transaction,
                                                  const CatalogObject& sequence);

  void GiveBack();

 private:
  struct State;

  std::shared_ptr<State> StateOf(const CatalogObject& sequence);
  void Load(IcefallTransaction& transaction, const CatalogObject& sequence, State& state);
  void Reserve(IcefallTransaction& transaction, const CatalogObject& sequence, State& state);

  IcefallCatalog& catalog_;
  std::mutex mutex_;                                      // guards states_
  std::map<std::string, std::shared_ptr<State>> states_;  // by uuid
};

}  // namespace icefall
