#include "icedb/location.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/uuid.h"

namespace icefall::icedb {
namespace {

TEST(LocationTest, ADirectoryIsItsParentsTable) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("icefall-" + NewUuid(SystemClock()));
  const auto place = OpenPlace({.location = (folder / "events/").string()});
  ASSERT_TRUE(place) << place.error().message();
  EXPECT_EQ(place->data_prefix, "events");
  EXPECT_EQ(place->log_prefix, "events");
  EXPECT_EQ(place->data, place->log);
  ASSERT_TRUE(place->data->Put("events/x", "1", PutCondition::Always()));
  EXPECT_TRUE(std::filesystem::exists(folder / "events" / "x"));
  const auto nested = OpenPlace(
      {.location = folder.string(), .prefix = "/a/b/", .log_location = (folder / "logs").string()});
  ASSERT_TRUE(nested);
  EXPECT_EQ(nested->data_prefix, "a/b");
  EXPECT_EQ(nested->log_prefix, "a/b");
  EXPECT_NE(nested->data, nested->log);
  std::filesystem::remove_all(folder);
}

TEST(LocationTest, NothingIsNoLocation) {
  EXPECT_FALSE(OpenPlace({}));
  EXPECT_FALSE(OpenPlace({.location = "s3://"}));
}

}  // namespace
}  // namespace icefall::icedb
