// Standard input as text, and as a file for readers that need one.
#pragma once

#include <string>

#include "base/result.h"

namespace icefall::cli {

Result<std::string> ReadStandardInput();
Result<std::string> ReadTextFile(const std::string& path);

// A copy of standard input in the folder for temporary files, deleted with this object.
class SpooledInput {
 public:
  static Result<SpooledInput> Create();
  SpooledInput(SpooledInput&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  SpooledInput& operator=(SpooledInput&&) = delete;
  ~SpooledInput();

  const std::string& path() const { return path_; }

 private:
  explicit SpooledInput(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace icefall::cli
