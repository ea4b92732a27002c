#include "store/s3/s3_upload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/s3/scripted_client.h"
#include "store/s3/scripted_server.h"

namespace icefall {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::unique_ptr<S3Client> Client(const std::string& url) {
  return ScriptedClient(url, SystemClock(), [](int64_t) {});
}

Result<ObjectVersion> Upload(S3Client& client, std::string_view bytes,
                             const PutCondition& condition, uint64_t part_size_bytes) {
  S3Upload upload(client, "k", condition,
                  {.part_size_bytes = part_size_bytes, .parallel_count_max = 1});
  ICEFALL_RETURN_IF_ERROR(upload.Write(bytes));
  return upload.Finish();
}

// The text after `name` in the first request.
std::string SentHeader(const ScriptedServer& server, const std::string& name) {
  const std::string request = server.requests().at(0);
  const size_t begin = request.find(name + ": ") + name.size() + 2;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

TEST(S3UploadTest, AConditionalWriteWhoseAnswerWasLostIsFoundByItsMark) {
  // The mark is known only once it was sent, so the server answers what it was sent.
  ScriptedServer server({{0, {}, ""}, {412, {}, S3ErrorBody("PreconditionFailed")}});
  const auto client = Client(server.url());
  const auto condition = PutCondition::IfAbsent();
  const auto outcome = Upload(*client, "bytes", condition, 1 << 20);
  // The third request, HEAD, found no answer in the script.
  EXPECT_EQ(outcome.error().code(), ErrorCode::kOutcomeUnknown);
  EXPECT_THAT(SentHeader(server, "x-amz-meta-icefall-put"), SizeIs(36));
  EXPECT_THAT(server.requests()[2], HasSubstr("HEAD /lake/k"));
}

TEST(S3UploadTest, AConditionThatNeverHeldIsALostRace) {
  ScriptedServer server({{412, {}, S3ErrorBody("PreconditionFailed")},
                         {404, {}, S3ErrorBody("NoSuchKey")},
                         {503, {}, S3ErrorBody("SlowDown")},
                         {412, {}, S3ErrorBody("PreconditionFailed")}});
  const auto client = Client(server.url());
  const auto put = [&](const PutCondition& condition) {
    return Upload(*client, "bytes", condition, 1 << 20).error().code();
  };
  EXPECT_EQ(put(PutCondition::IfAbsent()), ErrorCode::kAlreadyExists);
  EXPECT_EQ(put(PutCondition::IfMatches("\"v\"")), ErrorCode::kConflict);
  EXPECT_THAT(server.requests()[1], HasSubstr("if-match: \"v\""));
  // SlowDown is said before anything is written, so what follows is a lost race too.
  EXPECT_EQ(put(PutCondition::IfAbsent()), ErrorCode::kAlreadyExists);
}

TEST(S3UploadTest, AnUploadInPartsIsAbandonedWhenAPartFails) {
  ScriptedServer server({{200,
                          {},
                          "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                          "</InitiateMultipartUploadResult>"},
                         {200, {"ETag: \"1\""}, ""},
                         {403, {}, S3ErrorBody("AccessDenied")},
                         {204, {}, ""}});
  const auto client = Client(server.url());
  const auto condition = PutCondition::Always();
  const auto outcome = Upload(*client, "0123456789", condition, 5);
  EXPECT_EQ(outcome.error().code(), ErrorCode::kPermissionDenied);
  ASSERT_THAT(server.requests(), SizeIs(4));
  EXPECT_THAT(server.requests()[3], HasSubstr("DELETE /lake/k?uploadId=u "));
}

}  // namespace
}  // namespace icefall
