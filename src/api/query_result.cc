#include <icefalldb/query_result.h>

#include "api/convert.h"
#include "api/query_result_impl.h"

namespace icefalldb {

QueryResult::QueryResult(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
QueryResult::QueryResult(QueryResult&&) noexcept = default;
QueryResult& QueryResult::operator=(QueryResult&&) noexcept = default;
QueryResult::~QueryResult() = default;

const std::vector<Column>& QueryResult::columns() const { return impl_->columns; }

uint64_t QueryResult::affected_rows() const { return impl_->result.affected(); }

Result<std::vector<Row>> QueryResult::FetchRows() {
  std::vector<icefall::Row> rows;
  const auto fetched = impl_->result.FetchRows(rows);
  if (!fetched.has_value()) return PublicError(fetched.error());
  return rows;
}

void QueryResult::ExportArrow(ArrowArrayStream* stream) && {
  std::move(impl_->result).ExportArrow(stream);
}

QueryResult MakeQueryResult(icefall::QueryResult result) {
  std::vector<Column> columns;
  for (const auto& column : result.columns()) columns.push_back({column.name, column.type});
  return QueryResult(std::make_unique<QueryResult::Impl>(
      QueryResult::Impl{std::move(result), std::move(columns)}));
}

}  // namespace icefalldb
