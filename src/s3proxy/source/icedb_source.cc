#include "s3proxy/source/icedb_source.h"

#include <algorithm>
#include <utility>

#include "icedb/names.h"
#include "s3proxy/source/raw_file.h"

namespace icefall::s3proxy {
namespace {

// The path below the data folder, of whatever prefix: the table may have been copied here.
std::string KeyOf(std::string_view prefix, const std::string& path) {
  const std::string partition = icedb::PartitionOf(prefix, path);
  const std::string name = path.substr(path.rfind('/') + 1);
  return partition.empty() ? name : partition + "/" + name;
}

}  // namespace

IcedbSource::IcedbSource(icedb::TablePlace place, std::optional<int64_t> time_ms, Clock& clock)
    : table_(std::move(place), clock), time_ms_(time_ms) {}

TableViewPointer IcedbSource::MakeView(const icedb::TableState& state) const {
  auto view = std::make_shared<TableView>();
  view->point = static_cast<uint64_t>(state.newest_ms());
  const icedb::TablePlace& place = table_.place();
  for (const auto& file : state.files()) {
    const icedb::FileMarker& marker = file.marker;
    if (!marker.is_alive()) continue;
    view->files.push_back(MakeRawFile(KeyOf(place.data_prefix, marker.path),
                                      marker.created_ms * 1000, place.data, marker.path,
                                      marker.size_bytes, marker.path));
  }
  std::ranges::sort(view->files, {}, [](const VirtualFilePointer& f) { return f->key(); });
  return view;
}

Result<TableViewPointer> IcedbSource::Current() {
  ICEFALL_ASSIGN_OR_RETURN(const auto state,
                           table_.Read(time_ms_ ? std::optional(*time_ms_ + 1) : std::nullopt));
  const std::lock_guard lock(mutex_);
  if (state != last_state_) {
    last_view_ = MakeView(*state);
    last_state_ = state;
  }
  return last_view_;
}

Result<TableViewPointer> IcedbSource::At(uint64_t point) {
  ICEFALL_ASSIGN_OR_RETURN(const auto state, table_.Read(static_cast<int64_t>(point) + 1));
  return MakeView(*state);
}

}  // namespace icefall::s3proxy
