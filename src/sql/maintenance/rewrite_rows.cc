#include "sql/maintenance/rewrite_rows.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/parser/statement/logical_plan_statement.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/operator/logical_extension_operator.hpp"
#include "duckdb/planner/operator/logical_get.hpp"

#include "sql/icefall_transaction.h"
#include "sql/maintenance/inner_statement.h"
#include "sql/scan/table_scan.h"
#include "sql/scan/virtual_columns.h"
#include "sql/write/new_rows.h"
#include "sql/write/sort_rows.h"
#include "sql/write/write_operator.h"

namespace icefall {
namespace {

// What one rewriting has in common from the plan to its end.
struct Job {
  const RewriteRequest& request;
  RewriteProgress& progress;
  std::vector<Fragment> written;
};

struct RewriteState : public WriteState {
  using WriteState::WriteState;
  std::unique_ptr<NewRows> rows;
};

struct RewriteLocal : public duckdb::LocalSinkState {
  std::unique_ptr<NewRows::Local> rows;
};

uint64_t BatchMin(const duckdb::LocalSinkState& local) {
  const auto& batch = local.partition_info.min_batch_index;
  return batch.IsValid() ? batch.GetIndex() : 0;
}

// Its input has the stored columns of the table, row ids and commit numbers.
class PhysicalRewriteRows : public WriteOperator {
 public:
  PhysicalRewriteRows(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                      duckdb::idx_t estimated_cardinality, std::shared_ptr<Job> job, bool parallel,
                      RowOrder order)
      : WriteOperator(plan, std::move(types), estimated_cardinality, false, nullptr),
        job_(std::move(job)),
        parallel_(parallel),
        order_(order) {}

  duckdb::string GetName() const override { return "ICEFALL_REWRITE"; }
  bool ParallelSink() const override { return parallel_; }
  bool SinkOrderDependent() const override { return true; }
  duckdb::OperatorPartitionInfo RequiredPartitionInfo() const override {
    return order_ == RowOrder::kBatches ? duckdb::OperatorPartitionInfo::BatchIndex()
                                        : duckdb::OperatorPartitionInfo::NoPartitionInfo();
  }

  duckdb::unique_ptr<duckdb::LocalSinkState> GetLocalSinkState(
      duckdb::ExecutionContext&) const override {
    return duckdb::make_uniq<RewriteLocal>();
  }

  duckdb::SinkNextBatchType NextBatch(duckdb::ExecutionContext& context,
                                      duckdb::OperatorSinkNextBatchInput& input) const override {
    auto& local = input.local_state.Cast<RewriteLocal>();
    if (local.rows != nullptr) {
      StartBatch(context.client, input.global_state.Cast<RewriteState>(), local);
    }
    return duckdb::SinkNextBatchType::READY;
  }

  // There is no statement to apply: what was written is for the caller.
  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline&, duckdb::Event&,
                                    duckdb::ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override {
    EndRows(context, input.global_state.Cast<WriteState>());
    return duckdb::SinkFinalizeType::READY;
  }

 protected:
  duckdb::unique_ptr<WriteState> NewState(duckdb::ClientContext& context) const override {
    auto state = duckdb::make_uniq<RewriteState>(context, false, types);
    const RewriteRequest& request = job_->request;
    auto& transaction = IcefallTransaction::Get(context, request.table->ParentCatalog());
    state->rows =
        std::make_unique<NewRows>(context, transaction, request.table,
                                  StoredLineage::kRowIdsAndSequences, order_, request.dense);
    if (request.partition.has_value()) state->rows->SetPartition(*request.partition);
    return state;
  }

  void Write(duckdb::ExecutionContext& context, WriteState& write_state,
             duckdb::LocalSinkState& local_state, duckdb::DataChunk& rows) const override {
    auto& state = write_state.Cast<RewriteState>();
    auto& local = local_state.Cast<RewriteLocal>();
    if (local.rows == nullptr) {
      local.rows = state.rows->NewLocal(context.client);
      StartBatch(context.client, state, local);
    }
    state.rows->Append(context, *local.rows, rows);
    job_->progress.rows_done += rows.size();
  }

  void EndThread(duckdb::ExecutionContext& context, WriteState& state,
                 duckdb::LocalSinkState& local_state) const override {
    auto& local = local_state.Cast<RewriteLocal>();
    if (local.rows == nullptr) return;
    state.Cast<RewriteState>().rows->Combine(context, *local.rows, BatchMin(local));
  }

  void EndRows(duckdb::ClientContext& context, WriteState& state) const override {
    auto result = state.Cast<RewriteState>().rows->Finish(context);
    state.returned.AddCount(result.row_count);
    job_->written = std::move(result.fragments);
  }

