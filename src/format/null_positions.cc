#include "format/null_positions.h"

#include "base/endian.h"

namespace icefall {
namespace {

constexpr uint64_t kListShare = 32;
constexpr size_t kGroupBytes = 4 * sizeof(uint64_t);

bool IsList(uint64_t null_count, uint64_t row_count) { return null_count < row_count / kListShare; }

uint64_t SizeOfNulls(uint64_t null_count, uint64_t row_count) {
  if (null_count == 0 || null_count == row_count) return 0;
  return IsList(null_count, row_count) ? null_count * sizeof(uint32_t) : (row_count + 7) / 8;
}

// The groups of encoded bytes.
class Groups {
 public:
  struct Group {
    uint64_t first_row = 0;
    uint64_t row_count = 0;
    uint64_t null_count = 0;
    std::string_view nulls;
  };

  explicit Groups(std::string_view bytes) : bytes_(bytes) {
    if (bytes_.size() < sizeof(uint64_t)) return;
    const auto count = LoadLittleEndian<uint64_t>(bytes_.data());
    if (count <= (bytes_.size() - sizeof(uint64_t)) / kGroupBytes) count_ = count;
  }

  uint64_t size() const { return count_; }
  // Absent when the bytes are damaged.
  std::optional<Group> Get(uint64_t number) const {
    const auto* numbers = bytes_.data() + sizeof(uint64_t) + number * kGroupBytes;
    const auto get = [&](size_t i) {
      return LoadLittleEndian<uint64_t>(numbers + i * sizeof(uint64_t));
    };
    Group group{get(0), get(1), get(2), {}};
    if (group.null_count > group.row_count || group.row_count > UINT32_MAX) return std::nullopt;
    const auto nulls = bytes_.substr(sizeof(uint64_t) + count_ * kGroupBytes);
    const auto size = SizeOfNulls(group.null_count, group.row_count);
    if (get(3) > nulls.size() || size > nulls.size() - get(3)) return std::nullopt;
    group.nulls = nulls.substr(get(3), size);
    return group;
  }

 private:
  const std::string_view bytes_;
  uint64_t count_ = 0;
};

bool IsInList(std::string_view list, uint64_t row) {
  const auto at = [&](uint64_t i) {
    return LoadLittleEndian<uint32_t>(list.data() + i * sizeof(uint32_t));
  };
  const uint64_t count = list.size() / sizeof(uint32_t);
  uint64_t begin = 0;
  for (uint64_t end = count; begin < end;) {
    const auto middle = begin + (end - begin) / 2;
    if (at(middle) < row) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin < count && at(begin) == row;
}

bool IsNull(const Groups::Group& group, uint64_t row) {
  if (group.nulls.empty()) return group.null_count > 0;
  if (IsList(group.null_count, group.row_count)) return IsInList(group.nulls, row);
  return (static_cast<unsigned char>(group.nulls[row / 8]) >> (row % 8) & 1) != 0;
}

}  // namespace

GroupNulls EncodeGroupNulls(std::span<const uint32_t> rows, uint64_t row_count) {
  GroupNulls group{row_count, rows.size(), {}};
  const auto size = SizeOfNulls(rows.size(), row_count);
  if (size == 0) return group;
  if (IsList(rows.size(), row_count)) {
    group.bytes.reserve(size);
    for (const uint32_t row : rows) AppendLittleEndian(row, group.bytes);
    return group;
  }
  group.bytes.resize(size);
  for (const uint32_t row : rows) {
    auto& byte = group.bytes[row / 8];
    byte = static_cast<char>(byte | (1 << (row % 8)));
  }
  return group;
}

std::string EncodeNulls(const std::vector<GroupNulls>& groups) {
  std::string bytes;
  AppendLittleEndian<uint64_t>(groups.size(), bytes);
  uint64_t first_row = 0;
  uint64_t offset = 0;
  for (const auto& group : groups) {
    AppendLittleEndian(first_row, bytes);
    AppendLittleEndian(group.row_count, bytes);
    AppendLittleEndian(group.null_count, bytes);
    AppendLittleEndian(offset, bytes);
    first_row += group.row_count;
    offset += group.bytes.size();
  }
  for (const auto& group : groups) bytes += group.bytes;
  return bytes;
}

std::optional<uint64_t> CountNullsAt(std::string_view bytes, const DeletionVector& positions) {
  const Groups groups(bytes);
  uint64_t number = 0;
  std::optional<Groups::Group> group;
  std::optional<uint64_t> count = 0;
  positions.ForEach([&](uint64_t position) {
    while (!group || position - group->first_row >= group->row_count) {
      group = number < groups.size() ? groups.Get(number++) : std::nullopt;
      if (!group || position < group->first_row) {
        count.reset();
        return false;
      }
    }
    *count += IsNull(*group, position - group->first_row) ? 1 : 0;
    return true;
  });
  return count;
}

}  // namespace icefall
