#include "store/posix_error.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace icefall {
namespace {

TEST(PosixError, CodesSayWhatToDoNext) {
  EXPECT_EQ(CodeOfErrno(ENOENT), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOfErrno(ENOSPC), ErrorCode::kResourceExhausted);
  EXPECT_EQ(CodeOfErrno(EDQUOT), ErrorCode::kResourceExhausted);
  EXPECT_EQ(CodeOfErrno(EMFILE), ErrorCode::kResourceExhausted);
  EXPECT_EQ(CodeOfErrno(EACCES), ErrorCode::kPermissionDenied);
  EXPECT_EQ(CodeOfErrno(EPERM), ErrorCode::kPermissionDenied);
  EXPECT_EQ(CodeOfErrno(EROFS), ErrorCode::kPermissionDenied);
  EXPECT_EQ(CodeOfErrno(EIO), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOfErrno(ESTALE), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOfErrno(ENAMETOOLONG), ErrorCode::kInvalidArgument);
}

TEST(PosixError, MessagesNamePathCallAndReason) {
  EXPECT_EQ(PosixError("/data/x", "fsync", ENOSPC).message(),
            "/data/x: fsync: No space left on device");
  EXPECT_EQ(PosixError("/data/x", "open", ELOOP).message(),
            "/data/x: open: a symbolic link, which the store does not follow");
}

}  // namespace
}  // namespace icefall
