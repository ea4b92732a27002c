#include "log/icefall/commit_line.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/uuid.h"

namespace icefall {
namespace {

bool IsHash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

TransactionMark DecodeMark(const Json& json, DecodeStatus& status) {
  const JsonFields fields(json, "transaction", status);
  TransactionMark mark;
  mark.id = fields.Text("id");
  // The id becomes part of a file name.
  if (status.ok() && !IsUuid(mark.id)) fields.FailAt("id", "is no UUID");
  for (const Json& item : fields.Array("participants")) {
    const JsonFields members(item, "transaction.participants", status);
    mark.participants.push_back({members.Text("log"), Sequence(members.Unsigned("sequence"))});
  }
  return mark;
}

// The end of every line: a member over the bytes before it.
std::string ChecksumMember(std::string_view bytes) {
  return fmt::format(",\"crc32\":\"{:08x}\"}}", Crc32(bytes));
}

constexpr size_t kChecksumMemberSize = 20;

Result<void> CheckChecksum(std::string_view text) {
  if (text.size() < kChecksumMemberSize) {
    return Fail(ErrorCode::kCorruption,
                fmt::format("expected a commit, found {} bytes", text.size()));
  }
  const size_t end = text.size() - kChecksumMemberSize;
  const std::string expected = ChecksumMember(text.substr(0, end));
  if (text.substr(end) == expected) return {};
  return Fail(ErrorCode::kCorruption,
              fmt::format("the bytes are not what was written: expected the end {}, found {}",
                          expected, text.substr(end)));
}

}  // namespace

Result<void> CheckFormatVersion(uint64_t found) {
  if (found <= kFormatVersion) return {};
  return Fail(ErrorCode::kUnsupported,
              fmt::format("format version {} is newer than {}, the newest that this build reads; "
                          "a newer IcefallDB wrote it",
                          found, kFormatVersion));
}

Result<std::string> EncodeLine(const CommitLine& line, bool first_of_segment) {
  Json json = NewObject();
  if (first_of_segment) json["format_version"] = kFormatVersion;
  json["sequence"] = line.sequence.value;
  json["database_sequence"] = line.database_sequence.value;
  json["parent_hash"] = line.parent_hash;
  json["committed_at"] = FormatTimestamp(line.committed_at);
  json["operation"] = line.operation;
  Json& summary = json["summary"] = NewObject();
  for (const auto& [key, value] : line.summary) summary[key] = value;
  if (line.transaction) {
    Json& mark = json["transaction"] = Json::object();
    mark["id"] = line.transaction->id;
    Json& participants = mark["participants"] = Json::array();
    for (const auto& participant : line.transaction->participants) {
      Json item = Json::object();
      item["log"] = participant.log;
      item["sequence"] = participant.sequence.value;
      participants.push_back(std::move(item));
    }
  }
  ICEFALL_ASSIGN_OR_RETURN(std::string text, WriteJson(json));
  text.back() = ',';
  text += R"("changes":)";
  ICEFALL_RETURN_IF_ERROR(AppendJson(line.changes, 1, text));
  text += ChecksumMember(text);
  return text;
}

Result<CommitLine> DecodeLine(std::string_view text) {
  ICEFALL_RETURN_IF_ERROR(CheckChecksum(text));
  ICEFALL_ASSIGN_OR_RETURN(Json json, ParseJson(text));
  DecodeStatus status;
  const JsonFields fields(json, "commit", status);
  // First, because what follows may look different in a newer format.
  const uint64_t version = fields.UnsignedOr("format_version", kFormatVersion);
  if (!status.ok()) return status.Take();
  ICEFALL_RETURN_IF_ERROR(CheckFormatVersion(version));
  CommitLine line;
  line.sequence = Sequence(fields.Unsigned("sequence"));
  line.database_sequence = DatabaseSequence(fields.Unsigned("database_sequence"));
  line.parent_hash = fields.Text("parent_hash");
  const std::string committed_at = fields.Text("committed_at");
  line.operation = fields.Text("operation");
  line.summary = fields.TextMapOrEmpty("summary");
  if (fields.Has("transaction"))
    line.transaction = DecodeMark(fields.Object("transaction"), status);
  fields.Object("changes");
  if (!status.ok()) return status.Take();
  if (!line.parent_hash.empty() && !IsHash(line.parent_hash)) {
    fields.FailAt("parent_hash", "is no SHA-256");
    return status.Take();
  }
  const auto time = ParseTimestamp(committed_at);
  if (!time) {
    fields.FailAt("committed_at", time.error().message());
    return status.Take();
  }
  line.committed_at = *time;
  line.changes = std::move(json["changes"]);
  line.hash = Sha256Hex(text);
  return line;
}

}  // namespace icefall
