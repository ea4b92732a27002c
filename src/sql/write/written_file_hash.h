// The hash of a file that DuckDB writes to disk by itself.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/hash.h"
#include "store/file_descriptor.h"

namespace icefall {

// Read back while the rest is written, by the threads that write it, so that little is left to read
// at the end, and handed to the disk at the same time, so that little is left to sync. The file
// only grows. Thread-safe. Throws IOException.
class WrittenFileHash {
 public:
  explicit WrittenFileHash(std::string path) : path_(std::move(path)) {}

  // Takes in what is there by now, unless another thread is doing so.
  void Advance();
  // SHA-256 in hexadecimal. Once, when all is written.
  std::string FinishHex();

 private:
  void Open();
  uint64_t SizeBytes() const;
  void Read(uint64_t end);
  [[noreturn]] void Throw(const char* call) const;

  const std::string path_;
  std::mutex mutex_;  // guards what follows
  FileDescriptor file_;
  std::unique_ptr<char[]> buffer_;
  Sha256 hash_;
  uint64_t position_ = 0;
};

}  // namespace icefall
