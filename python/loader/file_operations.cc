#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "duckdb/common/string_util.hpp"
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "python/loader/operations.h"
#include "session/import/file_source.h"
#include "session/import/table_files.h"
#include "session/output/output.h"
#include "session/session.h"

namespace icefall::python {

namespace {

using Json = nlohmann::json;

Result<std::unique_ptr<Session>> OpenSession(const Json& arguments, bool create, const Stop& stop) {
  const std::string path = arguments.at("path");
  return Session::Open(path, {.read_only = !create, .create_if_missing = create, .stop = &stop});
}

QualifiedName TableName(const Json& arguments) {
  return ParseName(arguments.at("table").get<std::string>());
}

std::map<std::string, std::string> Types(const Json& arguments) {
  return arguments.value("types", std::map<std::string, std::string>());
}

// By lower-case name, as FileSource wants them. Error: a name that the file lacks.
Result<std::unique_ptr<FileSource>> OpenSource(Session& session, const Json& arguments) {
  const std::string path = arguments.at("from");
  ICEFALL_ASSIGN_OR_RETURN(const FileFormat format,
                           ParseFileFormat(arguments.at("from_format").get<std::string>()));
  std::map<std::string, std::string> types;
  for (auto& [name, type] : Types(arguments)) types[duckdb::StringUtil::Lower(name)] = type;
  ICEFALL_ASSIGN_OR_RETURN(auto source, FileSource::Open(session, path, format, types));
  for (const auto& column : source->columns()) {
    types.erase(duckdb::StringUtil::Lower(column.name));
  }
  if (!types.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' has no column '{}'", path, types.begin()->first));
  }
  return source;
}

// A new file, closed at the end.
class NewFile {
 public:
  explicit NewFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {}
  ~NewFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

Result<Json> ImportTsv(const Json& arguments, const Stop& stop) {
  ICEFALL_ASSIGN_OR_RETURN(const auto session, OpenSession(arguments, true, stop));
  return ImportFile(*session, TableName(arguments), arguments.at("file"), FileFormat::kTsv,
                    Types(arguments));
}

Result<Json> ExportTsv(const Json& arguments, const Stop& stop) {
  ICEFALL_ASSIGN_OR_RETURN(const auto session, OpenSession(arguments, false, stop));
  return ExportTable(*session, TableName(arguments), arguments.at("file"), FileFormat::kTsv);
}

Result<Json> Convert(const Json& arguments, const Stop& stop) {
  ICEFALL_ASSIGN_OR_RETURN(const auto session, OpenSession(arguments, true, stop));
  const std::string to = arguments.at("to");
  ICEFALL_ASSIGN_OR_RETURN(const auto source, OpenSource(*session, arguments));
  ICEFALL_ASSIGN_OR_RETURN(auto rows, session->Query(source->select()));

  const NewFile file(to);
  if (file.descriptor() < 0) {
    return Fail(errno == EACCES ? ErrorCode::kPermissionDenied : ErrorCode::kUnavailable,
                fmt::format("cannot write '{}': {}", to, std::strerror(errno)));
  }
  output::DescriptorSink sink(file.descriptor(), fmt::format("'{}'", to));
  const bool tsv = arguments.at("to_format") == "tsv";
  return output::Write(rows, tsv ? output::Format::kTsv : output::Format::kArrowFile, sink);
}

}  // namespace icefall::python
