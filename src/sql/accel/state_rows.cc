#include "sql/accel/state_rows.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/vector_operations/vector_operations.hpp"

namespace icefall {
std::optional<std::vector<size_t>> ColumnsOf(const StateShape& wanted, const StateShape& kept) {
  std::vector<size_t> columns;
  const auto add = [&](const std::vector<std::string>& names, const std::vector<std::string>& from,
                       size_t offset) {
    return std::ranges::all_of(names, [&](const std::string& name) {
      const auto found = std::ranges::find(from, name);
      columns.push_back(offset + static_cast<size_t>(found - from.begin()));
      return found != from.end();
    });
  };
  if (!add(wanted.keys, kept.keys, 0) || !add(wanted.states, kept.states, kept.keys.size())) {
    return std::nullopt;
  }
  return columns;
}

void StateRows::Add(duckdb::unique_ptr<duckdb::DataChunk> chunk) {
  row_count += chunk->size();
  size_bytes += chunk->GetAllocationSize() + 128;
  chunks.push_back(std::move(chunk));
}

bool PartReader::Read(duckdb::DataChunk& chunk) {
  while (part_ < parts_.size()) {
    const auto& part = parts_[part_];
    if (chunk_ == part.rows->chunks.size()) {
      ++part_;
      chunk_ = 0;
      continue;
    }
    auto& rows = *part.rows->chunks[chunk_];
    if (chunk.size() + rows.size() > STANDARD_VECTOR_SIZE) return false;
    const auto begin = chunk.size();
    for (size_t i = 0; i < part.columns.size(); ++i) {
      if (part.columns[i] != kNoColumn) {
        duckdb::VectorOperations::Copy(rows.data[part.columns[i]], chunk.data[i], rows.size(), 0,
                                       begin);
        continue;
      }
      for (duckdb::idx_t row = 0; row < rows.size(); ++row) {
        duckdb::FlatVector::SetNull(chunk.data[i], begin + row, true);
      }
    }
    chunk.SetCardinality(begin + rows.size());
    ++chunk_;
  }
  return true;
}

}  // namespace icefall
