#include "tests/differential/statement_generator.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace icefall {
namespace {

// Values that are likely to be treated in another way than their neighbours, as SQL text.
const std::map<std::string, std::vector<std::string>>& ValuesOfTypes() {
  static const auto& values = *new std::map<std::string, std::vector<std::string>>{
      {"BIGINT", {"0", "1", "-1", "7", "4611686018427387904", "-9223372036854775808", "-33"}},
      {"INTEGER", {"0", "1", "-1", "2147483647", "41", "-50"}},
      {"DOUBLE", {"0.0", "1.5", "-2.25", "1e300", "'NaN'", "'inf'", "'-inf'"}},
      {"VARCHAR",
       {"''", "'a'", "'b''c'", "'täglich'", "'雪'", "'NULL'", "'\\N'", "'x y'",
        "'A long one, " + std::string(40, 'z') + "'"}},
      {"DATE", {"DATE '2024-02-29'", "DATE '1970-01-01'", "DATE '0001-01-01'"}},
      {"TIMESTAMP", {"TIMESTAMP '2024-01-02 03:04:05.123456'", "TIMESTAMP '1969-12-31 23:59:59'"}},
      {"DECIMAL(18,3)", {"0", "1.001", "-99.999", "123456789012345.678"}},
      {"BOOLEAN", {"true", "false"}},
      {"HUGEINT", {"0", "170141183460469231731687303715884105727", "-1"}},
      {"INTEGER[]", {"[]::INTEGER[]", "[1,NULL,3]", "[4]"}},
      {"STRUCT(a INTEGER, b VARCHAR)",
       {"{'a': 1, 'b': 'x'}", "{'a': NULL, 'b': ''}", "{'a': 3, 'b': NULL}"}},
      {"BLOB", {"''::BLOB", "'\\x00\\xFF'::BLOB", "'abc'::BLOB"}},
      {"INTERVAL", {"INTERVAL '1 month 2 days'", "INTERVAL '-3 hours'"}},
  };
  return values;
}

}  // namespace

std::string StatementGenerator::Next() {
  struct Weighted {
    uint64_t weight;
    Action action;
  };
  using Self = StatementGenerator;
  static constexpr Weighted kActions[] = {
      {24, &Self::InsertValues}, {8, &Self::InsertSelect}, {14, &Self::Delete},
      {16, &Self::Update},       {8, &Self::Merge},        {2, &Self::Truncate},
      {3, &Self::CreateTable},   {2, &Self::DropTable},    {4, &Self::AddColumn},
      {2, &Self::DropColumn},    {2, &Self::RenameColumn}, {1, &Self::WidenColumn},
      {2, &Self::UpdateFrom},    {2, &Self::DeleteUsing},  {8, &Self::Upsert},
      {4, &Self::InsertOr},      {2, &Self::ClaimKey},     {2, &Self::ReplaceTable},
      {2, &Self::BadStatement},  {1, &Self::RenameTable},  {1, &Self::CreateTableAs},
  };
  before_ = tables_;
  if (tables_.size() < 2) return CreateTable();
  if (!in_transaction_ && choices_.Percent(6)) return Begin();
  if (in_transaction_ && (choices_.Percent(18) || altered_.size() >= tables_.size())) return End();
  uint64_t sum = 0;
  for (const Weighted& weighted : kActions) sum += weighted.weight;
  uint64_t chosen = choices_.Below(sum);
  const Weighted* weighted = kActions;
  for (; chosen >= weighted->weight; ++weighted) chosen -= weighted->weight;
  return (this->*weighted->action)();
}

GeneratedTable& StatementGenerator::Any() {
  return std::next(tables_.begin(), static_cast<long>(choices_.Below(tables_.size())))->second;
}

GeneratedTable& StatementGenerator::Changeable() {
  std::vector<std::string> names;
  for (const auto& [name, table] : tables_) {
    if (!altered_.contains(name)) names.push_back(name);
  }
  if (names.empty()) return Any();
  const std::string& name = choices_.Of(names);
  if (in_transaction_) changed_.insert(name);
  return tables_.at(name);
}

GeneratedTable* StatementGenerator::Alterable() {
  std::vector<std::string> names;
  for (const auto& [name, table] : tables_) {
    if (!changed_.contains(name)) names.push_back(name);
  }
  if (names.empty()) return nullptr;
  const std::string& name = choices_.Of(names);
  if (in_transaction_) altered_.insert(name);
  return &tables_.at(name);
}

GeneratedTable* StatementGenerator::Keyed() {
  std::vector<std::string> names;
  for (const auto& [name, table] : tables_) {
    if (table.has_key && !changed_.contains(name) && !altered_.contains(name)) {
      names.push_back(name);
    }
  }
  if (names.empty()) return nullptr;
  const std::string& name = choices_.Of(names);
  if (in_transaction_) changed_.insert(name);
  return &tables_.at(name);
}

