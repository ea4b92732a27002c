// Makes a database, changes rows, runs a transaction over two tables, and looks at the past.
//
//   orders DIRECTORY
#include <iostream>
#include <string>

#include <icefalldb/icefalldb.h>

namespace {

using icefalldb::Database;
using icefalldb::Error;
using icefalldb::Result;

// Prints a result's rows, a line each.
Result<void> Print(Result<icefalldb::QueryResult> result) {
  if (!result) return std::unexpected(result.error());
  for (;;) {
    auto rows = result->FetchRows();
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return {};
    for (const auto& row : *rows) {
      for (const auto& value : row) {
        std::visit(
            [](const auto& v) {
              if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::monostate>) {
                std::cout << "NULL ";
              } else {
                std::cout << v << ' ';
              }
            },
            value);
      }
      std::cout << '\n';
    }
  }
}

// Moves one unit from the stock into an order: both tables change, or none.
Result<void> Sell(Database& database, const std::string& item, int64_t order_id) {
  auto transaction = database.Begin();
  if (!transaction) return std::unexpected(transaction.error());
  const icefalldb::Value order[] = {order_id, item};
  auto added = transaction->Query("INSERT INTO orders VALUES (?, ?)", order);
  if (!added) return std::unexpected(added.error());
  const icefalldb::Value sold[] = {item};
  auto taken =
      transaction->Query("UPDATE stock SET count = count - 1 WHERE item = ? AND count > 0", sold);
  if (!taken) return std::unexpected(taken.error());
  // Without a commit both statements never happened.
  if (taken->affected_rows() == 0) return {};
  return transaction->Commit();
}

Result<void> Run(const std::string& directory) {
  auto database = Database::Open(directory, {.create_if_missing = true});
  if (!database) return std::unexpected(database.error());
  auto made = database->Execute(
      "CREATE TABLE stock (item VARCHAR NOT NULL, count INTEGER);"
      "CREATE TABLE orders (order_id BIGINT, item VARCHAR);"
      "INSERT INTO stock VALUES ('book', 1), ('toy', 0)");
  if (!made) return std::unexpected(made.error());

  if (auto sold = Sell(*database, "book", 1); !sold) return sold;
  if (auto sold = Sell(*database, "toy", 2); !sold) return sold;
  std::cout << "orders: ";
  if (auto shown = Print(database->Query("SELECT * FROM orders")); !shown) return shown;

  auto snapshots = database->Snapshots("stock");
  if (!snapshots) return std::unexpected(snapshots.error());
  for (const auto& snapshot : *snapshots) {
    std::cout << "stock " << snapshot.sequence << ' ' << snapshot.operation << ' ' << snapshot.rows
              << " rows\n";
  }
  std::cout << "stock of books before: ";
  return Print(database->Query("SELECT count FROM stock AT (VERSION => 2) WHERE item = 'book'"));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: orders DIRECTORY\n";
    return 2;
  }
  if (const auto done = Run(argv[1]); !done) {
    std::cerr << "orders: " << done.error().message << '\n';
    return 1;
  }
  return 0;
}
