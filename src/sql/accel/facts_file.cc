#include "sql/accel/facts_file.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "duckdb/common/checksum.hpp"
#include "duckdb/common/serializer/binary_deserializer.hpp"
#include "duckdb/common/serializer/binary_serializer.hpp"
#include "duckdb/common/serializer/memory_stream.hpp"
#include "duckdb/common/types/data_chunk.hpp"
#include <fmt/format.h>

#include "base/block_checksum.h"
#include "base/endian.h"

namespace icefall {
namespace {

constexpr std::string_view kMagic = "ICEFCT02";
// With DuckDB's checksums, which took as long as reading the NULLs of small files.
constexpr std::string_view kFirstMagic = "ICEFCT01";
// Magic, checksum of the columns, their size.
constexpr size_t kHeadBytes = 3 * sizeof(uint64_t);

uint64_t FirstChecksum(std::string_view bytes) {
  std::string none;
  auto* begin = bytes.empty() ? none.data() : const_cast<char*>(bytes.data());
  return duckdb::Checksum(reinterpret_cast<uint8_t*>(begin), bytes.size());
}

// The least ones first; the second number is how many these are.
std::string EncodeExtremes(const FactsOfColumn& facts) {
  if (facts.smallest.empty() && facts.largest.empty()) return "";
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::Allocator::DefaultAllocator(),
                   {facts.type, duckdb::LogicalType::UBIGINT},
                   facts.smallest.size() + facts.largest.size());
  duckdb::idx_t count = 0;
  for (const auto* rows : {&facts.smallest, &facts.largest}) {
    for (const auto& row : *rows) {
      chunk.SetValue(0, count, row.value);
      chunk.SetValue(1, count, duckdb::Value::UBIGINT(row.position));
      ++count;
    }
  }
  chunk.SetCardinality(count);
  std::string bytes;
  AppendLittleEndian<uint64_t>(facts.smallest.size(), bytes);
  try {
    duckdb::MemoryStream stream;
    duckdb::BinarySerializer serializer(stream);
    serializer.Begin();
    chunk.Serialize(serializer, false);
    serializer.End();
    bytes.append(reinterpret_cast<const char*>(stream.GetData()), stream.GetPosition());
  } catch (const std::exception&) {
    return "";
  }
  return bytes;
}

std::optional<FactsFile::Extremes> DecodeExtremes(std::string_view bytes,
                                                  const duckdb::LogicalType& type) {
  FactsFile::Extremes extremes;
  extremes.smallest.reserve(kExtremeCountMax);
  extremes.largest.reserve(kExtremeCountMax);
  if (bytes.size() < sizeof(uint64_t)) return std::nullopt;
  const auto smallest_count = LoadLittleEndian<uint64_t>(bytes.data());
  std::string copy(bytes.substr(sizeof(uint64_t)));
  try {
    duckdb::MemoryStream stream(reinterpret_cast<duckdb::data_ptr_t>(copy.data()), copy.size());
    duckdb::BinaryDeserializer deserializer(stream);
    deserializer.Begin();
    duckdb::DataChunk chunk;
    chunk.Deserialize(deserializer);
    deserializer.End();
    if (chunk.ColumnCount() != 2 || chunk.data[0].GetType() != type) return std::nullopt;
    if (chunk.data[1].GetType() != duckdb::LogicalType::UBIGINT) return std::nullopt;
    duckdb::UnifiedVectorFormat format;
    chunk.data[1].ToUnifiedFormat(chunk.size(), format);
    const auto* positions = duckdb::UnifiedVectorFormat::GetData<uint64_t>(format);
    for (duckdb::idx_t i = 0; i < chunk.size(); ++i) {
      auto& rows = i < smallest_count ? extremes.smallest : extremes.largest;
      rows.push_back({chunk.GetValue(0, i), positions[format.sel->get_index(i)]});
    }
  } catch (const std::exception&) {
    return std::nullopt;
  }
  return extremes;
}

void AppendText(std::string_view text, std::string& bytes) {
  AppendLittleEndian<uint64_t>(text.size(), bytes);
  bytes += text;
}

// Reads what was appended, as long as there is any.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool failed() const { return failed_; }
  bool at_end() const { return bytes_.empty(); }

  uint64_t Number() {
    const auto bytes = Take(sizeof(uint64_t));
    return failed_ ? 0 : LoadLittleEndian<uint64_t>(bytes.data());
  }
  std::string_view Text() { return Take(Number()); }

 private:
  std::string_view Take(uint64_t size) {
    failed_ |= size > bytes_.size();
    if (failed_) return {};
    const auto taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
  bool failed_ = false;
};

}  // namespace

