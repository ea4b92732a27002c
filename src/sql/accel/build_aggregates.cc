#include "sql/accel/build_aggregates.h"

#include <exception>
#include <utility>

#include "duckdb/main/connection.hpp"
#include <fmt/format.h>

#include "base/sql_quote.h"
#include "sql/accel/declared_aggregates.h"
#include "sql/accel/partial_states.h"
#include "sql/added_fragments.h"
#include "sql/errors.h"
#include "sql/icefall_catalog.h"
#include "sql/icefall_transaction.h"
#include "sql/log_warning.h"
#include "sql/maintenance/inner_statement.h"
#include "sql/settings.h"
#include "sql/stop_flag.h"

namespace icefall {
namespace {

constexpr uint64_t kAddedRowsMin = 10'000;

class Builder {
 public:
  Builder(duckdb::ClientContext& context, IcefallCatalog& catalog, RewriteProgress& progress)
      : context_(context), catalog_(catalog), progress_(progress), connection_(*context.db) {}

  BuildAggregatesReport Run(const std::string& table_uuid) {
    auto& states = catalog_.partial_states();
    const auto before = states.counters();
    connection_.BeginTransaction();
    FindTable(table_uuid);
    const auto all = ParseAggregates(name_, AggregatesOption(*snapshot_));
    Configure();
    for (size_t i = 0; i < all.size(); ++i) progress_.rows_total += snapshot_->live_row_count;
    for (const auto& declared : all) {
      if (progress_.is_cancelled && progress_.is_cancelled()) throw duckdb::InterruptException();
      Execute(declared.Query(from_));
      progress_.rows_done += snapshot_->live_row_count;
    }
    connection_.Commit();
    const auto after = states.counters();
    return {all.size(), after.hits - before.hits, after.misses - before.misses,
            states.files().BytesOf(table_uuid)};
  }

 private:
  void FindTable(const std::string& table_uuid) {
    auto& context = *connection_.context;
    context.RunFunctionInTransaction([&] {
      auto& transaction = IcefallTransaction::Get(context, catalog_);
      snapshot_ = transaction.Table(table_uuid);
      const auto object = transaction.Names()->FindTableByUuid(table_uuid);
      if (object == nullptr) {
        throw duckdb::CatalogException(fmt::format("there is no table {}", table_uuid));
      }
      name_ = object->name.name;
      from_ = fmt::format("{}.{}.{}", QuoteIdentifier(catalog_.GetName()),
                          QuoteIdentifier(object->name.schema), QuoteIdentifier(name_));
    });
  }

  void Configure() {
    Execute("SET icefall_metadata_aggregates = false");
    for (const auto* setting : {"icefall_partial_rows_min", "icefall_partial_queries_min",
                                "icefall_partial_file_rows_min"}) {
      Execute(fmt::format("SET {} = 0", setting));
    }
    Execute(fmt::format("SET icefall_partial_groups_max = {}", UINT32_MAX));
    for (const auto* setting : {"icefall_partial_aggregates_mib", "icefall_partial_files_mib"}) {
      duckdb::Value value;
      if (FindSetting(context_, setting, value)) {
        Execute(fmt::format("SET {} = {}", setting, value.ToString()));
      }
    }
  }

  void Execute(const std::string& sql) {
    auto pending = connection_.PendingQuery(sql);
    if (pending->HasError()) pending->ThrowError();
    RunInnerStatement(connection_, *pending, progress_);
    auto result = pending->Execute();
    if (result->HasError()) result->ThrowError();
  }

  duckdb::ClientContext& context_;
  IcefallCatalog& catalog_;
  RewriteProgress& progress_;
  duckdb::Connection connection_;
  SnapshotPointer snapshot_;
  std::string name_;
  std::string from_;
};

uint64_t AddedRows(const Snapshot& snapshot) {
  uint64_t rows = 0;
  for (const auto& fragment : AddedFragments(snapshot)) rows += fragment->row_count;
  return rows;
}

}  // namespace

BuildAggregatesReport BuildAggregates(duckdb::ClientContext& context, IcefallCatalog& catalog,
                                      const std::string& table_uuid, RewriteProgress& progress) {
  return Builder(context, catalog, progress).Run(table_uuid);
}

void BuildAggregatesAfterCommit(duckdb::ClientContext& context, IcefallCatalog& catalog,
                                const Snapshot& snapshot) {
  if (AggregatesOption(snapshot).empty() || AddedRows(snapshot) < kAddedRowsMin) return;
  try {
    RewriteProgress progress;
    progress.is_cancelled = [&context] { return StopFlag::MustStop(context); };
    BuildAggregates(context, catalog, snapshot.table_uuid, progress);
  } catch (const std::exception& exception) {
    // The commit has succeeded, and queries compute what is not there.
    LogWarning(*context.db,
               fmt::format("states of table {} could not be made: {}", snapshot.table_uuid,
                           duckdb::ErrorData(exception).Message()));
  }
}

}  // namespace icefall
