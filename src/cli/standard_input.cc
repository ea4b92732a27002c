#include "cli/standard_input.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "session/output/byte_sink.h"

namespace icefall::cli {

namespace {

Result<void> CopyTo(int descriptor, const std::string& name, output::ByteSink& sink) {
  std::vector<char> block(1 << 16);
  for (;;) {
    const ssize_t count = ::read(descriptor, block.data(), block.size());
    if (count == 0) return sink.Flush();
    if (count < 0) {
      if (errno == EINTR) continue;
      return Fail(ErrorCode::kUnavailable,
                  fmt::format("cannot read {}: {}", name, std::strerror(errno)));
    }
    ICEFALL_RETURN_IF_ERROR(sink.Write({block.data(), static_cast<size_t>(count)}));
  }
}

}  // namespace

Result<std::string> ReadStandardInput() {
  output::StringSink sink;
  ICEFALL_RETURN_IF_ERROR(CopyTo(STDIN_FILENO, "standard input", sink));
  return sink.text();
}

Result<std::string> ReadTextFile(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  }
  output::StringSink sink;
  auto copied = CopyTo(descriptor, "'" + path + "'", sink);
  ::close(descriptor);
  if (!copied.has_value()) return Fail(copied.error());
  return sink.text();
}

Result<SpooledInput> SpooledInput::Create() {
  std::error_code error;
  const auto folder = std::filesystem::temp_directory_path(error);
  std::string path = (error ? "/tmp" : folder.string()) + "/icefalldb-stdin-XXXXXX";
  const int descriptor = ::mkstemp(path.data());
  if (descriptor < 0) {
    return Fail(ErrorCode::kUnavailable,
                fmt::format("cannot create '{}': {}", path, std::strerror(errno)));
  }
  SpooledInput input(path);
  output::DescriptorSink sink(descriptor, "'" + path + "'");
  auto copied = CopyTo(STDIN_FILENO, "standard input", sink);
  ::close(descriptor);
  if (!copied.has_value()) return Fail(copied.error());
  return input;
}

SpooledInput::~SpooledInput() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace icefall::cli