std::string EncodeFactsFile(const FactsIdentity& identity,
                            const std::vector<FactsOfColumn>& columns) {
  std::string head;
  std::string parts;
  for (const auto* text : {&identity.table_uuid, &identity.path, &identity.sha256}) {
    AppendText(*text, head);
  }
  const auto add_part = [&](const std::string& part) {
    AppendLittleEndian<uint64_t>(parts.size(), head);
    AppendLittleEndian<uint64_t>(part.size(), head);
    AppendLittleEndian(BlockChecksum(part), head);
    parts += part;
  };
  for (const auto& column : columns) {
    AppendLittleEndian(static_cast<uint64_t>(column.field.value), head);
    AppendText(column.type.ToString(), head);
    add_part(EncodeExtremes(column));
    add_part(column.nulls);
  }
  std::string bytes(kMagic);
  AppendLittleEndian(BlockChecksum(head), bytes);
  AppendText(head, bytes);
  return bytes + parts;
}

std::shared_ptr<const FactsFile> FactsFile::Open(const std::string& path,
                                                 const FactsIdentity& identity) {
  auto file = std::make_shared<FactsFile>();
  file->bytes_ = MappedFile::Open(path);
  if (file->bytes_ == nullptr || !file->ReadColumns(identity)) return nullptr;
  return file;
}

bool FactsFile::ReadColumns(const FactsIdentity& identity) {
  const auto bytes = bytes_->bytes();
  if (bytes.size() < kHeadBytes) return false;
  if (bytes.starts_with(kFirstMagic)) {
    checksum_ = FirstChecksum;
  } else if (!bytes.starts_with(kMagic)) {
    return false;
  }
  Reader file(bytes.substr(kMagic.size()));
  const auto checksum = file.Number();
  const auto head = file.Text();
  if (file.failed() || checksum_(head) != checksum) return false;
  Reader reader(head);
  for (const auto* text : {&identity.table_uuid, &identity.path, &identity.sha256}) {
    if (reader.Text() != *text) return false;
  }
  const uint64_t parts_begin = kHeadBytes + head.size();
  const auto read_part = [&] {
    Part part;
    part.begin = parts_begin + reader.Number();
    part.size_bytes = reader.Number();
    part.checksum = reader.Number();
    return part;
  };
  while (!reader.at_end() && !reader.failed()) {
    Column column;
    column.field = FieldId(static_cast<int32_t>(reader.Number()));
    column.type = reader.Text();
    column.extremes = read_part();
    column.nulls = read_part();
    columns_.push_back(std::move(column));
  }
  has_sound_nulls_ = std::make_unique<std::atomic<bool>[]>(columns_.size());
  return !reader.failed();
}

std::optional<std::string_view> FactsFile::FindPart(const Part& part) const {
  const auto bytes = bytes_->bytes();
  if (part.begin > bytes.size() || part.size_bytes > bytes.size() - part.begin) return std::nullopt;
  return bytes.substr(part.begin, part.size_bytes);
}

std::optional<std::string_view> FactsFile::ReadPart(const Part& part) const {
  const auto found = FindPart(part);
  return found && checksum_(*found) == part.checksum ? found : std::nullopt;
}

std::optional<std::string> FactsFile::FindDamage(bool reads_all) const {
  for (const auto& column : columns_) {
    for (const auto* part : {&column.extremes, &column.nulls}) {
      if (!FindPart(*part)) {
        return fmt::format("expected {} bytes or more, found {}", part->begin + part->size_bytes,
                           bytes_->bytes().size());
      }
      if (!reads_all || ReadPart(*part)) continue;
      return fmt::format("{} of field {} have another checksum than was written",
                         part == &column.nulls ? "the NULLs" : "the extremes", column.field.value);
    }
  }
  return std::nullopt;
}

const FactsFile::Column* FactsFile::Find(FieldId field) const {
  const auto found = std::ranges::find(columns_, field, &Column::field);
  return found == columns_.end() ? nullptr : &*found;
}

std::optional<FactsFile::Extremes> FactsFile::ReadExtremes(FieldId field,
                                                           const duckdb::LogicalType& type) const {
  const auto* column = Find(field);
  if (column == nullptr || column->type != type.ToString()) return std::nullopt;
  const auto bytes = ReadPart(column->extremes);
  return bytes ? DecodeExtremes(*bytes, type) : std::nullopt;
}

std::optional<std::string_view> FactsFile::ReadNulls(FieldId field) const {
  const auto* column = Find(field);
  if (column == nullptr) return std::nullopt;
  auto& is_sound = has_sound_nulls_[static_cast<size_t>(column - columns_.data())];
  if (is_sound) return FindPart(column->nulls);
  const auto nulls = ReadPart(column->nulls);
  if (nulls) is_sound = true;
  return nulls;
}

}  // namespace icefall
