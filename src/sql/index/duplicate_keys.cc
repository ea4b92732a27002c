#include "sql/index/duplicate_keys.h"

#include <functional>
#include <queue>
#include <utility>

#include "index/index_file.h"
#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/index/fragment_index.h"

namespace icefall {
namespace {

// The live keys of one fragment in order.
class LiveKeys {
 public:
  LiveKeys(IndexFilePointer file, FragmentPointer fragment)
      : file_(std::move(file)), fragment_(std::move(fragment)), cursor_(*file_) {
    Unwrap(cursor_.Seek(""));
    SkipDeleted();
  }

  bool valid() const { return cursor_.valid(); }
  std::string key() const { return cursor_.key(); }
  void Next() {
    Unwrap(cursor_.Next());
    SkipDeleted();
  }

 private:
  void SkipDeleted() {
    while (cursor_.valid() && fragment_->deletes != nullptr &&
           fragment_->deletes->Contains(cursor_.position())) {
      Unwrap(cursor_.Next());
    }
  }

  const IndexFilePointer file_;
  const FragmentPointer fragment_;
  IndexCursor cursor_;
};

std::vector<std::string> InlineKeysOf(duckdb::ClientContext& context,
                                      const IcefallTableEntry& table, const KeyDefinition& key) {
  auto& catalog = table.schema.catalog.Cast<IcefallCatalog>();
  std::vector<std::string> found;
  Unwrap(catalog.inline_keys()
             .Get(table.uuid(), key)
             ->ForEachFrom(*table.snapshot(), &context, "", [&](std::string_view bytes, uint64_t) {
               found.emplace_back(bytes);
               return false;
             }));
  return found;
}

}  // namespace

std::optional<std::string> FindDuplicateKey(duckdb::ClientContext& context,
                                            const IcefallTableEntry& table,
                                            const KeyDefinition& key) {
  std::vector<std::unique_ptr<LiveKeys>> sources;
  table.snapshot()->fragments.ForEach([&](const FragmentPointer& fragment) {
    auto file = BuildFragmentIndex(context, table, key, fragment);
    sources.push_back(std::make_unique<LiveKeys>(std::move(file), fragment));
  });
  using Head = std::pair<std::string, size_t>;  // key, source; the last source is the inline rows
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads;
  for (size_t i = 0; i < sources.size(); ++i) {
    if (sources[i]->valid()) heads.emplace(sources[i]->key(), i);
  }
  const auto inline_keys = InlineKeysOf(context, table, key);
  size_t next_inline = 0;
  if (!inline_keys.empty()) heads.emplace(inline_keys[next_inline++], sources.size());
  std::string last;
  while (!heads.empty()) {
    auto [bytes, source] = heads.top();
    heads.pop();
    if (bytes == last && !HasNull(key, bytes)) return bytes;
    last = std::move(bytes);
    if (source == sources.size()) {
      if (next_inline < inline_keys.size()) heads.emplace(inline_keys[next_inline++], source);
      continue;
    }
    sources[source]->Next();
    if (sources[source]->valid()) heads.emplace(sources[source]->key(), source);
  }
  return std::nullopt;
}

}  // namespace icefall
