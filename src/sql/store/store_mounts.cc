#include "sql/store/store_mounts.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "sql/store/error_names.h"

namespace icefall {
namespace {

constexpr std::string_view kScheme = "icefall-store://";
// Begins a line of the statement, shortened, in an error.
constexpr std::string_view kQuotedStatement = "\n\nLINE ";
// Of so many mounts names are known after the mounts are gone.
constexpr size_t kNameCountMax = 4096;

// The numbers of all mounts of the process, and what users know their stores by.
class MountNames {
 public:
  static MountNames& Get() {
    static MountNames names;
    return names;
  }

  uint64_t NewNumber() {
    const std::lock_guard lock(mutex_);
    return ++count_;
  }

  void Add(std::string_view prefix, std::string name) {
    if (!name.ends_with('/')) name += '/';
    const std::lock_guard lock(mutex_);
    names_[NumberOf(prefix)] = std::move(name);
    if (names_.size() > kNameCountMax) names_.erase(names_.begin());
  }

  // Empty for none.
  std::string Find(std::string_view prefix) {
    const std::lock_guard lock(mutex_);
    const auto found = names_.find(NumberOf(prefix));
    return found == names_.end() ? std::string() : found->second;
  }

 private:
  static uint64_t NumberOf(std::string_view prefix) {
    uint64_t number = 0;
    const std::string_view digits = prefix.substr(std::min(kScheme.size(), prefix.size()));
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
  }

  std::mutex mutex_;
  uint64_t count_ = 0;                     // guarded by mutex_
  std::map<uint64_t, std::string> names_;  // guarded by mutex_
};

// Whether what DuckDB quotes names a path of a mount, which may be cut where the line is shortened.
bool NamesPath(std::string_view quoted_statement) {
  constexpr std::string_view kCall = "read_parquet(['";
  const size_t call = quoted_statement.find(kCall);
  if (call == std::string_view::npos) return false;
  std::string_view path = quoted_statement.substr(call + kCall.size());
  path = path.substr(0, std::min({path.find("..."), path.find('\n'), kScheme.size()}));
  return kScheme.starts_with(path);
}

}  // namespace

bool StoreMounts::IsMounted(std::string_view path) {
  if (path.starts_with(kScheme)) return true;
  const std::lock_guard lock(mutex_);
  return FindAlias(path) != aliases_.end();
}

StoreMounts::Stores::const_iterator StoreMounts::FindAlias(std::string_view path) const {
  return std::ranges::find_if(aliases_,
                              [path](const auto& alias) { return path.starts_with(alias.first); });
}

void StoreMounts::AddAlias(const std::string& prefix, std::weak_ptr<ObjectStore> store) {
  const std::lock_guard lock(mutex_);
  aliases_[prefix] = std::move(store);
}

std::string StoreMounts::NewPrefix() {
  return fmt::format("{}{}/", kScheme, MountNames::Get().NewNumber());
}

void StoreMounts::Add(const std::string& prefix, std::weak_ptr<ObjectStore> store) {
  const std::lock_guard lock(mutex_);
  std::erase_if(by_prefix_, [](const auto& mount) { return mount.second.expired(); });
  if (const auto open = store.lock()) MountNames::Get().Add(prefix, open->name());
  by_prefix_[prefix] = std::move(store);
}

std::string WithStoreNames(std::string_view text) {
  if (const size_t quoted = text.find(kQuotedStatement);
      quoted != std::string_view::npos && NamesPath(text.substr(quoted))) {
    text = text.substr(0, quoted);
  }
  std::string named;
  for (;;) {
    const size_t begin = text.find(kScheme);
    named += text.substr(0, begin);
    if (begin == std::string_view::npos) return named;
    text.remove_prefix(begin);
    const size_t slash = text.find('/', kScheme.size());
    const std::string_view prefix =
        text.substr(0, slash == std::string_view::npos ? text.size() : slash + 1);
    const std::string name = MountNames::Get().Find(prefix);
    named += name.empty() ? prefix : name;
    text.remove_prefix(prefix.size());
  }
}

StoreMounts::WrittenHash StoreMounts::HashWhenWritten(const std::string& path) {
  if (!IsMounted(path)) return nullptr;
  auto hash = std::make_shared<std::string>();
  const std::lock_guard lock(mutex_);
  std::erase_if(hashes_, [](const auto& item) { return item.second.expired(); });
  hashes_[path] = hash;
  return hash;
}

StoreMounts::WrittenHash StoreMounts::FindWrittenHash(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto found = hashes_.find(path);
  return found == hashes_.end() ? nullptr : found->second.lock();
}

Result<StoreMounts::Place> StoreMounts::Find(std::string_view path) {
  if (path.starts_with(kScheme)) {
    const size_t end = path.find('/', kScheme.size());
    const std::lock_guard lock(mutex_);
    const auto found = by_prefix_.find(std::string(path.substr(0, end + 1)));
    auto store = found == by_prefix_.end() ? nullptr : found->second.lock();
    if (store != nullptr) {
      return Place{std::move(store), ObjectKey(path.substr(end + 1))};
    }
  }
  const std::lock_guard lock(mutex_);
  if (const auto alias = FindAlias(path); alias != aliases_.end()) {
    if (auto store = alias->second.lock()) {
      return Place{std::move(store), ObjectKey(path.substr(alias->first.size()))};
    }
  }
  return Fail(ErrorCode::kNotFound,
              fmt::format("{}: the database of this file is not attached", path));
}

Result<SmallFiles::Bytes> StoreMounts::ReadSmall(const std::string& path,
                                                 const std::vector<std::string>& neighbours) {
  return small_files_.Read(path, neighbours, [this](const std::string& one) -> Result<std::string> {
    ICEFALL_ASSIGN_OR_RETURN(const Place place, Find(one));
    return place.store().ReadToEnd(place.key, 0);
  });
}

}  // namespace icefall
