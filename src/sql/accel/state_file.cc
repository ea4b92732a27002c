#include "sql/accel/state_file.h"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <map>
#include <utility>

#include "duckdb/common/serializer/binary_deserializer.hpp"
#include "duckdb/common/serializer/binary_serializer.hpp"
#include "duckdb/common/serializer/memory_stream.hpp"
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "store/file_descriptor.h"

namespace icefall {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMagic = "ICEAGG01";
// Hash of the description, its size, magic.
constexpr size_t kTailBytes = 64 + 16 + 8;
constexpr size_t kChecksumDigits = 32;

std::string Checksum(std::string_view bytes) { return Sha256Hex(bytes).substr(0, kChecksumDigits); }

// A file that is open for reading.
class Input {
 public:
  explicit Input(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) {}
  // 0: there is nothing to read.
  uint64_t size_bytes() const {
    struct stat status = {};
    if (!descriptor_.valid() || ::fstat(descriptor_.get(), &status) != 0 ||
        !S_ISREG(status.st_mode)) {
      return 0;
    }
    return static_cast<uint64_t>(status.st_size);
  }
  std::optional<std::string> Read(uint64_t offset, uint64_t size_bytes) const {
    std::string bytes(size_bytes, '\0');
    size_t done = 0;
    while (done < bytes.size()) {
      const auto count = ::pread(descriptor_.get(), bytes.data() + done, bytes.size() - done,
                                 static_cast<off_t>(offset + done));
      if (count <= 0) return std::nullopt;
      done += static_cast<size_t>(count);
    }
    return bytes;
  }

