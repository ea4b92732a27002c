#include "index/mapped_file.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/uuid.h"

namespace icefall {
namespace {

TEST(MappedFile, ShowsTheBytesOfTheFile) {
  const auto path = std::filesystem::temp_directory_path() / ("icefall-" + NewUuid(SystemClock()));
  std::ofstream(path) << "some bytes";
  const auto mapped = MapFile(path.string());
  ASSERT_TRUE(mapped.has_value()) << mapped.error().message();
  std::filesystem::remove(path);
  EXPECT_EQ((*mapped)->view(), "some bytes");
  EXPECT_EQ(MapFile(path.string()).error().code(), ErrorCode::kNotFound);
}

TEST(MappedFile, KeptBytesLookTheSame) { EXPECT_EQ(KeepBytes("abc")->view(), "abc"); }

}  // namespace
}  // namespace icefall
