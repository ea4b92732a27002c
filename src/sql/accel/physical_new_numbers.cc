#include "sql/accel/physical_new_numbers.h"

namespace icefall {
namespace {

struct SharedState : public duckdb::GlobalOperatorState {
  // Its memory counts as DuckDB's.
  SharedState(duckdb::ClientContext& context, NumberRange range)
      : seen(duckdb::BufferAllocator::Get(context), range) {}

  SeenNumbers seen;
};

struct ThreadState : public duckdb::CachingOperatorState {
  duckdb::SelectionVector selection{STANDARD_VECTOR_SIZE};
};

// Of rows with `Number`s, those that are new.
template <typename Number>
duckdb::idx_t SelectNew(const duckdb::UnifiedVectorFormat& values, duckdb::idx_t count,
                        SeenNumbers& seen, duckdb::SelectionVector& selection) {
  const auto* numbers = duckdb::UnifiedVectorFormat::GetData<Number>(values);
  const bool may_be_null = !values.validity.AllValid();
  duckdb::idx_t kept = 0;
  for (duckdb::idx_t row = 0; row < count; ++row) {
    const auto index = values.sel->get_index(row);
    const bool is_null = may_be_null && !values.validity.RowIsValid(index);
    if (is_null ? seen.MarkNull() : seen.Mark(static_cast<int64_t>(numbers[index]))) {
      selection.set_index(kept++, row);
    }
  }
  return kept;
}

duckdb::idx_t SelectNew(duckdb::Vector& column, duckdb::idx_t count, SeenNumbers& seen,
                        duckdb::SelectionVector& selection) {
  using duckdb::PhysicalType;
  duckdb::UnifiedVectorFormat values;
  column.ToUnifiedFormat(count, values);
  switch (column.GetType().InternalType()) {
    case PhysicalType::INT8:
      return SelectNew<int8_t>(values, count, seen, selection);
    case PhysicalType::INT16:
      return SelectNew<int16_t>(values, count, seen, selection);
    case PhysicalType::INT32:
      return SelectNew<int32_t>(values, count, seen, selection);
    case PhysicalType::UINT8:
      return SelectNew<uint8_t>(values, count, seen, selection);
    case PhysicalType::UINT16:
      return SelectNew<uint16_t>(values, count, seen, selection);
    case PhysicalType::UINT32:
      return SelectNew<uint32_t>(values, count, seen, selection);
    default:
      return SelectNew<int64_t>(values, count, seen, selection);
  }
}

// Ends the scan. A pipeline of DuckDB 1.5.5 loses the small chunks that a caching operator has
// gathered when that is finished: where there are some, it answers them first, to the same input.
duckdb::OperatorResultType Finish(ThreadState& thread) {
  const bool has_gathered = thread.cached_chunk != nullptr && thread.cached_chunk->size() > 0;
  if (!has_gathered) return duckdb::OperatorResultType::FINISHED;
  thread.must_return_continuation_chunk = true;
  thread.cached_result = duckdb::OperatorResultType::NEED_MORE_INPUT;
  return duckdb::OperatorResultType::HAVE_MORE_OUTPUT;
}

}  // namespace

PhysicalNewNumbers::PhysicalNewNumbers(duckdb::PhysicalPlan& plan, duckdb::PhysicalOperator& child,
                                       size_t column, NumberRange range)
    : CachingPhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, child.types,
                              child.estimated_cardinality),
      column_(column),
      range_(range) {
  children.push_back(child);
}

duckdb::unique_ptr<duckdb::GlobalOperatorState> PhysicalNewNumbers::GetGlobalOperatorState(
    duckdb::ClientContext& context) const {
  return duckdb::make_uniq<SharedState>(context, range_);
}

duckdb::unique_ptr<duckdb::OperatorState> PhysicalNewNumbers::GetOperatorState(
    duckdb::ExecutionContext&) const {
  return duckdb::make_uniq<ThreadState>();
}

duckdb::OperatorResultType PhysicalNewNumbers::ExecuteInternal(duckdb::ExecutionContext&,
                                                               duckdb::DataChunk& input,
                                                               duckdb::DataChunk& chunk,
                                                               duckdb::GlobalOperatorState& shared,
                                                               duckdb::OperatorState& state) const {
  auto& thread = state.Cast<ThreadState>();
  auto& seen = shared.Cast<SharedState>().seen;
  if (seen.is_complete()) return Finish(thread);
  const auto kept = SelectNew(input.data[column_], input.size(), seen, thread.selection);
  seen.CountNew(kept);
  if (kept == input.size()) {
    chunk.Reference(input);
  } else {
    chunk.Slice(input, thread.selection, kept);
  }
  return duckdb::OperatorResultType::NEED_MORE_INPUT;
}

}  // namespace icefall