 private:
  const FileDescriptor descriptor_;
};

// Of each key and shape, the units.
using Groups = std::map<std::pair<std::string_view, const StateShape*>, Json>;

std::vector<StateFile::Entry> ParseDescription(const Json& json, uint64_t states_bytes) {
  std::vector<std::shared_ptr<const StateShape>> shapes;
  for (const auto& shape : json.at("shapes")) {
    shapes.push_back(std::make_shared<const StateShape>(
        StateShape{shape.at("keys").get<std::vector<std::string>>(),
                   shape.at("states").get<std::vector<std::string>>()}));
  }
  std::vector<StateFile::Entry> entries;
  for (const auto& group : json.at("units_of")) {
    for (const auto& unit : group.at("units")) {
      StateFile::Entry entry;
      entry.address.key = group.at("key").get<std::string>();
      entry.address.shape = shapes.at(group.at("shape").get<size_t>());
      entry.address.unit = unit.at(0).get<uint64_t>();
      entry.address.deleted = {unit.at(1).get<uint64_t>(), unit.at(2).get<uint64_t>(),
                               unit.at(3).get<uint64_t>()};
      entry.row_count = unit.at(4).get<uint64_t>();
      entry.offset = unit.at(5).get<uint64_t>();
      entry.size_bytes = unit.at(6).get<uint64_t>();
      entry.checksum = unit.at(7).get<std::string>();
      if (entry.offset > states_bytes || entry.size_bytes > states_bytes - entry.offset) return {};
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

}  // namespace

std::optional<std::string> EncodeStates(const StateRows& rows) {
  try {
    duckdb::MemoryStream stream;
    duckdb::BinarySerializer serializer(stream);
    serializer.Begin();
    serializer.WriteList(
        100, "chunks", rows.chunks.size(), [&](duckdb::Serializer::List& list, duckdb::idx_t i) {
          list.WriteObject(
              [&](duckdb::Serializer& object) { rows.chunks[i]->Serialize(object, false); });
        });
    serializer.End();
    return std::string(reinterpret_cast<const char*>(stream.GetData()), stream.GetPosition());
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::shared_ptr<StateRows> DecodeStates(std::string_view bytes, uint64_t row_count) {
  auto rows = std::make_shared<StateRows>();
  std::string copy(bytes);
  try {
    duckdb::MemoryStream stream(reinterpret_cast<duckdb::data_ptr_t>(copy.data()), copy.size());
    duckdb::BinaryDeserializer deserializer(stream);
    deserializer.Begin();
    deserializer.ReadList(100, "chunks", [&](duckdb::Deserializer::List& list, duckdb::idx_t) {
      list.ReadObject([&](duckdb::Deserializer& object) {
        auto chunk = duckdb::make_uniq<duckdb::DataChunk>();
        chunk->Deserialize(object);
        rows->Add(std::move(chunk));
      });
    });
    deserializer.End();
  } catch (const std::exception&) {
    return nullptr;
  }
  return rows->row_count == row_count ? rows : nullptr;
}

std::string EncodeStateFile(const std::vector<StateRecord>& records) {
  std::string bytes;
  std::vector<const StateShape*> shapes;
  Groups groups;
  for (const auto& record : records) {
    const auto& address = record.address;
    const auto* shape = address.shape.get();
    for (const auto* known : shapes) {
      if (*known == *shape) shape = known;
    }
    if (shape == address.shape.get() && std::ranges::find(shapes, shape) == shapes.end()) {
      shapes.push_back(shape);
    }
    auto& units = groups.try_emplace({address.key, shape}, Json::array()).first->second;
    units.push_back({address.unit, address.deleted.count, address.deleted.hash_low,
                     address.deleted.hash_high, record.row_count, bytes.size(), record.bytes.size(),
                     Checksum(record.bytes)});
    bytes += record.bytes;
  }
  Json description{{"shapes", Json::array()}, {"units_of", Json::array()}};
  for (const auto* shape : shapes) {
    description["shapes"].push_back({{"keys", shape->keys}, {"states", shape->states}});
  }
  for (auto& [group, units] : groups) {
    const auto shape = std::ranges::find(shapes, group.second) - shapes.begin();
    description["units_of"].push_back(
        {{"key", group.first}, {"shape", shape}, {"units", std::move(units)}});
  }
  // A path that is no text leads nowhere.
  const std::string text = description.dump(-1, ' ', false, Json::error_handler_t::replace);
  bytes += text;
  bytes += Sha256Hex(text);
  bytes += fmt::format("{:016x}", text.size());
  bytes += kMagic;
  return bytes;
}

std::shared_ptr<const StateFile> StateFile::Open(const std::string& path) {
  const Input input(path);
  const uint64_t size_bytes = input.size_bytes();
  if (size_bytes < kTailBytes) return nullptr;
  const auto tail = input.Read(size_bytes - kTailBytes, kTailBytes);
  if (!tail || !tail->ends_with(kMagic)) return nullptr;
  const uint64_t text_bytes = std::strtoull(tail->substr(64, 16).c_str(), nullptr, 16);
  if (text_bytes > size_bytes - kTailBytes) return nullptr;
  const uint64_t states_bytes = size_bytes - kTailBytes - text_bytes;
  const auto text = input.Read(states_bytes, text_bytes);
  if (!text || Sha256Hex(*text) != tail->substr(0, 64)) return nullptr;
  auto file = std::make_shared<StateFile>();
  file->path_ = path;
  file->size_bytes_ = size_bytes;
  try {
    file->entries_ = ParseDescription(Json::parse(*text), states_bytes);
  } catch (const std::exception&) {  // Of Json, and of shapes that are not there.
    return nullptr;
  }
  return file;
}

std::optional<std::string> FindStatesDamage(const std::string& path, bool reads_all) {
  const auto file = StateFile::Open(path);
  const auto is_there = [&] { return ::access(path.c_str(), F_OK) == 0; };
  if (file == nullptr || file->entries().empty()) {
    if (!is_there()) return std::nullopt;
    return fmt::format("its {} bytes do not end with a description, the SHA-256 of that and {}",
                       Input(path).size_bytes(), kMagic);
  }
  if (!reads_all) return std::nullopt;
  uint64_t damaged = 0;
  for (const auto& entry : file->entries()) {
    const auto bytes = file->Read(entry);
    if (!bytes || DecodeStates(*bytes, entry.row_count) == nullptr) ++damaged;
  }
  if (damaged == 0 || !is_there()) return std::nullopt;
  return fmt::format("{} of its {} states have another checksum than was written", damaged,
                     file->entries().size());
}

std::optional<std::string> StateFile::Read(const Entry& entry) const {
  auto bytes = Input(path_).Read(entry.offset, entry.size_bytes);
  if (!bytes || Checksum(*bytes) != entry.checksum) return std::nullopt;
  return bytes;
}

}  // namespace icefall
