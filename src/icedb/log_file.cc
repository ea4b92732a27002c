#include "icedb/log_file.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"

namespace icefall::icedb {
namespace {

using Json = nlohmann::ordered_json;

// Line numbers of a log file are small; a larger one is damage.
constexpr int64_t kLineNumberMax = std::numeric_limits<int32_t>::max();

Json MarkerJson(const FileMarker& file) {
  Json json = {{"p", file.path}, {"b", file.size_bytes}, {"t", file.created_ms}};
  if (file.tombstone_ms) json["tmb"] = *file.tombstone_ms;
  return json;
}

Result<void> CheckTexts(const LogFile& log) {
  const auto check = [](std::string_view text, std::string_view what) -> Result<void> {
    if (IsUtf8(text)) return {};
    return Fail(ErrorCode::kInvalidArgument,
                fmt::format("{} '{}' is not UTF-8", what, HexEscaped(text)));
  };
  for (const auto& [name, type] : log.schema) {
    ICEFALL_RETURN_IF_ERROR(check(name, "column name"));
    ICEFALL_RETURN_IF_ERROR(check(type, "column type"));
  }
  for (const auto& tombstone : log.tombstones) {
    ICEFALL_RETURN_IF_ERROR(check(tombstone.path, "log file"));
  }
  for (const auto& file : log.files) ICEFALL_RETURN_IF_ERROR(check(file.path, "data file"));
  return {};
}

// Reads the members of one line, and remembers what was wrong first.
class Line {
 public:
  Line(const std::vector<std::string_view>& lines, size_t number, std::string_view log)
      : log_(log), number_(number), json_(Json::parse(lines[number], nullptr, false)) {
    if (!json_.is_object()) Damage(json_.is_discarded() ? "no JSON" : "no JSON object");
  }

  bool Has(const char* key) const { return !error_ && json_.contains(key); }
  int64_t Number(const char* key) {
    const Json* value = Member(key);
    if (value == nullptr) return 0;
    // The original's documentation has the version as text, and some writers floats.
    if (value->is_number_integer()) return value->get<int64_t>();
    if (value->is_number_float()) return static_cast<int64_t>(value->get<double>());
    if (value->is_string()) {
      const auto& text = value->get_ref<const std::string&>();
      if (!text.empty() && text.size() < 18 &&
          text.find_first_not_of("0123456789") == std::string::npos) {
        return std::stoll(text);
      }
    }
    Damage(fmt::format("\"{}\" is no number", key));
    return 0;
  }
  std::string Text(const char* key) {
    const Json* value = Member(key);
    if (value == nullptr) return {};
    if (value->is_string()) return value->get<std::string>();
    Damage(fmt::format("\"{}\" is no text", key));
    return {};
  }
  Columns Schema() {
    Columns columns;
    if (error_) return columns;
    for (const auto& [name, type] : json_.items()) {
      if (!type.is_string()) Damage(fmt::format("the type of column '{}' is no text", name));
      if (error_) break;
      columns.emplace_back(name, type.get<std::string>());
    }
    return columns;
  }

  void Damage(std::string_view problem) {
    if (error_) return;
    error_ =
        Error(ErrorCode::kCorruption, fmt::format("{}, line {}: {}", log_, number_ + 1, problem));
  }
  Result<void> status() const {
    if (error_) return Fail(*error_);
    return {};
  }

 private:
  const Json* Member(const char* key) {
    if (error_) return nullptr;
    const auto found = json_.find(key);
    if (found != json_.end()) return &*found;
    Damage(fmt::format("\"{}\" is missing", key));
    return nullptr;
  }

  std::string_view log_;
  size_t number_;
  Json json_;
  std::optional<Error> error_;
};

std::vector<std::string_view> SplitLines(std::string_view bytes) {
  while (bytes.ends_with('\n')) bytes.remove_suffix(1);
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin <= bytes.size();) {
    const size_t end = std::min(bytes.find('\n', begin), bytes.size());
    lines.push_back(bytes.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

struct Places {
  int64_t schema = 1;
  int64_t tombstones = 0;
  int64_t files = 2;
};

Result<Places> ReadMeta(const std::vector<std::string_view>& lines, std::string_view name,
                        LogFile& log) {
  Line meta(lines, 0, name);
  log.version = meta.Number("v");
  log.ms = meta.Number("t");
  if (meta.Has("carried")) log.carried_count = static_cast<uint64_t>(meta.Number("carried"));
  if (meta.Has("id")) log.id = meta.Text("id");
  Places places;
  const auto count = static_cast<int64_t>(lines.size());
  places.schema = meta.Number("sch");
  // A log without data files may leave the number out, or point behind its end.
  places.files = meta.Has("f") ? meta.Number("f") : count;
  places.tombstones = meta.Has("tmb") ? meta.Number("tmb") : places.files;
  const bool ordered = places.schema >= 1 && places.schema < count && places.tombstones >= 1 &&
                       places.tombstones <= places.files && places.files <= kLineNumberMax &&
                       places.files <= count;
  if (!ordered) meta.Damage("its line numbers do not fit the file");
  if (log.version != 1) meta.Damage(fmt::format("version {}, expected 1", log.version));
  ICEFALL_RETURN_IF_ERROR(meta.status());
  return places;
}

}  // namespace

Result<std::string> EncodeLogFile(const LogFile& log) {
  ICEFALL_RETURN_IF_ERROR(CheckTexts(log));
  Json meta = {{"v", log.version}, {"sch", 1}, {"f", 2 + log.tombstones.size()}, {"t", log.ms}};
  if (!log.tombstones.empty()) meta["tmb"] = 2;
  if (log.carried_count != 0) meta["carried"] = log.carried_count;
  if (!log.id.empty()) meta["id"] = log.id;
  Json schema = Json::object();
  for (const auto& [name, type] : log.schema) schema[name] = type;
  std::string text = meta.dump() + '\n' + schema.dump();
  for (const auto& tombstone : log.tombstones) {
    text += '\n' + Json({{"p", tombstone.path}, {"t", tombstone.ms}}).dump();
  }
  for (const auto& file : log.files) text += '\n' + MarkerJson(file).dump();
  return text;
}

Result<LogFile> DecodeLogFile(std::string_view bytes, std::string_view name) {
  const auto lines = SplitLines(bytes);
  LogFile log;
  ICEFALL_ASSIGN_OR_RETURN(const Places places, ReadMeta(lines, name, log));
  Line schema(lines, static_cast<size_t>(places.schema), name);
  log.schema = schema.Schema();
  ICEFALL_RETURN_IF_ERROR(schema.status());
  for (auto i = static_cast<size_t>(places.tombstones); i < static_cast<size_t>(places.files);
       ++i) {
    Line line(lines, i, name);
    log.tombstones.push_back({line.Text("p"), line.Number("t")});
    ICEFALL_RETURN_IF_ERROR(line.status());
  }
  for (auto i = static_cast<size_t>(places.files); i < lines.size(); ++i) {
    Line line(lines, i, name);
    FileMarker file{line.Text("p"), line.Number("t"), static_cast<uint64_t>(line.Number("b")), {}};
    if (line.Has("tmb")) file.tombstone_ms = line.Number("tmb");
    ICEFALL_RETURN_IF_ERROR(line.status());
    log.files.push_back(std::move(file));
  }
  log.carried_count = std::min<uint64_t>(log.carried_count, log.tombstones.size());
  return log;
}

}  // namespace icefall::icedb
