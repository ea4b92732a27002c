// The index files of fragments: found, or made again from the data file.
#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "base/recently_used.h"
#include "index/index_file.h"
#include "sql/index/key_definition.h"
#include "store/object_store.h"

namespace icefall {

class IcefallCatalog;

// Open index files by key, the least recently used dropped first. Thread-safe.
class IndexFileCache {
 public:
  IndexFilePointer Find(const ObjectKey& key);
  void Put(const ObjectKey& key, IndexFilePointer file);

 private:
  // Each open file is a mapping, of which Linux gives a process 65,530.
  static constexpr size_t kFileCountMax = 16'384;

  std::mutex mutex_;
  RecentlyUsed<ObjectKey, IndexFilePointer> files_;  // guarded by mutex_
};

// Over all rows of the data file, deleted ones included; null when there is no sound one.
IndexFilePointer FindFragmentIndex(IcefallCatalog& catalog, const std::string& directory,
                                   const KeyDefinition& key, const Fragment& fragment);

// Reads the data file and stores its index. Throws what reading throws.
IndexFilePointer BuildFragmentIndex(duckdb::ClientContext& context, const IcefallTableEntry& table,
                                    const KeyDefinition& key, const FragmentPointer& fragment);

// Gives new data files of the table the indexes of its keys and of CREATE INDEX, so that the next
// statement, and the commits of others, find them.
void BuildIndexes(duckdb::ClientContext& context, const IcefallTableEntry& table,
                  const std::vector<FragmentPointer>& fragments);

// Has `use` read the index, found or built. Where that finds it damaged, `use` is called again with
// one built anew.
void UseFragmentIndex(duckdb::ClientContext& context, const IcefallTableEntry& table,
                      const KeyDefinition& key, const FragmentPointer& fragment,
                      const std::function<Result<void>(const IndexFile&)>& use);

// Keys of the table's index files that are not what would be made from the data files now. Throws
// what reading throws.
std::vector<ObjectKey> FindWrongIndexes(duckdb::ClientContext& context,
                                        const IcefallTableEntry& table);

}  // namespace icefall