std::string StatementGenerator::Value(const std::string& type) {
  return choices_.Percent(15) ? "NULL" : choices_.Of(ValuesOfTypes().at(type));
}

std::string StatementGenerator::FreshColumn() { return fmt::format("c{}", ++next_column_); }

std::string StatementGenerator::Predicate() {
  const uint64_t bound = choices_.Below(next_id_ + 1);
  return choices_.Of({fmt::format("grp = {}", bound % 7), fmt::format("id = {}", bound),
                      "id % 11 = 3", fmt::format("id BETWEEN {} AND {}", bound, bound + 20),
                      fmt::format("grp IN (1, 2) AND id > {}", bound),
                      fmt::format("id < {}", bound / 4), "grp IS NULL",
                      fmt::format("id > {} OR grp = 5", bound), "true",
                      fmt::format("id IN ({}, {}, {})", bound, bound + 7, bound / 2)});
}

// Mostly nothing; else what the statement's rows are compared by.
std::string StatementGenerator::Returning(const GeneratedTable& table) {
  if (choices_.Percent(70)) return "";
  return choices_.Of({" RETURNING *", " RETURNING id",
                      fmt::format(" RETURNING id + 1, {}", table.columns.back().first)});
}

std::string StatementGenerator::Begin() {
  in_transaction_ = true;
  altered_.clear();
  changed_.clear();
  saved_ = tables_;
  return "BEGIN";
}

std::string StatementGenerator::End() {
  if (choices_.Percent(30)) {
    RollBack();
    return "ROLLBACK";
  }
  in_transaction_ = false;
  altered_.clear();
  changed_.clear();
  return "COMMIT";
}

void StatementGenerator::RollBack() {
  in_transaction_ = false;
  altered_.clear();
  changed_.clear();
  before_ = tables_ = saved_;
}

std::string StatementGenerator::Define(const std::string& name, const std::string& verb) {
  GeneratedTable table{name, {{"id", "INTEGER"}, {"grp", "INTEGER"}}, false, ++next_born_};
  for (uint64_t left = choices_.Between(1, 4); left > 0; --left) {
    const auto& types = ValuesOfTypes();
    const auto type = std::next(types.begin(), static_cast<long>(choices_.Below(types.size())));
    table.columns.emplace_back(FreshColumn(), type->first);
  }
  table.has_key = choices_.Percent(50);
  if (in_transaction_) changed_.erase(name);
  std::vector<std::string> listed;
  for (const auto& [column, type] : table.columns) listed.push_back(column + " " + type);
  if (table.has_key) listed.emplace_back("PRIMARY KEY (id)");
  tables_[name] = std::move(table);
  return fmt::format("{} {} ({})", verb, name, fmt::join(listed, ", "));
}

std::string StatementGenerator::CreateTable() {
  return Define(fmt::format("t{}", ++next_table_), "CREATE TABLE");
}

std::string StatementGenerator::ReplaceTable() {
  if (in_transaction_) return CreateTable();
  return Define(Any().name, "CREATE OR REPLACE TABLE");
}

std::string StatementGenerator::CreateTableAs() {
  if (in_transaction_) return CreateTable();
  GeneratedTable copy = Any();
  const std::string source = copy.name;
  copy.name = fmt::format("t{}", ++next_table_);
  copy.has_key = false;
  copy.born = ++next_born_;
  tables_[copy.name] = copy;
  return fmt::format("CREATE TABLE {} AS SELECT * FROM {} WHERE {}", copy.name, source,
                     Predicate());
}

std::string StatementGenerator::DropTable() {
  if (tables_.size() < 3) return CreateTable();
  const std::string name = Any().name;
  tables_.erase(name);
  return "DROP TABLE " + name;
}

std::string StatementGenerator::RenameTable() {
  if (in_transaction_) return InsertValues();
  GeneratedTable table = Any();
  const std::string old_name = table.name;
  tables_.erase(old_name);
  table.name = fmt::format("t{}", ++next_table_);
  table.born = ++next_born_;
  tables_[table.name] = table;
  return fmt::format("ALTER TABLE {} RENAME TO {}", old_name, table.name);
}

std::string StatementGenerator::Row(const GeneratedTable& table) {
  std::vector<std::string> values{std::to_string(++next_id_), std::to_string(choices_.Below(7))};
  for (size_t i = 2; i < table.columns.size(); ++i) {
    values.push_back(Value(table.columns[i].second));
  }
  return fmt::format("({})", fmt::join(values, ", "));
}

std::string StatementGenerator::InsertValues() {
  const GeneratedTable& table = Changeable();
  std::vector<std::string> rows;
  const uint64_t counts[] = {1, 1, 2, 5};
  for (uint64_t left = counts[choices_.Below(4)]; left > 0; --left) rows.push_back(Row(table));
  return fmt::format("INSERT INTO {} VALUES {}{}", table.name, fmt::join(rows, ", "),
                     Returning(table));
}

