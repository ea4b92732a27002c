#include "store/local_appender.h"

#include <string>

#include <gtest/gtest.h>

#include "store/local_store_fixture.h"

namespace icefall {
namespace {

using LocalAppenderTest = LocalStoreTest;

TEST_F(LocalAppenderTest, RefusesToGoOnAfterAFailure) {
  auto appender = *store_->OpenAppender("log");
  ASSERT_TRUE(appender->Append("one\n").has_value());
  {
    const FileSizeLimit limit(1000);
    EXPECT_EQ(Outcome(appender->Append(std::string(5000, 'x'))), "resource_exhausted");
  }
  EXPECT_EQ(Outcome(appender->Append("two\n")), "outcome_unknown");
  EXPECT_EQ(Outcome(appender->Sync()), "outcome_unknown");
  EXPECT_EQ(store_->Stat("log")->size_bytes, 1000u) << "the torn tail is there to be cut";
  auto next = *store_->OpenAppender("log");
  ASSERT_TRUE(next->Truncate(4).has_value());
  ASSERT_TRUE(next->Append("two\n").has_value());
  EXPECT_EQ(*store_->ReadToEnd("log", 0), "one\ntwo\n");
}

TEST_F(LocalAppenderTest, TwoAppendersOfOneLogNeverOverwriteEachOther) {
  auto first = *store_->OpenAppender("log");
  auto second = *store_->OpenAppender("log");
  ASSERT_TRUE(first->Append("one\n").has_value());
  ASSERT_TRUE(second->Append("two\n").has_value());
  ASSERT_TRUE(first->Append("three\n").has_value());
  EXPECT_EQ(*store_->ReadToEnd("log", 0), "one\ntwo\nthree\n");
}

}  // namespace
}  // namespace icefall
