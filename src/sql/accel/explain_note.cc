#include "sql/accel/explain_note.h"

#include <algorithm>
#include <optional>
#include <regex>
#include <string>
#include <utility>

#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/planner/operator/logical_extension_operator.hpp"
#include <fmt/format.h>

#include "sql/accel/statement_facts.h"

namespace icefall {
namespace {

constexpr auto kName = "ICEFALL_RESULT_CACHE";

using Lines = duckdb::InsertionOrderPreservingMap<duckdb::string>;

thread_local std::optional<Lines> prepared_note;

// Passes rows through.
class PhysicalNote : public duckdb::PhysicalOperator {
 public:
  PhysicalNote(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> column_types,
               Lines note, duckdb::idx_t cardinality)
      : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(column_types),
                         cardinality),
        note_(std::move(note)) {}

  duckdb::string GetName() const override { return kName; }
  duckdb::InsertionOrderPreservingMap<duckdb::string> ParamsToString() const override {
    return note_;
  }
  duckdb::OperatorResultType Execute(duckdb::ExecutionContext&, duckdb::DataChunk& input,
                                     duckdb::DataChunk& chunk, duckdb::GlobalOperatorState&,
                                     duckdb::OperatorState&) const override {
    chunk.Reference(input);
    return duckdb::OperatorResultType::NEED_MORE_INPUT;
  }
  bool ParallelOperator() const override { return true; }

 private:
  Lines note_;
};

class LogicalNote : public duckdb::LogicalExtensionOperator {
 public:
  explicit LogicalNote(Lines note) : note_(std::move(note)) {}

  duckdb::vector<duckdb::ColumnBinding> GetColumnBindings() override {
    return children[0]->GetColumnBindings();
  }
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext&,
                                       duckdb::PhysicalPlanGenerator& planner) override {
    auto& child = planner.CreatePlan(*children[0]);
    auto& note = planner.Make<PhysicalNote>(child.types, note_, child.estimated_cardinality);
    note.children.push_back(child);
    return note;
  }
  duckdb::string GetExtensionName() const override { return kName; }
  duckdb::string GetName() const override { return kName; }

 protected:
  void ResolveTypes() override { types = children[0]->types; }

 private:
  Lines note_;
};

// The statement that an EXPLAIN is about.
std::string ExplainedText(const std::string& query) {
  static const std::regex prefix(R"(^\s*explain\s+(analyze\s+|analyse\s+)?(\([^)]*\)\s*)?)",
                                 std::regex::icase | std::regex::optimize);
  return std::regex_replace(query, prefix, "", std::regex_constants::format_first_only);
}

// Absent while a statement is prepared, which DuckDB does without a text to ask for.
std::optional<std::string> RunningText(duckdb::ClientContext& context) {
  try {
    return context.GetCurrentQuery();
  } catch (const duckdb::InternalException&) {
    return std::nullopt;
  }
}

std::string Note(duckdb::ClientContext& context, const StatementFacts& facts) {
  if (!facts.may_keep()) return "not kept: " + facts.refusal;
  const auto running = RunningText(context);
  if (!running) return "not known before it runs";
  const auto text = ExplainedText(*running);
  const auto found = facts.cache->Peek(text, facts.context);
  if (found) return fmt::format("kept, given {} times", found->hits.load());
  const ResultKey key{text, facts.context};
  const auto is_stale = std::ranges::any_of(facts.cache->Entries(),
                                            [&](const auto& entry) { return entry->key == key; });
  if (is_stale) return "kept, but a table of it has changed";
  return "will be kept when it is asked for";
}

}  // namespace

void PrepareExplainNote(duckdb::ClientContext& context, duckdb::LogicalOperator& plan) {
  prepared_note.reset();
  if (plan.type != duckdb::LogicalOperatorType::LOGICAL_EXPLAIN || plan.children.empty()) return;
  const auto facts = FindFacts(context, *plan.children[0], "");
  // A query that reads no icefall table is none of our business.
  if (facts.cache || facts.context.size() > 0 || facts.state.tables.size() > 0) {
    prepared_note.emplace();
    (*prepared_note)["Answer"] = Note(context, facts);
  }
}

void NoteAccelerator(const std::string& accelerator, const std::string& text) {
  if (!prepared_note) return;
  auto& line = (*prepared_note)[accelerator];
  if (line.find(text) != std::string::npos) return;
  line += (line.empty() ? "" : "; ") + text;
}

void AddExplainNote(duckdb::LogicalOperator& plan) {
  if (!prepared_note || plan.type != duckdb::LogicalOperatorType::LOGICAL_EXPLAIN) return;
  auto note = duckdb::make_uniq<LogicalNote>(*std::exchange(prepared_note, std::nullopt));
  note->children.push_back(std::move(plan.children[0]));
  note->ResolveOperatorTypes();
  plan.children[0] = std::move(note);
}

}  // namespace icefall
