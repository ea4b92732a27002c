// The lines of a TSV file as fields. Knows the format, but no types.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace icefall {

// One field as it stands in the file, escapes included. Valid until the next line is read.
struct TsvField {
  std::string_view raw;

  // `\N`: NULL spelled out.
  bool is_null_mark() const { return raw == "\\N"; }
};

// Reads a file from its header line to its end, in blocks. Lines end in LF or CRLF, a byte order
// mark in front is skipped. Every error names file, line and column.
class TsvLines {
 public:
  // Reads the header. Errors: kNotFound, kPermissionDenied; kInvalidArgument for an empty file, an
  // empty or repeated name, text that is not UTF-8.
  static Result<TsvLines> Open(const std::string& path);

  const std::vector<std::string>& names() const { return names_; }

  // The fields of the next line; false at the end or behind the end mark `\.`. Errors:
  // kInvalidArgument for a wrong number of fields or text that is not UTF-8.
  Result<bool> Next(std::vector<TsvField>& fields);

  // Of the line that Next answered last; the header is line 1.
  uint64_t line() const { return line_; }
  bool met_end_mark() const { return met_end_mark_; }
  uint64_t bytes_read() const { return bytes_read_; }

  // The field's text with its escapes resolved. Error: kInvalidArgument for an unknown escape.
  Result<void> Unescape(TsvField field, size_t column, std::string& text) const;

  // "orders.tsv line 7, column 'amount'"
  std::string Place(size_t column) const;
  static std::string Place(const std::string& path, uint64_t line, std::string_view column);

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  Result<void> ReadHeader();
  // The next line without its end; false at the end of the file.
  Result<bool> ReadLine(std::string_view& line);

  std::string path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::vector<std::string> names_;
  std::string buffer_;
  size_t position_ = 0;  // in buffer_, of the first byte not yet answered
  bool at_end_ = false;
  bool met_end_mark_ = false;
  uint64_t line_ = 0;
  uint64_t bytes_read_ = 0;
};

}  // namespace icefall
