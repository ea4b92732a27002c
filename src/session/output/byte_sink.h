// Where written bytes go.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace icefall::output {

// One thread at a time.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Result<void> Write(std::string_view bytes) = 0;
  // Hands everything written so far to the receiver.
  virtual Result<void> Flush() = 0;
};

// Collects in memory.
class StringSink : public ByteSink {
 public:
  Result<void> Write(std::string_view bytes) override;
  Result<void> Flush() override;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// Buffers in front of a file descriptor, which the caller owns. Errors: kResourceExhausted for a
// full disk, kUnavailable otherwise, naming `name`. What is still buffered when the sink is
// destroyed is lost: call Flush and look at its result.
class DescriptorSink : public ByteSink {
 public:
  DescriptorSink(int descriptor, std::string name);
  Result<void> Write(std::string_view bytes) override;
  Result<void> Flush() override;

 private:
  int descriptor_;
  std::string name_;
  std::string buffer_;
};

}  // namespace icefall::output
