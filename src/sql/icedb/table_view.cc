#include "sql/icedb/table_view.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/case_insensitive_map.hpp"
#include "duckdb/common/types.hpp"
#include <fmt/format.h>

#include "icedb/column_type.h"
#include "icedb/names.h"

namespace icefall {
namespace {

using Places = duckdb::case_insensitive_map_t<size_t>;

duckdb::LogicalType TypeOf(duckdb::ClientContext& context, const std::string& column,
                           const std::string& type) {
  try {
    return duckdb::TransformStringToLogicalType(type, context);
  } catch (const duckdb::Exception& error) {
    throw duckdb::InvalidInputException(
        fmt::format("column '{}' of the icedb table has type {}, which this DuckDB does not know: "
                    "{}",
                    column, type, duckdb::ErrorData(error).RawMessage()));
  }
}

void AddKey(const std::string& key, IcedbView& view, Places& columns) {
  if (std::ranges::find(view.keys, key) == view.keys.end()) view.keys.push_back(key);
  if (!columns.emplace(key, view.names.size()).second) return;
  view.names.push_back(key);
  view.types.push_back(duckdb::LogicalType::VARCHAR);
}

void AddFile(std::string_view prefix, const icedb::FileMarker& marker, IcedbView& view,
             Places& columns) {
  IcedbView::File file;
  file.marker = marker;
  file.partition = icedb::PartitionOf(prefix, marker.path);
  const auto keys = icedb::KeysOfPartition(file.partition);
  view.has_unkeyed_partition |= keys.empty() && !file.partition.empty();
  for (const auto& [key, value] : keys) {
    AddKey(key, view, columns);
    const size_t column = columns[key];
    if (column < view.stored_count) continue;
    const size_t place = column - view.stored_count;
    if (file.keys.size() <= place) file.keys.resize(place + 1);
    file.keys[place] = value;
  }
  view.files.push_back(std::move(file));
}

}  // namespace

IcedbViewPointer MakeIcedbView(duckdb::ClientContext& context, std::string_view prefix,
                               const icedb::Columns& columns,
                               std::vector<icedb::TypeConflict> conflicts,
                               const icedb::PartitionRule& rule,
                               const std::vector<icedb::FileMarker>& files) {
  auto view = std::make_shared<IcedbView>();
  Places places;
  for (const auto& [name, type] : columns) {
    if (!places.emplace(name, view->names.size()).second) continue;
    view->names.push_back(name);
    view->types.push_back(TypeOf(context, name, type));
  }
  for (const auto& conflict : conflicts) {
    const auto place = places.find(conflict.column);
    if (place != places.end()) view->types[place->second] = duckdb::LogicalType::VARCHAR;
  }
  view->stored_count = view->names.size();
  view->conflicts = std::move(conflicts);
  for (const auto& field : rule) AddKey(field.key, *view, places);
  for (const auto& file : files) AddFile(prefix, file, *view, places);
  for (auto& file : view->files) file.keys.resize(view->names.size() - view->stored_count);
  return view;
}

std::vector<icedb::FileMarker> AliveFiles(const icedb::TableState& state) {
  std::vector<icedb::FileMarker> files;
  for (const auto& file : state.files()) {
    if (file.marker.is_alive()) files.push_back(file.marker);
  }
  return files;
}

}  // namespace icefall
