#include "s3proxy/source/file_names.h"

#include <gtest/gtest.h>

#include "base/uuid.h"

namespace icefall::s3proxy {
namespace {

TEST(FileNames, SayWhatIsInTheFile) {
  Fragment fragment;
  fragment.path = "data/region=x/01a1ff03-e5d0-7d16-872d-8f066730b39d.parquet";
  EXPECT_EQ(RawFileName(fragment), "01a1ff03-e5d0-7d16-872d-8f066730b39d.parquet");
  fragment.deletes_version = Sequence(7);
  EXPECT_EQ(RewrittenFileName(fragment, SchemaId(2)),
            "01a1ff03-e5d0-7d16-872d-8f066730b39d-2-7.parquet");
  InlineRows rows;
  rows.floor = 3;
  rows.next_position = 10;
  rows.deletes_version = Sequence(5);
  EXPECT_EQ(InlineFileName(rows, SchemaId(1)), "inline-3-10-1-5.parquet");
}

TEST(FileNames, HaveATime) {
  ManualClock clock(1'700'000'000'123'000);
  EXPECT_EQ(TimeOfName(NewUuid(clock) + ".parquet"), 1'700'000'000'123'000);
  EXPECT_EQ(TimeOfName("inline-1-2-3-4.parquet"), std::nullopt);
  EXPECT_EQ(TimeOfName("f47ac10b-58cc-4372-a567-0e02b2c3d479.parquet"), std::nullopt);
  EXPECT_EQ(TimeOfName(""), std::nullopt);
}

}  // namespace
}  // namespace icefall::s3proxy
