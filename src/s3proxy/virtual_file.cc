#include "s3proxy/virtual_file.h"

#include <algorithm>

namespace icefall::s3proxy {

const VirtualFilePointer* TableView::Find(std::string_view key) const {
  const auto found = std::ranges::lower_bound(
      files, key, {}, [](const VirtualFilePointer& file) { return std::string_view(file->key()); });
  return found != files.end() && (*found)->key() == key ? &*found : nullptr;
}

}  // namespace icefall::s3proxy
