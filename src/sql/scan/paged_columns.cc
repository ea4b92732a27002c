#include "sql/scan/paged_columns.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include "duckdb/common/types/decimal.hpp"
#include "duckdb/storage/buffer_manager.hpp"

#include "format/parquet_footer.h"
#include "index/mapped_file.h"
#include "sql/icefall_catalog.h"
#include "sql/scan/column_blocks.h"

namespace icefall {
namespace {

using duckdb::LogicalTypeId;

// Of the memory that DuckDB may use.
constexpr uint64_t kMemoryShare = 8;
// Counts for what an open file takes beside memory: a mapping, of which there are not endlessly
// many.
constexpr uint64_t kFileSizeBytes = uint64_t{256} << 10;

// How DuckDB's Parquet writer stores a type; absent for types that are left to its reader.
struct StoredAs {
  ParquetType type;
  std::optional<int32_t> converted_type;
  std::optional<int32_t> scale = {};
};

std::optional<StoredAs> StorageOf(const duckdb::LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
      return StoredAs{ParquetType::kBoolean, {}};
    case LogicalTypeId::TINYINT:
      return StoredAs{ParquetType::kInt32, 15};
    case LogicalTypeId::SMALLINT:
      return StoredAs{ParquetType::kInt32, 16};
    case LogicalTypeId::INTEGER:
      return StoredAs{ParquetType::kInt32, 17};
    case LogicalTypeId::BIGINT:
      return StoredAs{ParquetType::kInt64, 18};
    case LogicalTypeId::UTINYINT:
      return StoredAs{ParquetType::kInt32, 11};
    case LogicalTypeId::USMALLINT:
      return StoredAs{ParquetType::kInt32, 12};
    case LogicalTypeId::UINTEGER:
      return StoredAs{ParquetType::kInt32, 13};
    case LogicalTypeId::UBIGINT:
      return StoredAs{ParquetType::kInt64, 14};
    case LogicalTypeId::FLOAT:
      return StoredAs{ParquetType::kFloat, {}};
    case LogicalTypeId::DOUBLE:
      return StoredAs{ParquetType::kDouble, {}};
    case LogicalTypeId::DATE:
      return StoredAs{ParquetType::kInt32, 6};
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
      return StoredAs{ParquetType::kInt64, 10};
    case LogicalTypeId::VARCHAR:
      return StoredAs{ParquetType::kByteArray, 0};
    case LogicalTypeId::BLOB:
      return StoredAs{ParquetType::kByteArray, {}};
    case LogicalTypeId::DECIMAL: {
      const auto scale = duckdb::DecimalType::GetScale(type);
      const auto width = duckdb::DecimalType::GetWidth(type);
      if (width > duckdb::Decimal::MAX_WIDTH_INT64) return std::nullopt;
      const bool is_wide = width > duckdb::Decimal::MAX_WIDTH_INT32;
      return StoredAs{is_wide ? ParquetType::kInt64 : ParquetType::kInt32, 5, scale};
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

void SetPlainValue(std::string_view bytes, duckdb::Vector& result, uint64_t row) {
  const auto type = result.GetType().InternalType();
  if (type == duckdb::PhysicalType::VARCHAR) {
    duckdb::FlatVector::GetData<duckdb::string_t>(result)[row] =
        duckdb::StringVector::AddStringOrBlob(result, bytes.data(), bytes.size());
    return;
  }
  // Parquet's numbers are in little-endian order, those of narrow types with bytes above them.
  const auto size = duckdb::GetTypeIdSize(type);
  std::memcpy(duckdb::FlatVector::GetData(result) + row * size, bytes.data(), size);
}

uint64_t ColumnBlockBudgetBytes(duckdb::ClientContext& context) {
  return duckdb::BufferManager::GetBufferManager(context).GetMaxMemory() / kMemoryShare;
}

// Kept where decoded columns are, under a key without a schema, which no decoded column has.
struct PagedColumns::File : public ColumnBlock {
  std::unique_ptr<StoredBytes> bytes;  // null: not of the kind that is read here
  ParquetFooter footer;
};

struct PagedColumns::Chunk : public ColumnBlock {
  std::shared_ptr<const File> file;     // lends the bytes
  mutable std::mutex mutex;             // guards the pages of `chunk`
  std::unique_ptr<ParquetChunk> chunk;  // null: not of the kind that is read here
};

PagedColumns::PagedColumns(const ScanFile& file, std::string path, uint64_t budget_bytes)
    : file_(file), path_(std::move(path)), budget_bytes_(budget_bytes) {}

PagedColumns::~PagedColumns() = default;

PagedColumns PagedColumns::Of(const ScanFile& file) {
  const auto& target = *file.list->target();
  return {file, target.path_prefix + file.fragment->path, ColumnBlockBudgetBytes(*target.context)};
}

std::shared_ptr<const PagedColumns::File> PagedColumns::OpenFile() {
  auto& catalog = file_.list->target()->catalog;
  constexpr uint64_t kNoGroup = UINT64_MAX;
  const ColumnBlockKey key{file_.fragment->path, nullptr, 0, kNoGroup, {}, {}};
  if (auto known = catalog.column_blocks().Find(key)) {
    return std::static_pointer_cast<const File>(std::move(known));
  }
  auto opened = std::make_shared<File>();
  opened->size_bytes = kFileSizeBytes;
  auto& store = catalog.database().store();
  // The system would follow a link, out of the database if need be; the store does not.
  const auto& directory = file_.list->target()->entry->object()->directory;
  if (store.capabilities().external_path && store.Stat(directory + "/" + file_.fragment->path)) {
    auto bytes = MapFile(path_);
    auto footer = bytes ? ReadParquetFooter((*bytes)->view()) : Fail(bytes.error());
    if (footer) {
      opened->bytes = *std::move(bytes);
      opened->footer = *std::move(footer);
    }
  }
  catalog.column_blocks().Put(key, opened, budget_bytes_);
  return opened;
}

bool PagedColumns::Open() {
  if (opened_ == nullptr) opened_ = OpenFile();
  return opened_->bytes != nullptr;
}

Result<std::unique_ptr<ParquetChunk>> PagedColumns::ReadChunk(size_t file_column,
                                                              size_t group) const {
  const auto& place = opened_->footer.row_groups[group].chunks[file_column];
  return ParquetChunk::Open(opened_->bytes->view().substr(place.begin, place.size_bytes),
                            opened_->footer.columns[file_column], place.codec);
}

std::optional<size_t> PagedColumns::FindColumn(duckdb::column_t column) const {
  const auto& target = *file_.list->target();
  const auto& field = target.entry->table_schema().fields[column];
  const auto stored = StorageOf(target.entry->GetColumn(duckdb::LogicalIndex(column)).Type());
  const auto written = target.snapshot().schemas.find(file_.fragment->schema);
  if (!stored || written == target.snapshot().schemas.end()) return std::nullopt;
  const auto* before = written->second->Find(field.id);
  if (before == nullptr || before->type != field.type) return std::nullopt;
  const auto& columns = opened_->footer.columns;
  const auto found = std::ranges::find(columns, static_cast<int32_t>(field.id.value),
                                       [](const auto& each) { return each.field_id; });
  if (found == columns.end() || found->type != stored->type ||
      found->converted_type != stored->converted_type ||
      (stored->scale && found->scale != stored->scale)) {
    return std::nullopt;
  }
  return static_cast<size_t>(found - columns.begin());
}

std::shared_ptr<const PagedColumns::Chunk> PagedColumns::OpenChunk(duckdb::column_t column,
                                                                   size_t file_column,
                                                                   size_t group) {
  auto& cache = file_.list->target()->catalog.column_blocks();
  const auto field = file_.list->target()->entry->table_schema().fields[column].id;
  const ColumnBlockKey key{
      file_.fragment->path, nullptr, static_cast<uint64_t>(field.value), group, {}, {}};
  if (auto known = cache.Find(key)) return std::static_pointer_cast<const Chunk>(std::move(known));
  auto opened = std::make_shared<Chunk>();
  opened->file = opened_;
  auto chunk = ReadChunk(file_column, group);
  if (chunk) {
    opened->chunk = *std::move(chunk);
    opened->size_bytes = opened->chunk->size_bytes();
  }
  cache.Put(key, opened, budget_bytes_);
  return opened;
}

std::optional<uint64_t> PagedColumns::CountNullsOfGroup(size_t file_column, size_t group,
                                                        std::span<const uint64_t> rows) const {
  const auto& footer = opened_->footer;
  const bool has_nulls = footer.row_groups[group].chunks[file_column].null_count != 0;
  if (rows.empty() || !has_nulls || !footer.columns[file_column].is_optional) return 0;
  const auto chunk = ReadChunk(file_column, group);
  if (!chunk) return std::nullopt;
  const auto count = (*chunk)->CountNulls(rows);
  return count ? std::optional(*count) : std::nullopt;
}

std::optional<uint64_t> PagedColumns::CountNulls(duckdb::column_t column,
                                                 const DeletionVector& positions) {
  if (!Open()) return std::nullopt;
  const auto& field = file_.list->target()->entry->table_schema().fields[column];
  const auto& columns = opened_->footer.columns;
  const auto found = std::ranges::find(columns, static_cast<int32_t>(field.id.value),
                                       [](const auto& each) { return each.field_id; });
  if (found == columns.end()) return std::nullopt;
  const auto file_column = static_cast<size_t>(found - columns.begin());
  const auto& groups = opened_->footer.row_groups;
  std::optional<uint64_t> total = 0;
  size_t group = 0;
  std::vector<uint64_t> rows;  // of the group
  const auto add_group = [&] {
    const auto count = CountNullsOfGroup(file_column, group, rows);
    total = count ? std::optional(*total + *count) : std::nullopt;
    rows.clear();
    return total.has_value();
  };
  positions.ForEach([&](uint64_t position) {
    while (group < groups.size() && position - groups[group].first_row >= groups[group].row_count) {
      if (!add_group()) return false;
      ++group;
    }
    if (group == groups.size()) {
      total.reset();
      return false;
    }
    rows.push_back(position - groups[group].first_row);
    return true;
  });
  if (!total || rows.empty()) return total;
  add_group();
  return total;
}

bool PagedColumns::CanRead(duckdb::column_t column) {
  if (!Open()) return false;
  const auto file_column = FindColumn(column);
  return file_column && std::ranges::all_of(opened_->footer.row_groups, [&](const auto& group) {
           const auto codec = group.chunks[*file_column].codec;
           return codec == ParquetCodec::kNone || codec == ParquetCodec::kSnappy;
         });
}

bool PagedColumns::HasDictionaries(duckdb::column_t column) {
  if (!CanRead(column)) return false;
  const auto file_column = *FindColumn(column);
  return std::ranges::all_of(opened_->footer.row_groups, [&](const auto& group) {
    return group.chunks[file_column].has_dictionary;
  });
}

const std::vector<ParquetRowGroup>& PagedColumns::row_groups() {
  Open();
  return opened_->footer.row_groups;
}

std::optional<uint64_t> PagedColumns::NullsBesideDictionary(duckdb::column_t column, size_t group) {
  if (opened_ == nullptr) opened_ = OpenFile();
  const auto& footer = opened_->footer;
  if (!footer.created_by.starts_with("DuckDB version ")) return std::nullopt;
  const auto file_column = FindColumn(column);
  if (!file_column) return std::nullopt;
  const auto& place = footer.row_groups[group].chunks[*file_column];
  if (!place.has_dictionary) return std::nullopt;
  return footer.columns[*file_column].is_optional ? place.null_count : 0;
}

std::unique_ptr<ParquetChunk> PagedColumns::OpenOwn(duckdb::column_t column, size_t group) {
  if (!Open()) return nullptr;
  const auto file_column = FindColumn(column);
  if (!file_column) return nullptr;
  auto chunk = ReadChunk(*file_column, group);
  return chunk ? *std::move(chunk) : nullptr;
}

bool PagedColumns::Read(duckdb::column_t column, uint64_t position, duckdb::Vector& result,
                        uint64_t row) {
  if (!Open()) return false;
  const auto& groups = opened_->footer.row_groups;
  const auto after = std::ranges::upper_bound(groups, position, {}, &ParquetRowGroup::first_row);
  const auto file_column = FindColumn(column);
  if (after == groups.begin() || !file_column) return false;
  const auto group = static_cast<size_t>(after - groups.begin()) - 1;
  const auto opened = OpenChunk(column, *file_column, group);
  if (opened->chunk == nullptr) return false;
  const std::lock_guard lock(opened->mutex);
  const auto value = opened->chunk->Get(position - groups[group].first_row);
  if (!value) return false;
  if (*value) {
    SetPlainValue(**value, result, row);
  } else {
    duckdb::FlatVector::SetNull(result, row, true);
  }
  return true;
}

}  // namespace icefall
