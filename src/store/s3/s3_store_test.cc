#include "store/s3/s3_store.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/s3/scripted_client.h"
#include "store/s3/scripted_server.h"

namespace icefall {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

Result<void> DeleteThree(const ScriptedServer& server) {
  S3Store store(ScriptedClient(server.url(), SystemClock(), [](int64_t) {}));
  return store.DeleteMany({"a", "b", "c"});
}

TEST(S3StoreTest, DeletesManyObjectsWithOneRequest) {
  ScriptedServer server({{200, {}, "<DeleteResult/>"}});
  EXPECT_TRUE(DeleteThree(server).has_value());
  ASSERT_THAT(server.requests(), SizeIs(1));
  EXPECT_THAT(server.requests()[0],
              AllOf(HasSubstr("POST /lake?delete= "), HasSubstr("x-amz-checksum-sha256: "),
                    HasSubstr("<Object><Key>a</Key></Object><Object><Key>b</Key></Object>")));
}

TEST(S3StoreTest, DeletesVeryManyObjectsWithSeveralRequestsAtOnce) {
  ScriptedServer server({{200, {}, "<DeleteResult/>"}, {200, {}, "<DeleteResult/>"}});
  S3Store store(ScriptedClient(server.url(), SystemClock(), [](int64_t) {}));
  std::vector<ObjectKey> keys;
  for (int i = 0; i < 102; ++i) keys.push_back("k" + std::to_string(i));
  EXPECT_TRUE(store.DeleteMany(keys).has_value());
  EXPECT_THAT(server.requests(), UnorderedElementsAre(HasSubstr("<Key>k99</Key>"),
                                                      HasSubstr("<Key>k101</Key></Object></Del")));
}

TEST(S3StoreTest, AsksAgainForWhatWasNotDeleted) {
  ScriptedServer server({{200,
                          {},
                          "<DeleteResult><Error><Key>b</Key><Code>InternalError</Code></Error>"
                          "</DeleteResult>"},
                         {403, {}, S3ErrorBody("AccessDenied")}});
  EXPECT_EQ(DeleteThree(server).error().code(), ErrorCode::kPermissionDenied);
  ASSERT_THAT(server.requests(), SizeIs(2));
  EXPECT_THAT(server.requests()[1], HasSubstr("DELETE /lake/b "));
}

TEST(S3StoreTest, DeletesSinglyWhereTheServerKnowsNoOtherWay) {
  ScriptedServer server(
      {{501, {}, S3ErrorBody("NotImplemented")}, {204, {}, ""}, {204, {}, ""}, {204, {}, ""}});
  EXPECT_TRUE(DeleteThree(server).has_value());
  EXPECT_THAT(server.requests(), SizeIs(4));
}

TEST(S3StoreTest, ReadsTheBytesThatWereAskedFor) {
  ScriptedServer server({{206, {"Content-Range: bytes 3-6/9"}, "3456"},
                         {206, {"content-range: bytes 3-6/9", "etag: \"e\""}, "3456"},
                         {206, {"content-range: bytes 7-8/9"}, "78"},
                         {200, {}, "012345678"}});
  S3Store store(ScriptedClient(server.url(), SystemClock(), [](int64_t) {}));
  EXPECT_EQ(store.Read("k", 3, 4).value(), "3456");
  // The rest of an answer that was shorter is asked for.
  EXPECT_EQ(store.ReadToEnd("k", 3).value(), "345678");
  EXPECT_THAT(server.requests()[2], AllOf(HasSubstr("range: bytes=7-8"), HasSubstr("if-match")));
  EXPECT_EQ(store.Read("k", 3, 4).value(), "3456");
}

TEST(S3StoreTest, RefusesOtherBytesThanWereAskedFor) {
  for (const std::string range :
       {"bytes 0-3/9", "bytes 4-7/9", "bytes 3-5/9", "bytes 3-7/9", "bytes 3-6", "bytes */9", ""}) {
    std::vector<std::string> headers;
    if (!range.empty()) headers.push_back("content-range: " + range);
    ScriptedServer server({{206, headers, "3456"}});
    S3Store store(ScriptedClient(server.url(), SystemClock(), [](int64_t) {}));
    const auto read = store.Read("k", 3, 4);
    ASSERT_FALSE(read.has_value()) << range;
    EXPECT_EQ(read.error().code(), ErrorCode::kCorruption);
    EXPECT_THAT(read.error().message(),
                HasSubstr("asked for 4 bytes at 3, the server answered 4 bytes as '" + range));
  }
}

}  // namespace
}  // namespace icefall
