#include "accel/mapped_file.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/uuid.h"

namespace icefall {
namespace {

TEST(MappedFileTest, KeepsBytesOfARemovedFile) {
  const auto path = std::filesystem::temp_directory_path() / ("icefall-" + NewUuid(SystemClock()));
  std::ofstream(path) << "some bytes";
  const auto file = MappedFile::Open(path.string());
  std::filesystem::remove(path);
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->bytes(), "some bytes");
}

TEST(MappedFileTest, IsNullWithoutBytes) {
  const auto path = std::filesystem::temp_directory_path() / ("icefall-" + NewUuid(SystemClock()));
  EXPECT_EQ(MappedFile::Open(path.string()), nullptr);
  std::ofstream(path).flush();
  EXPECT_EQ(MappedFile::Open(path.string()), nullptr);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace icefall
