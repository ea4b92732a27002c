// One page of a listing: prefix, delimiter and paging over sorted keys.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "s3proxy/virtual_file.h"

namespace icefall::s3proxy {

struct ListQuery {
  std::string prefix;
  std::string delimiter;  // empty: none
  // Only what comes after it; a common prefix that equals it counts as listed before.
  std::string start_after;
  uint64_t key_count_max = 1000;
};

struct ListPage {
  std::vector<VirtualFilePointer> files;
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string last;  // key or common prefix, after which the next page begins
};

// Keys that have the delimiter behind the prefix are rolled up to what ends with its first one.
ListPage ListFiles(const TableView& view, const ListQuery& query);

}  // namespace icefall::s3proxy
