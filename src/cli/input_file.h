// The FILE argument of commands that read one.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "cli/standard_input.h"
#include "session/import/file_format.h"

namespace icefall::cli {

// The format by its name when one is given, else by the file's. "-" has no name of its own.
Result<FileFormat> ChooseFormat(const std::string& file, const std::string& format_name);

// A file to read, or a copy of standard input for "-".
class InputFile {
 public:
  static Result<InputFile> Open(const std::string& file);
  const std::string& path() const { return spooled_ ? spooled_->path() : path_; }

 private:
  std::string path_;
  std::optional<SpooledInput> spooled_;
};

}  // namespace icefall::cli
