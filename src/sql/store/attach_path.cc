#include "sql/store/attach_path.h"

#include <algorithm>
#include <utility>

#include "duckdb/common/file_system.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"
#include "duckdb/parser/parsed_data/attach_info.hpp"
#include "duckdb/planner/operator/logical_simple.hpp"

namespace icefall {
namespace {

// Also what a user may write instead of the option TYPE.
constexpr std::string_view kMark = "icefall:";

bool IsOurType(const duckdb::AttachInfo& info) {
  return std::ranges::any_of(info.options, [](const auto& option) {
    return duckdb::StringUtil::CIEquals(option.first, "type") &&
           duckdb::StringUtil::CIEquals(option.second.ToString(), "icefall");
  });
}

void MarkPath(duckdb::OptimizerExtensionInput&, duckdb::unique_ptr<duckdb::LogicalOperator>& plan) {
  if (plan->type != duckdb::LogicalOperatorType::LOGICAL_ATTACH) return;
  auto& simple = static_cast<duckdb::LogicalSimple&>(*plan);
  auto& info = simple.info->Cast<duckdb::AttachInfo>();
  if (IsOurType(info)) {
    if (duckdb::FileSystem::IsRemoteFile(info.path)) info.path = std::string(kMark) + info.path;
    return;
  }
  if (!duckdb::StringUtil::StartsWith(info.path, std::string(kMark))) return;
  // DuckDB would take the mark away before it looks at the path.
  if (duckdb::FileSystem::IsRemoteFile(info.path.substr(kMark.size()))) {
    info.options["type"] = duckdb::Value("icefall");
  }
}

}  // namespace

void RegisterAttachPaths(duckdb::DBConfig& config) {
  duckdb::OptimizerExtension rule;
  rule.pre_optimize_function = MarkPath;
  duckdb::OptimizerExtension::Register(config, std::move(rule));
}

std::string_view WithoutAttachMark(std::string_view path) {
  if (path.starts_with(kMark)) path.remove_prefix(kMark.size());
  return path;
}

}  // namespace icefall
