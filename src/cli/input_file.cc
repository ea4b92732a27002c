#include "cli/input_file.h"

namespace icefall::cli {

Result<FileFormat> ChooseFormat(const std::string& file, const std::string& format_name) {
  if (!format_name.empty()) return ParseFileFormat(format_name);
  if (file == "-") {
    return Fail(ErrorCode::kInvalidArgument, "- needs --input-format, as it has no file name");
  }
  return FormatOfPath(file);
}

Result<InputFile> InputFile::Open(const std::string& file) {
  InputFile input;
  input.path_ = file;
  if (file == "-") {
    ICEFALL_ASSIGN_OR_RETURN(auto spooled, SpooledInput::Create());
    input.spooled_.emplace(std::move(spooled));
  }
  return input;
}

}  // namespace icefall::cli
