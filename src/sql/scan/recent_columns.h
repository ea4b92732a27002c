// What is derived of columns of snapshots, for those columns that were asked for last.
#pragma once

#include <algorithm>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "table/snapshot.h"

namespace icefall {

// A column is one field of one schema of a table. Not thread-safe.
template <typename Derived>
class RecentColumns {
 public:
  explicit RecentColumns(size_t count_max) : count_max_(count_max) {}

  // The column's; a new one when there is none, instead of the one that was not asked for longest.
  // Valid until the next call.
  Derived& Of(const Snapshot& snapshot, FieldId field) {
    const auto found = std::ranges::find_if(columns_, [&](const Column& column) {
      return column.field == field && column.schema == snapshot.schema &&
             column.table_uuid == snapshot.table_uuid;
    });
    if (found == columns_.end()) {
      columns_.push_front({snapshot.table_uuid, snapshot.schema, field, Derived()});
      if (columns_.size() > count_max_) columns_.pop_back();
    } else {
      columns_.splice(columns_.begin(), columns_, found);
    }
    return columns_.front().derived;
  }

 private:
  struct Column {
    std::string table_uuid;
    std::shared_ptr<const Schema> schema;
    FieldId field;
    Derived derived;
  };

  const size_t count_max_;
  std::list<Column> columns_;  // the one used last first
};

}  // namespace icefall
