#include "log/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/memory_store.h"

namespace icefall {
namespace {

TEST(TableLogRegistryTest, UnknownNameListsTheKnownOnes) {
  MemoryStore store;
  TransactionOutcomes outcomes(store);
  const auto make = [&](std::string_view name) {
    return MakeTableLog(name, {.store = store,
                               .clock = SystemClock(),
                               .outcomes = outcomes,
                               .directory = "t",
                               .table_uuid = "u"});
  };
  EXPECT_TRUE(make("icefall"));
  const auto unknown = make("hudi");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(unknown.error().message(), testing::HasSubstr("icefall"));
}

}  // namespace
}  // namespace icefall
