// What planning a statement shows about whether its answer may be kept, and for how long.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/logical_operator.hpp"

#include "accel/result_cache.h"

namespace icefall {

class IcefallCatalog;

struct StatementFacts {
  duckdb::weak_ptr<duckdb::ClientContext> client;  // that plans it
  // Of the one database that the statement reads; null when it reads none, or the cache is off.
  std::shared_ptr<ResultCache> cache;
  // Settings and names that decide what a text means, see ResultKey. Stays the same until the
  // connection runs something else than a query or a change of rows. Empty: unknown.
  std::string context;
  ReadState state;
  // Why the answer must not be kept; empty: it may be.
  std::string refusal;

  bool may_keep() const { return cache && refusal.empty(); }
};

// Facts about a plan as the binder made it. `known_context`: that of an earlier statement, while it
// is still that of the session; finding it anew takes long.
StatementFacts FindFacts(duckdb::ClientContext& context, duckdb::LogicalOperator& plan,
                         const std::string& known_context);

// While one exists, statements that are planned on this thread leave their facts in it; the last
// one's stay. One at a time on a thread.
class StatementWatch {
 public:
  // Called while planning with the facts and the types of the answer's columns. True: the answer
  // is known, so that the plan may give none.
  using HasAnswer = std::function<bool(const StatementFacts& facts,
                                       const duckdb::vector<duckdb::LogicalType>& types)>;

  StatementWatch(std::string known_context, HasAnswer has_answer);
  ~StatementWatch();
  StatementWatch(const StatementWatch&) = delete;
  StatementWatch& operator=(const StatementWatch&) = delete;

  const StatementFacts& facts() const { return facts_; }

  // For the optimizer: the watch of this thread, or null.
  static StatementWatch* Current();
  // Replaces a plan whose answer is known by one without rows.
  void See(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::LogicalOperator>& plan);

 private:
  const std::string known_context_;
  const HasAnswer has_answer_;
  StatementFacts facts_;
};

}  // namespace icefall
