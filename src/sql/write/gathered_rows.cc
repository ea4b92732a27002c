#include "sql/write/gathered_rows.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/allocator.hpp"

namespace icefall {
namespace {

constexpr uint64_t kFirstCountMax = 64;

}  // namespace

uint64_t GatheredRows::Count() const {
  if (first_ != nullptr) return first_->size();
  return rows_ == nullptr ? 0 : rows_->Count();
}

void GatheredRows::AppendToCollection(duckdb::ClientContext& context, duckdb::DataChunk& rows) {
  if (rows_ == nullptr) rows_ = duckdb::make_uniq<duckdb::ColumnDataCollection>(context, *types_);
  if (append_ == nullptr) {
    append_ = duckdb::make_uniq<duckdb::ColumnDataAppendState>();
    rows_->InitializeAppend(*append_);
  }
  rows_->Append(*append_, rows);
}

void GatheredRows::Append(duckdb::ClientContext& context, duckdb::DataChunk& rows) {
  if (Count() == 0 && rows.size() <= kFirstCountMax) {
    first_ = duckdb::make_uniq<duckdb::DataChunk>();
    first_->Initialize(duckdb::Allocator::DefaultAllocator(), *types_,
                       std::max<uint64_t>(rows.size(), 1));
    first_->Append(rows);
    return;
  }
  if (const auto first = std::move(first_)) AppendToCollection(context, *first);
  AppendToCollection(context, rows);
}

void GatheredRows::Combine(duckdb::ClientContext& context, GatheredRows& other) {
  append_.reset();
  other.append_.reset();
  if (Count() == 0) {
    first_ = std::move(other.first_);
    rows_ = std::move(other.rows_);
    return;
  }
  if (const auto first = std::move(other.first_)) return Append(context, *first);
  if (other.rows_ == nullptr) return;
  if (const auto first = std::move(first_)) AppendToCollection(context, *first);
  append_.reset();
  rows_->Combine(*other.rows_);
  other.rows_.reset();
}

void GatheredRows::ForEach(const std::function<bool(duckdb::DataChunk&)>& visit) {
  if (first_ != nullptr) {
    visit(*first_);
    return;
  }
  if (rows_ == nullptr) return;
  for (auto& chunk : rows_->Chunks()) {
    if (!visit(chunk)) return;
  }
}

void GatheredRows::Clear() {
  append_.reset();
  first_.reset();
  rows_.reset();
}

}  // namespace icefall
