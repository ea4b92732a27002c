#include "store/posix_error.h"

#include <cerrno>
#include <string>
#include <system_error>

#include <fmt/format.h>

namespace icefall {

ErrorCode CodeOfErrno(int number) {
  switch (number) {
    case ENOENT:
      return ErrorCode::kNotFound;
    case EEXIST:
    case ENOTEMPTY:
      return ErrorCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EMLINK:
      return ErrorCode::kResourceExhausted;
    case EINVAL:
    case ENAMETOOLONG:
    case EISDIR:
    case ENOTDIR:
    case ELOOP:
    case EXDEV:
    case EILSEQ:
      return ErrorCode::kInvalidArgument;
    case ENOSYS:
    case EOPNOTSUPP:
      return ErrorCode::kUnsupported;
    case EBADF:
    case EFAULT:
      return ErrorCode::kInternal;
    default:  // EIO, EBUSY, EAGAIN, ENOLCK, ESTALE, ETIMEDOUT and others that may pass
      return ErrorCode::kUnavailable;
  }
}

Error PosixError(std::string_view path, std::string_view call, int number) {
  // ELOOP says "too many levels", yet the store refuses the first one.
  const std::string reason = number == ELOOP ? "a symbolic link, which the store does not follow"
                                             : std::generic_category().message(number);
  return Error(CodeOfErrno(number), fmt::format("{}: {}: {}", path, call, reason));
}

}  // namespace icefall
