#include "sql/maintenance/flush_inline.h"

#include <exception>
#include <utility>

#include "duckdb/common/error_data.hpp"
#include <fmt/format.h>

#include "sql/icefall_transaction.h"
#include "sql/index/fragment_index.h"
#include "sql/log_warning.h"
#include "sql/maintenance/rewrite_rows.h"
#include "sql/write/partial_table.h"
#include "sql/write/statement_change.h"

namespace icefall {
namespace {

constexpr uint64_t kRowCountMax = 10'000;
constexpr uint64_t kSizeBytesMax = uint64_t{1} << 20;

class Flush {
 public:
  Flush(duckdb::DatabaseInstance& instance, IcefallCatalog& catalog, std::string table_uuid)
      : connection_(instance), catalog_(catalog), table_uuid_(std::move(table_uuid)) {}

  // Puts the table's name into `name` when it is known.
  void Run(std::string& name) {
    connection_.BeginTransaction();
    const TableEntryPointer table = Table();
    if (table == nullptr || !InlineFlush::IsDue(table->snapshot()->inline_rows)) return;
    name = table->name;
    const Snapshot& snapshot = *table->snapshot();
    RewriteRequest rewrite;
    rewrite.table = table;
    rewrite.rows = OnlyInlineRows(*table, nullptr);
    rewrite.order = snapshot.sort_order;
    RewriteProgress progress;
    ChangeSet change;
    change.operation = "compact";
    change.moves_rows = true;
    change.inline_floor = snapshot.inline_rows.next_position;
    for (Fragment& fragment : RewriteRows(connection_, rewrite, progress)) {
      AddNewFragment(snapshot, change, std::move(fragment));
    }
    InTransaction(
        [&](IcefallTransaction& transaction) { transaction.Change(table_uuid_, change); });
    const TableEntryPointer after = Table();
    InTransaction([&](IcefallTransaction&) {
      BuildIndexes(*connection_.context, *after, change.added_fragments);
    });
    connection_.Commit();
  }

 private:
  template <typename Function>
  void InTransaction(Function&& function) {
    connection_.context->RunFunctionInTransaction(
        [&] { function(IcefallTransaction::Get(*connection_.context, catalog_)); });
  }

  TableEntryPointer Table() {
    TableEntryPointer entry;
    InTransaction([&](IcefallTransaction& transaction) {
      const auto object = transaction.Names()->FindTableByUuid(table_uuid_);
      if (object == nullptr) return;
      entry = transaction.TableEntry(object, transaction.Table(table_uuid_)).shared_from_this();
    });
    return entry;
  }

  duckdb::Connection connection_;
  IcefallCatalog& catalog_;
  const std::string table_uuid_;
};

}  // namespace

bool InlineFlush::IsDue(const InlineRows& rows) {
  return rows.physical_count() > kRowCountMax || rows.size_bytes() > kSizeBytesMax;
}

void InlineFlush::Run(duckdb::DatabaseInstance& instance, IcefallCatalog& catalog,
                      const std::string& table_uuid) {
  if (running_.test_and_set()) return;
  std::string table = table_uuid;
  try {
    Flush(instance, catalog, table_uuid).Run(table);
  } catch (const std::exception& exception) {
    // The rows are where they were, and the commit that they belong to has succeeded.
    LogWarning(instance,
               fmt::format("inline rows of table {} could not be moved to a data file: {}", table,
                           duckdb::ErrorData(exception).Message()));
  }
  running_.clear();
}

}  // namespace icefall