std::string StatementGenerator::InsertSelect() {
  const GeneratedTable& table = Changeable();
  const uint64_t counts[] = {3, 40, 400};
  const uint64_t first = next_id_ + 1;
  next_id_ += counts[choices_.Below(3)];
  return fmt::format("INSERT INTO {} (grp, id) SELECT i % 7, i FROM range({}, {}) s(i){}",
                     table.name, first, next_id_ + 1, Returning(table));
}

std::string StatementGenerator::Overlapping() {
  const uint64_t first = 1 + choices_.Below(std::max<uint64_t>(next_id_, 1));
  const uint64_t end = std::min(first + 12, next_id_ + 1);
  const uint64_t first_new = next_id_ + 1;
  next_id_ += 3;
  return fmt::format(
      "(SELECT i AS id, i % 5 AS grp FROM range({}, {}) r(i) UNION ALL "
      "SELECT i, 6 FROM range({}, {}) r(i))",
      first, end, first_new, first_new + 3);
}

std::string StatementGenerator::Upsert() {
  const GeneratedTable* table = Keyed();
  if (table == nullptr) return InsertSelect();
  const std::string action =
      choices_.Of({"DO NOTHING", "(id) DO NOTHING", "(id) DO UPDATE SET grp = excluded.grp",
                   "(id) DO UPDATE SET grp = excluded.grp + 10 WHERE excluded.grp < 3",
                   fmt::format("(id) DO UPDATE SET grp = {}.grp + excluded.grp", table->name)});
  const std::string source = Overlapping();
  return fmt::format("INSERT INTO {} (id, grp) SELECT id, grp FROM {} ON CONFLICT {}{}",
                     table->name, source, action, Returning(*table));
}

std::string StatementGenerator::InsertOr() {
  const GeneratedTable* table = Keyed();
  if (table == nullptr) return InsertValues();
  const std::string verb = choices_.Of({"REPLACE", "IGNORE"});
  return fmt::format("INSERT OR {} INTO {} (grp, id) SELECT grp, id FROM {}", verb, table->name,
                     Overlapping());
}

// Fails where the id is taken.
std::string StatementGenerator::ClaimKey() {
  const GeneratedTable* table = Keyed();
  if (table == nullptr) return BadStatement();
  return fmt::format("INSERT INTO {} (id, grp) VALUES ({}, 1)", table->name,
                     1 + choices_.Below(std::max<uint64_t>(next_id_, 1)));
}

std::string StatementGenerator::Delete() {
  const GeneratedTable& table = Changeable();
  const std::string predicate = Predicate();
  return fmt::format("DELETE FROM {} WHERE {}{}", table.name, predicate, Returning(table));
}

std::string StatementGenerator::DeleteUsing() {
  const GeneratedTable& target = Changeable();
  const GeneratedTable& source = Any();
  return fmt::format(
      "DELETE FROM {0} USING (SELECT DISTINCT id FROM {1} WHERE {2}) s WHERE {0}.id = s.id + 1",
      target.name, source.name, Predicate());
}

std::string StatementGenerator::Update() {
  const GeneratedTable& table = Changeable();
  const auto& [column, type] = table.columns[choices_.Between(1, table.columns.size() - 1)];
  const std::string value =
      column == "grp" ? choices_.Of({"grp + 1", "NULL", "3",
                                     fmt::format("(SELECT max(grp) FROM {})", Any().name)})
                      : Value(type);
  const std::string predicate = Predicate();
  return fmt::format("UPDATE {} SET {} = {} WHERE {}{}", table.name, column, value, predicate,
                     Returning(table));
}

std::string StatementGenerator::UpdateFrom() {
  const GeneratedTable& target = Changeable();
  const GeneratedTable& source = Any();
  return fmt::format(
      "UPDATE {0} SET grp = s.g FROM (SELECT id, min(grp) AS g FROM {1} GROUP BY id) s "
      "WHERE {0}.id = s.id AND s.g IS NOT NULL",
      target.name, source.name);
}

