#include "session/import/tsv_lines.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/utf8.h"

namespace icefall {

namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

ErrorCode CodeOfErrno() {
  if (errno == ENOENT) return ErrorCode::kNotFound;
  return errno == EACCES ? ErrorCode::kPermissionDenied : ErrorCode::kUnavailable;
}

void Split(std::string_view line, std::vector<TsvField>& fields) {
  fields.clear();
  for (;;) {
    const size_t tab = line.find('\t');
    fields.push_back({line.substr(0, tab)});
    if (tab == std::string_view::npos) return;
    line.remove_prefix(tab + 1);
  }
}

}  // namespace

std::string TsvLines::Place(const std::string& path, uint64_t line, std::string_view column) {
  return fmt::format("{} line {}, column '{}'", path, line, column);
}

std::string TsvLines::Place(size_t column) const { return Place(path_, line_, names_[column]); }

Result<TsvLines> TsvLines::Open(const std::string& path) {
  TsvLines lines;
  lines.path_ = path;
  lines.file_.reset(std::fopen(path.c_str(), "rb"));
  if (!lines.file_) {
    return Fail(CodeOfErrno(), fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  }
  ICEFALL_RETURN_IF_ERROR(lines.ReadHeader());
  return lines;
}

Result<void> TsvLines::ReadHeader() {
  std::string_view line;
  ICEFALL_ASSIGN_OR_RETURN(const bool found, ReadLine(line));
  if (line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
  if (!found || line.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}': expected a header line of column names, found none", path_));
  }
  std::vector<TsvField> fields;
  Split(line, fields);
  std::vector<std::string> seen;
  for (size_t c = 0; c < fields.size(); ++c) {
    names_.emplace_back(fmt::format("{}", c + 1));  // names the column until its name is known
    std::string name;
    ICEFALL_RETURN_IF_ERROR(Unescape(fields[c], c, name));
    if (name.empty() || !IsUtf8(name)) {
      return Fail(
          ErrorCode::kInvalidArgument,
          fmt::format("{}: the name is {}", Place(c), name.empty() ? "empty" : "not valid UTF-8"));
    }
    names_.back() = name;
    if (std::ranges::find(seen, Lower(name)) != seen.end()) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: the name '{}' is there twice", Place(c), name));
    }
    seen.push_back(Lower(name));
  }
  return {};
}

Result<bool> TsvLines::ReadLine(std::string_view& line) {
  constexpr size_t kBlockSize = 1 << 20;
  size_t search_from = position_;
  for (;;) {
    const size_t end = buffer_.find('\n', search_from);
    if (end != std::string::npos || (at_end_ && position_ < buffer_.size())) {
      const size_t stop = std::min(end, buffer_.size());
      line = std::string_view(buffer_).substr(position_, stop - position_);
      if (line.ends_with('\r')) line.remove_suffix(1);
      position_ = std::min(stop + 1, buffer_.size());
      ++line_;
      return true;
    }
    if (at_end_) return false;
    buffer_.erase(0, position_);
    position_ = 0;
    search_from = buffer_.size();
    buffer_.resize(search_from + kBlockSize);
    const size_t read = std::fread(buffer_.data() + search_from, 1, kBlockSize, file_.get());
    buffer_.resize(search_from + read);
    bytes_read_ += read;
    if (read < kBlockSize) {
      if (std::ferror(file_.get())) {
        return Fail(CodeOfErrno(),
                    fmt::format("cannot read '{}': {}", path_, std::strerror(errno)));
      }
      at_end_ = true;
    }
  }
}

Result<bool> TsvLines::Next(std::vector<TsvField>& fields) {
  std::string_view line;
  if (met_end_mark_) return false;
  ICEFALL_ASSIGN_OR_RETURN(const bool found, ReadLine(line));
  if (!found) return false;
  if (line == "\\.") {
    met_end_mark_ = true;
    return false;
  }
  Split(line, fields);
  if (fields.size() != names_.size()) {
    const size_t column = std::min(fields.size(), names_.size()) - 1;
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: expected {} fields, found {}; the line ends in '{}'",
                            Place(column), names_.size(), fields.size(), fields.back().raw));
  }
  if (!IsUtf8(line)) {
    for (size_t c = 0; c < fields.size(); ++c) {
      if (IsUtf8(fields[c].raw)) continue;
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: '{}' is not valid UTF-8", Place(c), HexEscaped(fields[c].raw)));
    }
  }
  return true;
}

Result<void> TsvLines::Unescape(TsvField field, size_t column, std::string& text) const {
  text.clear();
  std::string_view rest = field.raw;
  for (;;) {
    const size_t mark = rest.find('\\');
    text += rest.substr(0, mark);
    if (mark == std::string_view::npos) return {};
    const char kind = mark + 1 < rest.size() ? rest[mark + 1] : '\0';
    constexpr std::string_view kEscapes = "\\tnr";
    constexpr std::string_view kMeanings = "\\\t\n\r";
    const size_t found = kEscapes.find(kind);
    if (found == std::string_view::npos) {
      return Fail(ErrorCode::kInvalidArgument,
                  fmt::format("{}: '{}' has a backslash that begins none of \\\\ \\t \\n \\r",
                              Place(column), field.raw));
    }
    text += kMeanings[found];
    rest.remove_prefix(mark + 2);
  }
}

}  // namespace icefall
