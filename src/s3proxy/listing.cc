#include "s3proxy/listing.h"

#include <algorithm>

namespace icefall::s3proxy {
namespace {

// The common prefix that the key is rolled up to; empty for one that is listed itself.
std::string RolledUp(const std::string& key, const ListQuery& query) {
  if (query.delimiter.empty()) return {};
  const size_t found = key.find(query.delimiter, query.prefix.size());
  return found == std::string::npos ? "" : key.substr(0, found + query.delimiter.size());
}

}  // namespace

ListPage ListFiles(const TableView& view, const ListQuery& query) {
  const auto key_of = [](const VirtualFilePointer& file) -> const std::string& {
    return file->key();
  };
  auto file = std::ranges::lower_bound(view.files, query.prefix, {}, key_of);
  if (query.start_after >= query.prefix) {
    file = std::ranges::upper_bound(view.files, query.start_after, {}, key_of);
  }
  ListPage page;
  if (query.key_count_max == 0) return page;
  for (; file != view.files.end() && (*file)->key().starts_with(query.prefix); ++file) {
    const std::string rolled = RolledUp((*file)->key(), query);
    if (!rolled.empty() && (rolled == page.last || rolled == query.start_after)) continue;
    if (page.files.size() + page.common_prefixes.size() == query.key_count_max) {
      page.truncated = true;
      return page;
    }
    page.last = rolled.empty() ? (*file)->key() : rolled;
    if (rolled.empty()) {
      page.files.push_back(*file);
    } else {
      page.common_prefixes.push_back(rolled);
    }
  }
  return page;
}

}  // namespace icefall::s3proxy