std::string StatementGenerator::Merge() {
  const GeneratedTable& target = Changeable();
  const uint64_t first = choices_.Below(next_id_ + 1);
  next_id_ += 6;
  const uint64_t first_new = next_id_ - 5;
  std::string extra = choices_.Of(
      {"WHEN MATCHED AND s.g = 2 THEN DELETE ", "WHEN MATCHED AND s.g = 1 THEN DO NOTHING ",
       "WHEN MATCHED AND t.grp IS NULL THEN DELETE WHEN MATCHED AND s.g = 3 "
       "THEN UPDATE SET grp = t.grp + 100 ",
       "WHEN NOT MATCHED BY SOURCE AND t.id % 9 = 1 THEN DELETE ",
       fmt::format("WHEN NOT MATCHED BY SOURCE AND t.id > {} THEN UPDATE SET grp = 8 ", first + 20),
       "WHEN MATCHED AND s.g = 77 THEN ERROR ", ""});
  std::string update = "WHEN MATCHED THEN UPDATE SET grp = s.g ";
  std::string returning;
  // DuckDB's own UPDATE action reads columns that it has not filled when there is a RETURNING.
  if (choices_.Below(3) == 2) {
    update = "WHEN MATCHED THEN DELETE ";
    returning = " RETURNING merge_action, id, grp";
    extra = "WHEN MATCHED AND s.g = 1 THEN DO NOTHING ";
  }
  return fmt::format(
      "MERGE INTO {} t USING (SELECT i AS id, i % 4 AS g FROM range({}, {}) r(i) "
      "UNION SELECT i, 6 FROM range({}, {}) r(i)) s ON t.id = s.id {}{}"
      "WHEN NOT MATCHED AND s.g = 6 THEN INSERT (id, grp) VALUES (s.id, s.g){}",
      target.name, first, first + 9, first_new, first_new + 3, extra, update, returning);
}

std::string StatementGenerator::Truncate() {
  return choices_.Of({"TRUNCATE ", "DELETE FROM "}) + Changeable().name;
}

std::string StatementGenerator::AddColumn() {
  GeneratedTable* table = Alterable();
  if (table == nullptr) return InsertValues();
  const std::string column = FreshColumn();
  const std::string type = choices_.Of({"INTEGER", "VARCHAR", "DOUBLE"});
  table->columns.emplace_back(column, type);
  const std::string value = choices_.Of(ValuesOfTypes().at(type));
  return fmt::format("ALTER TABLE {} ADD COLUMN {} {}{}", table->name, column, type,
                     choices_.Percent(50) ? " DEFAULT " + value : "");
}

std::string StatementGenerator::DropColumn() {
  GeneratedTable* table = Alterable();
  if (table == nullptr) return InsertValues();
  if (table->columns.size() < 4) return AddColumn();
  const auto column =
      table->columns.begin() + static_cast<long>(choices_.Between(2, table->columns.size() - 1));
  const std::string name = column->first;
  table->columns.erase(column);
  return fmt::format("ALTER TABLE {} DROP COLUMN {}", table->name, name);
}

std::string StatementGenerator::RenameColumn() {
  GeneratedTable* table = Alterable();
  if (table == nullptr) return InsertValues();
  auto& name = table->columns[choices_.Between(2, table->columns.size() - 1)].first;
  const std::string old_name = name;
  name = FreshColumn();
  return fmt::format("ALTER TABLE {} RENAME COLUMN {} TO {}", table->name, old_name, name);
}

std::string StatementGenerator::WidenColumn() {
  GeneratedTable* table = Alterable();
  if (table == nullptr) return InsertValues();
  for (auto& [column, type] : table->columns) {
    if (type != "INTEGER" || column == "id" || column == "grp") continue;
    type = "BIGINT";
    return fmt::format("ALTER TABLE {} ALTER {} SET DATA TYPE BIGINT", table->name, column);
  }
  return AddColumn();
}

std::string StatementGenerator::BadStatement() {
  const std::string& name = Changeable().name;
  return choices_.Of({fmt::format("INSERT INTO {} (id) VALUES ('no number')", name),
                      fmt::format("SELECT nothing FROM {}", name),
                      fmt::format("UPDATE {} SET absent = 1", name), "DELETE FROM no_such_table"});
}

std::string StatementGenerator::Query() {
  const GeneratedTable& table = Any();
  const GeneratedTable& other = Any();
  const std::string column = table.columns[choices_.Below(table.columns.size())].first;
  const std::string predicate = Predicate();
  return choices_.Of(
      {fmt::format("SELECT count(*), min(id), max(id), sum(grp), count({}) FROM {} WHERE {}",
                   column, table.name, predicate),
       fmt::format("SELECT grp, count(*), min({}), max({}) FROM {} WHERE {} GROUP BY grp", column,
                   column, table.name, predicate),
       fmt::format("SELECT * FROM {} WHERE {} ORDER BY ALL LIMIT 9", table.name, predicate),
       fmt::format("SELECT {} FROM {} WHERE id = {}", column, table.name, choices_.Below(next_id_)),
       fmt::format("SELECT count(*), sum(a.grp) FROM {} a JOIN {} b ON a.id = b.id", table.name,
                   other.name),
       fmt::format("SELECT id, {} FROM {} WHERE {} IS NOT NULL AND {}", column, table.name, column,
                   predicate),
       fmt::format("SELECT min(id), max(grp), count(*) FROM {}", table.name)});
}

}  // namespace icefall
