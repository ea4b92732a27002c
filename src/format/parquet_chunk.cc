#include "format/parquet_chunk.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include <fmt/format.h>

#include "base/endian.h"
#include "format/rle_runs.h"
#include "format/thrift_reader.h"

namespace icefall {
namespace {

using Type = ThriftReader::Type;

constexpr size_t kLengthSize = 4;
constexpr size_t kTextAhead = 4096;

std::unexpected<Error> Bad(std::string_view what) {
  return Fail(ErrorCode::kCorruption, fmt::format("Parquet page: {}", what));
}

constexpr size_t kCodesAtOnce = 2048;

// Indexes in their order, some at a time.
class IndexReader {
 public:
  IndexReader(std::string_view bytes, uint8_t width) : runs_(bytes, width) {}

  // Fills `indexes`.
  Result<void> Read(std::span<uint32_t> indexes) {
    while (!indexes.empty()) {
      if (!run_ || in_run_ == run_->count) {
        run_ = runs_.Next();
        in_run_ = 0;
        if (!run_) return Bad("its indexes end too early");
      }
      const auto count = std::min<uint64_t>(run_->count - in_run_, indexes.size());
      run_->Unpack(in_run_, count, indexes.data());
      in_run_ += count;
      indexes = indexes.subspan(count);
    }
    return {};
  }

 private:
  RleRuns runs_;
  std::optional<RleRuns::Run> run_;
  uint64_t in_run_ = 0;
};

// Whether the levels are one run of as many values.
bool AreAllThere(std::string_view levels, uint64_t count) {
  const auto run = RleRuns(levels, 1).Next();
  return run && run->packed.empty() && run->value == 1 && run->count >= count;
}

// Fills `is_there` from definition levels of one bit: 1 for a value, 0 for NULL. Answers how many
// values there are.
Result<uint64_t> ReadLevels(std::string_view levels, std::span<uint32_t> is_there) {
  RleRuns runs(levels, 1);
  uint64_t value_count = 0;
  size_t done = 0;
  while (done < is_there.size()) {
    const auto run = runs.Next();
    if (!run) return Bad("definition levels end too early");
    const auto count = std::min<uint64_t>(run->count, is_there.size() - done);
    run->Unpack(0, count, is_there.data() + done);
    value_count += run->CountOnes(count);
    done += count;
  }
  return value_count;
}

// How a row stands among the values that a page holds.
struct ValuePlace {
  bool is_null = false;
  uint64_t number = 0;  // of its value; of a NULL meaningless
};

// From definition levels of one bit.
Result<ValuePlace> PlaceOf(std::string_view levels, uint64_t row) {
  RleRuns runs(levels, 1);
  uint64_t before = 0;
  while (const auto run = runs.Next()) {
    const uint64_t count = std::min(run->count, row - run->first + 1);
    if (row >= run->first + run->count) {
      before += run->CountOnes(count);
      continue;
    }
    const bool is_null = run->Value(row - run->first) == 0;
    return ValuePlace{is_null, before + run->CountOnes(count - 1)};
  }
  return Bad("definition levels end too early");
}

}  // namespace

struct ParquetChunk::Header {
  enum class Kind : int32_t { kData = 0, kDictionary = 2 };  // and others
  enum class Encoding : int32_t { kPlain = 0, kPlainDictionary = 2, kRle = 3, kRleDictionary = 8 };

  Kind kind = Kind::kData;
  uint64_t size_bytes = 0;
  uint64_t compressed_size_bytes = 0;
  uint64_t value_count = 0;
  Encoding encoding = Encoding::kPlain;
  Encoding level_encoding = Encoding::kRle;

  bool has_dictionary() const {
    return encoding == Encoding::kPlainDictionary || encoding == Encoding::kRleDictionary;
  }

