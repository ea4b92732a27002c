// Facts about the columns of data files on disk, shared by the processes of a machine; see
// docs/format/facts-file.md.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "duckdb/main/client_context.hpp"
#include "duckdb/main/database.hpp"

#include "accel/derived_files.h"
#include "sql/accel/facts_file.h"
#include "table/fragment.h"

namespace icefall {

void RegisterFactsSettings(duckdb::DatabaseInstance& db);
// Data files of so many rows get facts.
uint64_t FactsRowsMin(duckdb::ClientContext& context);
uint64_t FactsBudgetBytes(duckdb::ClientContext& context);

struct FactsDamage {
  ObjectKey key;
  std::string why;
};

// Reads the facts of a data file: what about them is not as it was written, so that readers pass
// over it, or over a part of it. Absent: nothing, or there are none.
std::optional<FactsDamage> FindFactsDamage(ObjectStore& store, const FactsIdentity& identity,
                                           bool reads_all);

// Of one database. Thread-safe.
class FactsFiles {
 public:
  // Where the store has no paths, there are none.
  explicit FactsFiles(ObjectStore& store);

  bool enabled() const { return files_.enabled(); }
  // Null when there is none, or it is damaged.
  std::shared_ptr<const FactsFile> Get(const std::string& table_uuid, const Fragment& fragment);
  // Before anybody else knows the data file. `budget_bytes`: see DerivedFiles.
  void Save(const std::string& table_uuid, const Fragment& fragment,
            const std::vector<FactsOfColumn>& columns, uint64_t budget_bytes);
  // Those of a data file that is gone. `path`: its own, or any that ends as it does.
  void Remove(std::string_view path);
  DerivedFiles::Usage usage() const { return files_.usage(); }
  uint64_t hits() const { return hits_; }  // how often Get found a file

 private:
  const DerivedFiles files_;
  std::atomic<uint64_t> hits_ = 0;
  std::mutex mutex_;
  // By path of the data file; null: there is none. Guarded by mutex_.
  std::unordered_map<std::string, std::shared_ptr<const FactsFile>> opened_;
};

}  // namespace icefall