 private:
  void StartBatch(duckdb::ClientContext& context, RewriteState& state, RewriteLocal& local) const {
    if (order_ != RowOrder::kBatches) return;
    state.rows->NextBatch(context, *local.rows, local.partition_info.batch_index.GetIndex(),
                          BatchMin(local));
  }

  const std::shared_ptr<Job> job_;
  const bool parallel_;
  const RowOrder order_;
};

class LogicalRewriteRows : public duckdb::LogicalExtensionOperator {
 public:
  LogicalRewriteRows(duckdb::idx_t table_index, std::shared_ptr<Job> job)
      : table_index_(table_index), job_(std::move(job)) {}

  duckdb::string GetName() const override { return "ICEFALL_REWRITE"; }
  duckdb::string GetExtensionName() const override { return "icefall"; }
  duckdb::vector<duckdb::ColumnBinding> GetColumnBindings() override {
    return {duckdb::ColumnBinding(table_index_, 0)};
  }

  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext& context,
                                       duckdb::PhysicalPlanGenerator& planner) override {
    using duckdb::PhysicalPlanGenerator;
    const RewriteRequest& request = job_->request;
    duckdb::vector<duckdb::string> names;
    for (size_t i = 0; i < request.table->stored_count(); ++i) {
      names.push_back(request.table->StoredField(duckdb::PhysicalIndex(i)).name);
    }
    // Row ids and commit numbers: no sort order is over them, so any names will do that are free.
    size_t longest = 0;
    for (const auto& name : names) longest = std::max(longest, name.size());
    names.emplace_back(longest + 1, '_');
    names.emplace_back(longest + 2, '_');
    auto& scan = planner.CreatePlan(*children[0]);
    auto& rows = SortRows(context, planner, scan, request.order, names);
    bool parallel = true;
    RowOrder order = RowOrder::kAny;
    if (PhysicalPlanGenerator::PreserveInsertionOrder(context, rows)) {
      parallel = request.partition && PhysicalPlanGenerator::UseBatchIndex(context, rows);
      if (parallel) order = RowOrder::kBatches;
    }
    auto& rewrite =
        planner.Make<PhysicalRewriteRows>(types, estimated_cardinality, job_, parallel, order);
    rewrite.children.push_back(rows);
    return rewrite;
  }

 protected:
  void ResolveTypes() override { types = {duckdb::LogicalType::BIGINT}; }

 private:
  const duckdb::idx_t table_index_;
  const std::shared_ptr<Job> job_;
};

duckdb::unique_ptr<duckdb::LogicalOperator> PlanScan(duckdb::ClientContext& context,
                                                     duckdb::idx_t table_index,
                                                     const TableEntryPointer& entry) {
  duckdb::vector<duckdb::LogicalType> types;
  duckdb::vector<duckdb::string> names;
  for (const auto& column : entry->GetColumns().Logical()) {
    types.push_back(column.Type());
    names.push_back(column.Name());
  }
  duckdb::unique_ptr<duckdb::FunctionData> bind_data;
  auto function = BindTableScan(context, entry, bind_data);
  auto get =
      duckdb::make_uniq<duckdb::LogicalGet>(table_index, std::move(function), std::move(bind_data),
                                            std::move(types), std::move(names), VirtualColumns());
  for (const size_t field : entry->definition().stored_fields) get->AddColumnId(field);
  get->AddColumnId(kRowIdColumn);
  get->AddColumnId(kSequenceColumn);
  return get;
}

}  // namespace

std::vector<Fragment> RewriteRows(duckdb::Connection& connection, const RewriteRequest& request,
                                  RewriteProgress& progress) {
  auto& context = *connection.context;
  auto job = std::make_shared<Job>(Job{request, progress, {}});
  duckdb::unique_ptr<duckdb::LogicalOperator> plan;
  context.RunFunctionInTransaction([&] {
    auto binder = duckdb::Binder::CreateBinder(context);
    auto scan = PlanScan(context, binder->GenerateTableIndex(), request.rows);
    plan = duckdb::make_uniq<LogicalRewriteRows>(binder->GenerateTableIndex(), job);
    plan->children.push_back(std::move(scan));
    plan->ResolveOperatorTypes();
  });
  auto pending = context.PendingQuery(
      duckdb::make_uniq<duckdb::LogicalPlanStatement>(std::move(plan)), duckdb::QueryParameters());
  if (pending->HasError()) pending->ThrowError();
  RunInnerStatement(connection, *pending, progress);
  if (pending->HasError()) pending->ThrowError();
  const auto result = pending->Execute();
  if (result->HasError()) result->ThrowError();
  return std::move(job->written);
}

}  // namespace icefall
