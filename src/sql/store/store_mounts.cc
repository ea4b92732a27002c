#include "sql/store/store_mounts.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace icefall {
namespace {

constexpr std::string_view kScheme = "icefall-store://";

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
  const std::lock_guard lock(mutex_);
  return fmt::format("{}{}/", kScheme, ++count_);
}

void StoreMounts::Add(const std::string& prefix, std::weak_ptr<ObjectStore> store) {
  const std::lock_guard lock(mutex_);
  std::erase_if(by_prefix_, [](const auto& mount) { return mount.second.expired(); });
  by_prefix_[prefix] = std::move(store);
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
