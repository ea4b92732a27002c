#include "index/index_file.h"

#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "base/endian.h"
#include "index/index_file_writer.h"
#include "index/key_filter.h"
#include "index/key_run.h"

namespace icefall {
namespace {

using Entries = std::vector<std::pair<std::string, uint32_t>>;

std::string BigEndian(uint64_t value) {
  std::string key = "\x01";
  AppendBigEndian(value, key);
  return key;
}

std::string Write(Entries entries) {
  std::ranges::sort(entries);
  IndexFileWriter writer("test");
  for (const auto& [key, position] : entries) writer.Add(key, position);
  return writer.Finish();
}

IndexFilePointer Open(std::string bytes) {
  auto file = IndexFile::Open(KeepBytes(std::move(bytes)), "test");
  EXPECT_TRUE(file.has_value()) << file.error().message();
  return *file;
}

// All entries at and after `key`, by the file.
Entries From(const IndexFile& file, const std::string& key, size_t count_max) {
  Entries found;
  IndexCursor cursor(file);
  EXPECT_TRUE(cursor.Seek(key).has_value());
  while (cursor.valid() && found.size() < count_max) {
    found.emplace_back(cursor.key(), cursor.position());
    EXPECT_TRUE(cursor.Next().has_value());
  }
  return found;
}

void ExpectFinds(const IndexFile& file, Entries entries, const std::vector<std::string>& probes) {
  std::ranges::sort(entries);
  IndexCursor forward(file);
  for (const auto& probe : probes) {
    const auto first = std::ranges::lower_bound(entries, probe, {}, &Entries::value_type::first);
    const size_t count = std::min<size_t>(5, entries.end() - first);
    EXPECT_EQ(From(file, probe, 5), Entries(first, first + count)) << probe;
    ASSERT_TRUE(forward.Seek(probe).has_value());
    ASSERT_EQ(forward.valid(), first != entries.end());
    if (!forward.valid()) continue;
    EXPECT_EQ(forward.position(), first->second);
  }
}

TEST(IndexFile, FindsCountedIntegersThroughTheModel) {
  Entries entries;
  std::vector<std::string> probes;
  for (uint32_t i = 0; i < 100'000; ++i) entries.emplace_back(BigEndian(5'000 + 3 * i), i);
  for (uint64_t i = 0; i < 320'000; i += 97) probes.push_back(BigEndian(i));
  const auto file = Open(Write(entries));
  EXPECT_TRUE(file->has_model());
  EXPECT_EQ(file->entry_count(), 100'000U);
  EXPECT_EQ(file->lowest(), BigEndian(5'000));
  EXPECT_EQ(file->highest(), BigEndian(304'997));
  // Keys of one size share all but their last bytes; the filter adds some more than one.
  EXPECT_LT(file->size_bytes(), entries.size() * 11);
  ExpectFinds(*file, entries, probes);
}

TEST(IndexFile, FindsRandomKeysOfAnyLength) {
  std::mt19937_64 random(7);
  for (const size_t length_max : {1, 3, 20, 900}) {
    Entries entries;
    std::vector<std::string> probes;
    for (uint32_t i = 0; i < 3'000; ++i) {
      std::string key(random() % (length_max + 1), '\0');
      for (auto& byte : key) byte = static_cast<char>("\x00\x01\x7f\x80\xff"[random() % 5]);
      probes.push_back(key);
      if (i % 3 != 0) entries.emplace_back(key, i);
    }
    std::ranges::sort(probes);
    ExpectFinds(*Open(Write(entries)), entries, probes);
  }
}

TEST(IndexFile, EqualKeysMayFillPages) {
  Entries entries;
  for (uint32_t i = 0; i < 5'000; ++i) entries.emplace_back(BigEndian(i / 2'000), i);
  const auto file = Open(Write(entries));
  EXPECT_EQ(From(*file, BigEndian(1), 10'000).size(), 3'000U);
  EXPECT_EQ(From(*file, BigEndian(1), 1).front().second, 2'000U);
  ExpectFinds(*file, entries, {BigEndian(0), BigEndian(1), BigEndian(2), BigEndian(3)});
}

TEST(IndexFile, MayBeEmpty) {
  const auto file = Open(Write({}));
  EXPECT_TRUE(From(*file, "", 1).empty());
  EXPECT_EQ(file->entry_count(), 0U);
}

TEST(IndexFile, LongKeysAreToldApart) {
  std::string scratch;
  const std::string base(2'000, 'a');
  Entries entries;
  for (uint32_t i = 0; i < 10; ++i) {
    entries.emplace_back(std::string(StoredKey(base + std::to_string(i), scratch)), i);
  }
  EXPECT_EQ(entries[0].first.size(), kIndexKeySizeMax);
  const auto file = Open(Write(entries));
  for (const auto& [key, position] : entries) {
    EXPECT_EQ(From(*file, key, 1), (Entries{{key, position}}));
  }
}

TEST(IndexFile, IsOfOneIdentity) {
  const auto file = IndexFile::Open(KeepBytes(Write({{"a", 1}})), "another");
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().code(), ErrorCode::kInvalidArgument);
}

// Any changed byte is noticed before it can be an answer.
TEST(IndexFile, NoticesEveryChangedByte) {
  Entries entries;
  for (uint32_t i = 0; i < 2'000; ++i) entries.emplace_back(BigEndian(i * i), i);
  const std::string bytes = Write(entries);
  for (size_t at = 0; at < bytes.size(); at += 131) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x20);
    const auto file = IndexFile::Open(KeepBytes(changed), "test");
    if (!file.has_value()) continue;
    bool noticed = false;
    Entries found;
    IndexCursor cursor(**file);
    auto step = cursor.Seek("");
    while (step.has_value() && cursor.valid()) {
      found.emplace_back(cursor.key(), cursor.position());
      step = cursor.Next();
    }
    noticed = !step.has_value();
    if (!noticed) {
      // An inner page, which a walk does not touch.
      EXPECT_EQ(found, entries) << at;
    }
  }
}

TEST(IndexFile, RefusesPartsOfAFile) {
  Entries entries;
  for (uint32_t i = 0; i < 2'000; ++i) entries.emplace_back(BigEndian(i), i);
  const std::string bytes = Write(entries);
  for (const size_t size : {size_t{0}, size_t{100}, size_t{4096}, bytes.size() - 1}) {
    const auto file = IndexFile::Open(KeepBytes(bytes.substr(0, size)), "test");
    ASSERT_FALSE(file.has_value()) << size;
    EXPECT_EQ(file.error().code(), ErrorCode::kCorruption);
  }
}

// Few keys have their filter in the header, many have one in pages.
TEST(IndexFile, FilterLeavesOutWhatIsNotThere) {
  for (const uint32_t count : {1, 100, 20'000}) {
    Entries entries;
    for (uint32_t i = 0; i < count; ++i) entries.emplace_back(BigEndian(2 * i), i);
    const auto bytes = Write(entries);
    const auto file = Open(bytes);
    EXPECT_TRUE(file->has_filter());
    EXPECT_LT(bytes.size(), entries.size() * 11 + 4 * kIndexPageSize);
    for (const auto& [key, position] : entries) ASSERT_TRUE(file->MayHold(KeyHash(key)));
    uint32_t possible = 0;
    for (uint32_t i = 0; i < 10'000; ++i) {
      possible += file->MayHold(KeyHash(BigEndian(2 * i + 1))) ? 1 : 0;
    }
    EXPECT_LT(possible, 300U) << count;
    ExpectFinds(*file, entries, {BigEndian(0), BigEndian(count), BigEndian(2 * count)});
  }
}

TEST(IndexFile, WithoutAFilterEveryKeyIsPossible) {
  IndexFileWriter writer("test", false);
  writer.Add("a", 0);
  const auto file = Open(writer.Finish());
  EXPECT_FALSE(file->has_filter());
  EXPECT_TRUE(file->MayHold(KeyHash("b")));
  EXPECT_EQ(From(*file, "a", 5), Entries({{"a", 0}}));
}

TEST(IndexFile, ADamagedPageOfTheFilterHidesNothing) {
  Entries entries;
  for (uint32_t i = 0; i < 20'000; ++i) entries.emplace_back(BigEndian(i), i);
  auto bytes = Write(entries);
  // The last page is one of the filter.
  std::fill(bytes.end() - kIndexPageSize + 32, bytes.end(), '\0');
  const auto file = Open(std::move(bytes));
  for (const auto& [key, position] : entries) ASSERT_TRUE(file->MayHold(KeyHash(key)));
}

}  // namespace
}  // namespace icefall
