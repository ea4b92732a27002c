#include "format/parquet_footer.h"

#include <fmt/format.h>

#include "base/endian.h"
#include "format/thrift_reader.h"

namespace icefall {
namespace {

using Type = ThriftReader::Type;

constexpr std::string_view kMagic = "PAR1";
constexpr size_t kTailSize = 8;  // length of the footer, magic

std::unexpected<Error> Bad(std::string_view what) {
  return Fail(ErrorCode::kCorruption, fmt::format("Parquet footer: {}", what));
}

class FooterReader {
 public:
  FooterReader(std::string_view footer, uint64_t data_end) : thrift_(footer), data_end_(data_end) {}

  Result<ParquetFooter> Read() {
    thrift_.ReadStruct([this](int32_t field, Type type) {
      if (field == 6 && type == Type::kBinary) footer_.created_by = thrift_.ReadBinary();
      if (type != Type::kList) return;
      if (field == 2) thrift_.ReadList([this](Type) { ReadSchemaElement(); });
      if (field == 4) thrift_.ReadList([this](Type) { ReadRowGroup(); });
    });
    if (!thrift_.ok()) return Bad("ends too early, or is no footer");
    if (!has_root_ || !open_groups_.empty()) return Bad("the schema ends too early");
    if (is_elsewhere_) {
      return Fail(ErrorCode::kUnsupported, "Parquet footer: expected plain data in the same file");
    }
    for (const auto& group : footer_.row_groups) {
      if (group.chunks.size() != footer_.columns.size()) {
        return Bad(fmt::format("expected {} columns in a row group, found {}",
                               footer_.columns.size(), group.chunks.size()));
      }
      for (const auto& chunk : group.chunks) {
        if (chunk.begin > data_end_ || chunk.size_bytes > data_end_ - chunk.begin) {
          return Bad("a column is past the end of the data");
        }
      }
    }
    return std::move(footer_);
  }

 private:
  void ReadSchemaElement() {
    ParquetColumn column;
    int64_t children = 0;
    bool is_repeated = false;
    thrift_.ReadStruct([&](int32_t field, Type type) {
      if (type != Type::kInt32) return;
      const int64_t value = thrift_.ReadInteger();
      switch (field) {
        case 1:
          column.type = static_cast<ParquetType>(value);
          break;
        case 3:
          column.is_optional = value == 1;
          is_repeated = value == 2;
          break;
        case 5:
          children = value;
          break;
        case 6:
          column.converted_type = static_cast<int32_t>(value);
          break;
        case 7:
          column.scale = static_cast<int32_t>(value);
          break;
        case 9:
          column.field_id = static_cast<int32_t>(value);
          break;
        default:
          break;
      }
    });
    AddElement(column, children, is_repeated);
  }

  // Elements come depth first.
  void AddElement(ParquetColumn column, int64_t children, bool is_repeated) {
    const bool is_top_level = open_groups_.size() == 1;
    if (has_root_ && !open_groups_.empty()) --open_groups_.back();
    if (children > 0 || !has_root_) {
      open_groups_.push_back(children);
    } else {
      if (!is_top_level || is_repeated) column.field_id.reset();
      footer_.columns.push_back(column);
    }
    has_root_ = true;
    while (!open_groups_.empty() && open_groups_.back() <= 0) open_groups_.pop_back();
  }

  void ReadRowGroup() {
    ParquetRowGroup group;
    group.first_row = row_count_;
    thrift_.ReadStruct([&](int32_t field, Type type) {
      if (field == 1 && type == Type::kList) {
        thrift_.ReadList([&](Type) { group.chunks.push_back(ReadChunk()); });
      } else if (field == 3 && type == Type::kInt64) {
        group.row_count = static_cast<uint64_t>(thrift_.ReadInteger());
      }
    });
    row_count_ += group.row_count;
    footer_.row_groups.push_back(std::move(group));
  }

  ParquetChunkPlace ReadChunk() {
    ParquetChunkPlace place;
    thrift_.ReadStruct([&](int32_t field, Type type) {
      if (field == 3 && type == Type::kStruct) place = ReadMetadata();
      // The bytes of another file, or encrypted ones.
      if (field == 1 || field == 8 || field == 9) is_elsewhere_ = true;
    });
    return place;
  }

  ParquetChunkPlace ReadMetadata() {
    ParquetChunkPlace place;
    uint64_t data = 0;
    uint64_t dictionary = 0;
    const auto read_statistics = [&](int32_t field, Type type) {
      if (field != 3 || type != Type::kInt64) return;
      place.null_count = static_cast<uint64_t>(thrift_.ReadInteger());
    };
    thrift_.ReadStruct([&](int32_t field, Type type) {
      if (field == 12 && type == Type::kStruct) return thrift_.ReadStruct(read_statistics);
      if (type != Type::kInt32 && type != Type::kInt64) return;
      const int64_t value = thrift_.ReadInteger();
      if (field == 4) place.codec = static_cast<ParquetCodec>(value);
      if (field == 7) place.size_bytes = static_cast<uint64_t>(value);
      if (field == 9) data = static_cast<uint64_t>(value);
      if (field == 11) dictionary = static_cast<uint64_t>(value);
    });
    place.has_dictionary = dictionary > 0 && dictionary < data;
    place.begin = place.has_dictionary ? dictionary : data;
    return place;
  }

  ThriftReader thrift_;
  const uint64_t data_end_;
  ParquetFooter footer_;
  bool has_root_ = false;
  std::vector<int64_t> open_groups_;  // how many children of each are still to come
  uint64_t row_count_ = 0;
  bool is_elsewhere_ = false;
};

}  // namespace

Result<ParquetFooter> ReadParquetFooter(std::string_view file) {
  if (file.size() < kMagic.size() + kTailSize || !file.ends_with(kMagic)) {
    return Bad("expected a file that ends with PAR1");
  }
  const uint64_t size = LoadLittleEndian<uint32_t>(file.data() + file.size() - kTailSize);
  const uint64_t end = file.size() - kTailSize;
  if (size > end - kMagic.size()) return Bad("is longer than the file");
  return FooterReader(file.substr(end - size, size), end - size).Read();
}

}  // namespace icefall