  // Moves `bytes` behind it.
  static Result<Header> Read(std::string_view& bytes) {
    Header header;
    ThriftReader thrift(bytes);
    const auto read_values = [&](int32_t field, Type type) {
      if (type != Type::kInt32) return;
      const int64_t value = thrift.ReadInteger();
      if (field == 1) header.value_count = static_cast<uint64_t>(value);
      if (field == 2) header.encoding = static_cast<Encoding>(value);
      if (field == 3) header.level_encoding = static_cast<Encoding>(value);
    };
    thrift.ReadStruct([&](int32_t field, Type type) {
      if (type == Type::kInt32) {
        const int64_t value = thrift.ReadInteger();
        if (field == 1) header.kind = static_cast<Kind>(value);
        if (field == 2) header.size_bytes = static_cast<uint64_t>(value);
        if (field == 3) header.compressed_size_bytes = static_cast<uint64_t>(value);
      } else if (type == Type::kStruct && (field == 5 || field == 7)) {
        thrift.ReadStruct(read_values);
      }
    });
    if (!thrift.ok()) return Bad("its header ends too early");
    bytes.remove_prefix(thrift.position());
    if (header.compressed_size_bytes > bytes.size()) return Bad("ends too early");
    return header;
  }
};

Result<std::string_view> ParquetChunk::Body::Read(size_t begin, size_t end) {
  if (begin > end || end > size()) return Bad("a value is past its end");
  if (blocks_) return blocks_->Read(begin, end);
  return plain_.substr(begin, end - begin);
}

Result<std::unique_ptr<ParquetChunk>> ParquetChunk::Open(std::string_view bytes,
                                                         const ParquetColumn& column,
                                                         ParquetCodec codec) {
  if (codec != ParquetCodec::kNone && codec != ParquetCodec::kSnappy) {
    return Fail(ErrorCode::kUnsupported, "Parquet column: expected no compression, or Snappy");
  }
  std::unique_ptr<ParquetChunk> chunk(new ParquetChunk(column));
  ICEFALL_RETURN_IF_ERROR(chunk->ReadPages(bytes, codec));
  return chunk;
}

Result<void> ParquetChunk::ReadPages(std::string_view bytes, ParquetCodec codec) {
  while (!bytes.empty()) {
    ICEFALL_ASSIGN_OR_RETURN(const Header header, Header::Read(bytes));
    const auto stored = bytes.substr(0, header.compressed_size_bytes);
    bytes.remove_prefix(header.compressed_size_bytes);
    // What a page of the largest size holds; more would be allocated at the word of the file.
    constexpr uint64_t kSizeMax = uint64_t{1} << 30;
    if (header.size_bytes > kSizeMax) return Bad("states an impossible size");
    size_bytes_ += header.size_bytes;
    if (codec == ParquetCodec::kNone) {
      ICEFALL_RETURN_IF_ERROR(AddPage(header, Body(stored)));
      continue;
    }
    ICEFALL_ASSIGN_OR_RETURN(auto blocks, SnappyBlocks::Open(stored, header.size_bytes));
    ICEFALL_RETURN_IF_ERROR(AddPage(header, Body(std::move(blocks))));
  }
  return {};
}

Result<void> ParquetChunk::AddPage(const Header& header, Body body) {
  if (header.kind == Header::Kind::kDictionary) {
    if (dictionary_body_) return Bad("is the second dictionary of its column");
    dictionary_body_ = std::move(body);
    dictionary_count_ = header.value_count;
    size_bytes_ +=
        std::min<uint64_t>(header.value_count, header.size_bytes) * sizeof(dictionary_.front());
    return {};
  }
  const bool is_plain = header.encoding == Header::Encoding::kPlain;
  if (header.kind != Header::Kind::kData || (!is_plain && !header.has_dictionary()) ||
      (column_.is_optional && header.level_encoding != Header::Encoding::kRle)) {
    return Fail(ErrorCode::kUnsupported, "Parquet page: expected plain values, or a dictionary's");
  }
  const uint64_t first_row = pages_.empty() ? 0 : pages_.back().first_row + pages_.back().row_count;
  pages_.push_back(
      {first_row, header.value_count, header.has_dictionary(), std::move(body), {}, {}});
  return {};
}

size_t ParquetChunk::FixedSize() const {
  switch (column_.type) {
    case ParquetType::kInt32:
    case ParquetType::kFloat:
      return 4;
    case ParquetType::kInt64:
    case ParquetType::kDouble:
      return 8;
    default:
      return 0;
  }
}

Result<void> ParquetChunk::ReadDictionary() {
  if (!dictionary_body_) return {};
  Body& body = *dictionary_body_;
  ICEFALL_ASSIGN_OR_RETURN(std::string_view bytes, body.Read(0, body.size()));
  const size_t fixed = FixedSize();
  if (fixed == 0 && column_.type != ParquetType::kByteArray) {
    return Fail(ErrorCode::kUnsupported, "Parquet page: a dictionary of another type");
  }
  std::vector<std::string_view> values;
  values.reserve(std::min<uint64_t>(dictionary_count_, bytes.size()));
  for (uint64_t i = 0; i < dictionary_count_; ++i) {
    size_t size = fixed;
    if (fixed == 0) {
      if (bytes.size() < kLengthSize) return Bad("the dictionary ends too early");
      size = LoadLittleEndian<uint32_t>(bytes.data());
      bytes.remove_prefix(kLengthSize);
    }
    if (bytes.size() < size) return Bad("the dictionary ends too early");
    values.push_back(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  dictionary_ = std::move(values);
  return {};
}

Result<std::string_view> ParquetChunk::PlainText(Page& page, size_t begin, uint64_t number) {
  if (page.marks.empty()) page.marks.push_back(begin);
  const uint64_t mark = std::min<uint64_t>(number / kMarkDistance, page.marks.size() - 1);
  size_t position = page.marks[mark];
  size_t ahead_begin = position;
  std::string_view ahead;
  for (uint64_t value = mark * kMarkDistance;; ++value) {
    if (value == page.marks.size() * kMarkDistance) page.marks.push_back(position);
    if (position + kLengthSize > ahead_begin + ahead.size()) {
      // All of it is on the way to values behind; one by one, reading costs more than they do.
      const size_t end = std::min(page.body.size(), position + kTextAhead);
      ICEFALL_ASSIGN_OR_RETURN(ahead,
                               page.body.Read(position, std::max(end, position + kLengthSize)));
      ahead_begin = position;
    }
    const size_t size = LoadLittleEndian<uint32_t>(ahead.data() + (position - ahead_begin));
    position += kLengthSize;
    if (value == number) return page.body.Read(position, position + size);
    position += size;
  }
}

Result<std::string_view> ParquetChunk::PlainValue(Page& page, size_t begin, uint64_t number) {
  if (column_.type == ParquetType::kBoolean) {
    const size_t byte = begin + number / 8;
    ICEFALL_ASSIGN_OR_RETURN(const auto bits, page.body.Read(byte, byte + 1));
    const bool is_set = (static_cast<uint8_t>(bits[0]) >> (number % 8) & 1) != 0;
    return std::string_view(is_set ? "\1" : "\0", 1);
  }
  if (column_.type == ParquetType::kByteArray) return PlainText(page, begin, number);
  const size_t size = FixedSize();
  if (size == 0) return Fail(ErrorCode::kUnsupported, "Parquet page: values of another type");
  return page.body.Read(begin + number * size, begin + (number + 1) * size);
}

Result<uint64_t> ParquetChunk::ReadIndex(Page& page, std::string_view indexes, uint8_t width,
                                         uint64_t number) {
  auto& marks = page.run_marks;
  if (marks.empty()) marks.emplace_back(indexes, width);
  const auto after = std::ranges::upper_bound(marks, number, {}, &RleRuns::passed);
  const bool is_last = after == marks.end();
  RleRuns runs = *std::prev(after);
  for (size_t passed = 1;; ++passed) {
    const auto run = runs.Next();
    if (!run) return Bad("its indexes end too early");
    if (number < run->first + run->count) return run->Value(number - run->first);
    if (is_last && passed % kRunMarkDistance == 0) marks.push_back(runs);
  }
}

Result<std::string_view> ParquetChunk::DictionaryValue(Page& page, size_t begin, uint64_t number) {
  ICEFALL_ASSIGN_OR_RETURN(const auto bytes, page.body.Read(begin, page.body.size()));
  if (bytes.empty()) return Bad("ends before its indexes");
  if (dictionary_.empty()) ICEFALL_RETURN_IF_ERROR(ReadDictionary());
  const auto width = static_cast<uint8_t>(bytes[0]);
  if (width > RleRuns::kWidthMax) return Bad("states an impossible width of its indexes");
  ICEFALL_ASSIGN_OR_RETURN(const auto index, ReadIndex(page, bytes.substr(1), width, number));
  if (index >= dictionary_.size()) return Bad("an index is past the end of the dictionary");
  return dictionary_[index];
}

Result<std::span<const std::string_view>> ParquetChunk::Dictionary() {
  if (dictionary_.empty()) ICEFALL_RETURN_IF_ERROR(ReadDictionary());
  return std::span<const std::string_view>(dictionary_);
}

Result<ParquetChunk::Codes> ParquetChunk::CodesOf(Page& page) {
  if (!page.has_dictionary) {
    return Fail(ErrorCode::kUnsupported, "Parquet page: expected indexes of a dictionary");
  }
  // What a column has in a row group; more would be allocated at the word of the file.
  constexpr uint64_t kRowsMax = uint64_t{1} << 24;
  if (page.row_count > kRowsMax) return Bad("states an impossible number of values");
  Codes codes;
  codes.count = page.row_count;
  size_t begin = 0;
  if (column_.is_optional) {
    ICEFALL_ASSIGN_OR_RETURN(const auto levels, Levels(page));
    begin = kLengthSize + levels.size();
    if (!AreAllThere(levels, page.row_count)) {
      codes.is_there.resize(page.row_count);
      ICEFALL_ASSIGN_OR_RETURN(codes.count, ReadLevels(levels, codes.is_there));
    }
  }
  if (codes.count == 0) return codes;
  ICEFALL_ASSIGN_OR_RETURN(const auto bytes, page.body.Read(begin, page.body.size()));
  if (bytes.empty()) return Bad("ends before its indexes");
  codes.width = static_cast<uint8_t>(bytes[0]);
  codes.indexes = bytes.substr(1);
  if (codes.width > RleRuns::kWidthMax) return Bad("states an impossible width of its indexes");
  return codes;
}

Result<void> ParquetChunk::CheckDictionary(std::span<const uint32_t> codes) const {
  if (codes.empty()) return {};
  // The highest bit of one that is too large, in a loop that a compiler makes wide.
  if (dictionary_.size() > INT32_MAX) return Bad("the dictionary is too large");
  const auto last = static_cast<uint32_t>(dictionary_.size()) - 1;
  uint32_t bits = 0;
  for (const uint32_t code : codes) bits |= code | (last - code);
  if (!dictionary_.empty() && bits >> 31 == 0) return {};
  return Bad("an index is past the end of the dictionary");
}

Result<void> ParquetChunk::ReadCodes(const VisitCodes& visit) {
  if (dictionary_.empty()) ICEFALL_RETURN_IF_ERROR(ReadDictionary());
  std::array<uint32_t, kCodesAtOnce> part;
  for (Page& page : pages_) {
    ICEFALL_ASSIGN_OR_RETURN(const auto codes, CodesOf(page));
    IndexReader indexes(codes.indexes, codes.width);
    for (uint64_t row = 0; row < page.row_count;) {
      const auto size = std::min<uint64_t>(part.size(), page.row_count - row);
      uint64_t value_count = size;
      if (!codes.is_there.empty()) {
        value_count = 0;
        for (uint64_t i = 0; i < size; ++i) value_count += codes.is_there[row + i];
      }
      ICEFALL_RETURN_IF_ERROR(indexes.Read({part.data(), value_count}));
      ICEFALL_RETURN_IF_ERROR(CheckDictionary({part.data(), value_count}));
      // From the end, so that none is overwritten before it is moved.
      for (uint64_t i = size; value_count < i;) {
        --i;
        part[i] = codes.is_there[row + i] != 0 ? part[--value_count] : kNullCode;
      }
      visit(page.first_row + row, {part.data(), size});
      row += size;
    }
  }
  return {};
}

Result<void> ParquetChunk::ReadCodesAt(std::span<const uint32_t> rows, std::span<uint32_t> codes) {
  if (dictionary_.empty()) ICEFALL_RETURN_IF_ERROR(ReadDictionary());
  size_t next = 0;
  for (Page& page : pages_) {
    const uint64_t end = page.first_row + page.row_count;
    if (next == rows.size() || rows[next] >= end) continue;
    ICEFALL_ASSIGN_OR_RETURN(const auto found, CodesOf(page));
    RleRuns runs(found.indexes, found.width);
    std::optional<RleRuns::Run> run;
    uint64_t number = 0;  // of the values before `row`
    uint64_t row = 0;
    for (; next < rows.size() && rows[next] < end; ++next) {
      const uint64_t in_page = rows[next] - page.first_row;
      if (found.is_there.empty()) {
        number = in_page;
      } else {
        for (; row < in_page; ++row) number += found.is_there[row];
        if (found.is_there[in_page] == 0) {
          codes[next] = kNullCode;
          continue;
        }
      }
      while (!run || number >= run->first + run->count) {
        run = runs.Next();
        if (!run) return Bad("its indexes end too early");
      }
      codes[next] = static_cast<uint32_t>(run->Value(number - run->first));
      ICEFALL_RETURN_IF_ERROR(CheckDictionary(codes.subspan(next, 1)));
    }
  }
  return next == rows.size() ? Result<void>() : Bad("the row is past the last one");
}

Result<ParquetChunk::Page*> ParquetChunk::PageOf(uint64_t row) {
  const auto after = std::ranges::upper_bound(pages_, row, {}, &Page::first_row);
  if (after == pages_.begin()) return Bad("there is none");
  Page& page = *std::prev(after);
  if (row - page.first_row >= page.row_count) return Bad("the row is past the last one");
  return &page;
}

Result<std::string_view> ParquetChunk::Levels(Page& page) {
  ICEFALL_ASSIGN_OR_RETURN(const auto length, page.body.Read(0, kLengthSize));
  const size_t end = kLengthSize + LoadLittleEndian<uint32_t>(length.data());
  return page.body.Read(kLengthSize, end);
}

Result<uint64_t> ParquetChunk::CountNulls(std::span<const uint64_t> rows) {
  uint64_t count = 0;
  if (!column_.is_optional) return count;
  while (!rows.empty()) {
    ICEFALL_ASSIGN_OR_RETURN(Page* const page, PageOf(rows.front()));
    ICEFALL_ASSIGN_OR_RETURN(const auto levels, Levels(*page));
    RleRuns runs(levels, 1);
    while (!rows.empty() && rows.front() - page->first_row < page->row_count) {
      const auto run = runs.Next();
      if (!run) return Bad("definition levels end too early");
      const uint64_t end = std::min(run->first + run->count, page->row_count);
      for (; !rows.empty() && rows.front() - page->first_row < end; rows = rows.subspan(1)) {
        const uint64_t in_run = rows.front() - page->first_row - run->first;
        count += run->Value(in_run) == 0 ? 1 : 0;
      }
    }
  }
  return count;
}

Result<std::optional<std::string_view>> ParquetChunk::Get(uint64_t row) {
  ICEFALL_ASSIGN_OR_RETURN(Page* const found, PageOf(row));
  Page& page = *found;
  const uint64_t in_page = row - page.first_row;
  size_t begin = 0;
  ValuePlace place{false, in_page};
  if (column_.is_optional) {
    ICEFALL_ASSIGN_OR_RETURN(const auto levels, Levels(page));
    begin = kLengthSize + levels.size();
    ICEFALL_ASSIGN_OR_RETURN(place, PlaceOf(levels, in_page));
  }
  if (place.is_null) return std::optional<std::string_view>();
  auto value = page.has_dictionary ? DictionaryValue(page, begin, place.number)
                                   : PlainValue(page, begin, place.number);
  if (!value) return Fail(std::move(value).error());
  return std::optional(*value);
}

}  // namespace icefall
