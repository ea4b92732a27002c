// SQL statements over a few small tables, from bytes.
//
// They are deterministic: no LIMIT without a total order, no UPDATE FROM with several matches, so
// that any two right engines end in the same rows. They keep off what DuckDB itself refuses: keys
// that change places, an upsert of a row that the same transaction has changed, and changes of a
// table that the same transaction has altered.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/differential/choices.h"

namespace icefall {

struct GeneratedTable {
  std::string name;
  std::vector<std::pair<std::string, std::string>> columns;  // name, type; "id" and "grp" lead
  bool has_key = false;                                      // "id" is the primary key
  uint64_t born = 0;                                         // another number for every table
};

class StatementGenerator {
 public:
  using Tables = std::map<std::string, GeneratedTable>;

  explicit StatementGenerator(Choices& choices) : choices_(choices) {}

  // The next statement. `tables` and `in_transaction` become what a right engine makes of it.
  std::string Next();
  // The last statement failed, as it may: what it was to do did not happen.
  void Undo() { tables_ = before_; }
  // The transaction is rolled back.
  void RollBack();

  // A question about the tables that has one answer.
  std::string Query();

  const Tables& tables() const { return tables_; }
  bool in_transaction() const { return in_transaction_; }
  // One of the tables; there are some.
  const GeneratedTable& AnyTable() { return Any(); }

 private:
  using Action = std::string (StatementGenerator::*)();

  GeneratedTable& Any();
  // A table whose rows may change now.
  GeneratedTable& Changeable();
  // A table that may be altered now; null when there is none.
  GeneratedTable* Alterable();
  // A table with a key that the running transaction has left alone; null when there is none.
  GeneratedTable* Keyed();
  std::string Value(const std::string& type);
  std::string FreshColumn();
  std::string Predicate();
  std::string Returning(const GeneratedTable& table);
  std::string Row(const GeneratedTable& table);
  std::string Define(const std::string& name, const std::string& verb);
  // A range of ids, of which some are likely to be taken, and some are new.
  std::string Overlapping();

  std::string Begin();
  std::string End();
  std::string CreateTable();
  std::string CreateTableAs();
  std::string ReplaceTable();
  std::string DropTable();
  std::string RenameTable();
  std::string InsertValues();
  std::string InsertSelect();
  std::string Upsert();
  std::string InsertOr();
  std::string ClaimKey();
  std::string Delete();
  std::string DeleteUsing();
  std::string Update();
  std::string UpdateFrom();
  std::string Merge();
  std::string Truncate();
  std::string AddColumn();
  std::string DropColumn();
  std::string RenameColumn();
  std::string WidenColumn();
  std::string BadStatement();

  Choices& choices_;
  Tables tables_;
  Tables before_;  // the last statement
  Tables saved_;   // of the running transaction
  bool in_transaction_ = false;
  std::set<std::string> altered_;  // by the running transaction
  std::set<std::string> changed_;
  uint64_t next_table_ = 0;
  uint64_t next_column_ = 0;
  uint64_t next_born_ = 0;
  uint64_t next_id_ = 0;
};

}  // namespace icefall
