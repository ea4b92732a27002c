#include "icedb/maintenance_head.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace icefall::icedb {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string EncodeHead(const MaintenanceHead& head) {
  Json json = {{"number", head.number},       {"id", head.id}, {"host", head.host},
               {"operation", head.operation}, {"t", head.ms},  {"log", head.log_key},
               {"finished", head.finished}};
  if (!head.finished) {
    json["reserved_version"] = head.reserved_version;
    json["log_bytes"] = head.log_bytes;
    json["deleted_logs"] = head.deleted_logs;
    json["deleted_data"] = head.deleted_data;
  }
  // Keys that other programs wrote need not be UTF-8, but BuildLog's were checked.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<MaintenanceHead> DecodeHead(std::string_view bytes, std::string_view key) {
  const Json json = Json::parse(bytes, nullptr, false);
  try {
    MaintenanceHead head;
    head.number = json.at("number").get<uint64_t>();
    head.id = json.at("id").get<std::string>();
    head.host = json.at("host").get<std::string>();
    head.operation = json.at("operation").get<std::string>();
    head.ms = json.at("t").get<int64_t>();
    head.log_key = json.at("log").get<std::string>();
    head.finished = json.at("finished").get<bool>();
    if (!head.finished) {
      head.reserved_version = json.at("reserved_version").get<std::string>();
      head.log_bytes = json.at("log_bytes").get<std::string>();
      head.deleted_logs = json.at("deleted_logs").get<std::vector<std::string>>();
      head.deleted_data = json.at("deleted_data").get<std::vector<std::string>>();
    }
    return head;
  } catch (const Json::exception& error) {
    return Fail(ErrorCode::kCorruption, fmt::format("{}: {}", key, error.what()));
  }
}

}  // namespace icefall::icedb
