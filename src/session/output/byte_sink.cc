#include "session/output/byte_sink.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <unistd.h>

namespace icefall::output {

Result<void> StringSink::Write(std::string_view bytes) {
  text_ += bytes;
  return {};
}

Result<void> StringSink::Flush() { return {}; }

DescriptorSink::DescriptorSink(int descriptor, std::string name)
    : descriptor_(descriptor), name_(std::move(name)) {}

Result<void> DescriptorSink::Write(std::string_view bytes) {
  constexpr size_t kBufferSize = 64 * 1024;
  buffer_ += bytes;
  return buffer_.size() < kBufferSize ? Result<void>() : Flush();
}

Result<void> DescriptorSink::Flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      const bool full = errno == ENOSPC || errno == EDQUOT;
      return Fail(full ? ErrorCode::kResourceExhausted : ErrorCode::kUnavailable,
                  fmt::format("cannot write to {}: {}", name_, std::strerror(errno)));
    }
    rest.remove_prefix(static_cast<size_t>(written));
  }
  buffer_.clear();
  return {};
}

}  // namespace icefall::output
