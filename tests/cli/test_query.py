"""query: paths, several statements, messages, snapshots, restrictions."""

import pytest


def test_a_database_and_a_table_directory(orders):
    expected = [{"n": 3}]
    assert orders.query("db", "SELECT count(*) AS n FROM orders") == expected
    assert orders.query("db/orders", "SELECT count(*) AS n FROM orders") == expected
    assert orders.query("db/orders/", "SELECT count(*) AS n FROM orders") == expected


def test_a_table_directory_shows_its_siblings(orders):
    orders.ok("create", "db", "other")
    assert orders.query("db/orders", "SELECT count(*) AS n FROM other") == [{"n": 0}]


def test_sql_from_a_file_and_from_stdin(orders):
    orders.write("q.sql", "SELECT 1 AS a")
    assert orders.ok("query", "db", "-f", "q.sql").json == [{"a": 1}]
    assert orders.ok("query", "db", stdin="SELECT 2 AS a").json == [{"a": 2}]
    assert orders.ok("query", "db", "-", stdin="SELECT 3 AS a").json == [{"a": 3}]
    orders.fails("query", "db", "SELECT 1", "-f", "q.sql", code=2)


def test_a_new_database_by_sql_alone(cli):
    sql = "CREATE TABLE t(a INTEGER PRIMARY KEY); INSERT INTO t VALUES (1); FROM t"
    assert cli.ok("query", "new", sql, "--create").json == [{"a": 1}]
    (cli.folder / "empty").mkdir()
    assert cli.ok("query", "empty", sql, "--create").json == [{"a": 1}]
    # What is there is used, and a folder of other things stays what it is.
    assert cli.ok("query", "new", "FROM t", "--create").json == [{"a": 1}]
    (cli.folder / "other").mkdir()
    cli.write("other/file", "x")
    assert "is not an IcefallDB database" in cli.fails("query", "other", sql, "--create")
    cli.fails("query", "new", "FROM t", "--create", "--snapshot", "1", code=2)


def test_several_statements(orders):
    out = orders.ok("query", "db", "SELECT 1 AS a; SELECT 2 AS b;").out
    assert out == '[{"a":1}]\n[{"b":2}]\n'


def test_statements_before_an_error_stay(orders):
    orders.fails("query", "db", "DELETE FROM orders WHERE order_id = 1; SELECT nonsense")
    assert orders.query("db", "SELECT count(*) AS n FROM orders") == [{"n": 2}]


def test_a_transaction_over_statements(orders):
    orders.ok("query", "db", "BEGIN; DELETE FROM orders; ROLLBACK")
    assert orders.query("db", "SELECT count(*) AS n FROM orders") == [{"n": 3}]
    message = orders.fails("query", "db", "BEGIN; DELETE FROM orders")
    assert "without COMMIT" in message
    assert orders.query("db", "SELECT count(*) AS n FROM orders") == [{"n": 3}]


@pytest.mark.parametrize("sql, message", [
    ("DELETE FROM orders WHERE order_id = 1", "1 row(s) deleted\n"),
    ("UPDATE orders SET amount = 0 WHERE category = 'books'", "2 row(s) updated\n"),
    ("INSERT INTO orders (order_id) VALUES (9)", "1 row(s) affected\n"),
    ("MERGE INTO orders USING (VALUES (1, 5.0), (8, 1.0)) s(order_id, amount) "
     "ON orders.order_id = s.order_id WHEN MATCHED THEN UPDATE SET amount = s.amount "
     "WHEN NOT MATCHED THEN INSERT (order_id, amount) VALUES (s.order_id, s.amount)",
     "2 row(s) affected\n"),
])
def test_changes_are_counted_on_stderr(orders, sql, message):
    result = orders.ok("query", "db/orders", sql)
    assert (result.err, result.out) == (message, "")


def test_returning_prints_rows(orders):
    rows = orders.query("db", "DELETE FROM orders WHERE order_id = 1 RETURNING category")
    assert rows == [{"category": "books"}]


def test_select_star_shows_the_users_columns_only(orders):
    assert list(orders.query("db", "SELECT * FROM orders")[0]) == [
        "order_id", "category", "amount", "status"]


def test_the_past(orders):
    orders.ok("query", "db/orders", "DELETE FROM orders")
    last = len(orders.ok("snapshots", "db", "orders").out.splitlines())
    count = "SELECT count(*) AS n FROM orders"
    before = str(last - 1)
    assert orders.query("db/orders", count, "--snapshot", before) == [{"n": 3}]
    assert orders.query("db", count, "-t", "orders", "--snapshot", before) == [{"n": 3}]
    assert orders.query("db/orders", count, "--snapshot", str(last)) == [{"n": 0}]
    assert orders.query("db/orders", count) == [{"n": 0}]


def test_the_past_of_the_whole_database(orders):
    orders.ok("query", "db", "DELETE FROM orders")
    orders.ok("query", "db", "DROP TABLE orders")
    count = "SELECT count(*) AS n FROM orders"
    # 1 makes the database, 2 imports, 3 deletes, 4 drops.
    assert "orders" in orders.fails("query", "db", count, "--snapshot", "1")
    assert orders.query("db", count, "--snapshot", "2") == [{"n": 3}]
    assert orders.query("db", count, "--snapshot", "3") == [{"n": 0}]
    assert "orders" in orders.fails("query", "db", count, "--snapshot", "4")
    assert "snapshot 5 not found" in orders.fails("query", "db", count, "--snapshot", "5")


@pytest.mark.parametrize("sql", [
    "DELETE FROM orders", "UPDATE orders SET amount = 1",
    "INSERT INTO orders (order_id) VALUES (1)"])
def test_the_past_takes_no_changes(orders, sql):
    message = orders.fails("query", "db/orders", sql, "--snapshot", "1")
    assert ("--snapshot is read-only; DELETE/UPDATE/MERGE are not allowed on a past snapshot"
            in message)


def test_a_snapshot_that_is_not_there(orders):
    for path in ["db", "db/orders"]:
        message = orders.fails("query", path, "SELECT 1", "--snapshot", "999")
        assert "snapshot 999 not found" in message


def test_snapshot_and_server_exclude_each_other(orders):
    message = orders.fails("query", "db", "SELECT 1", "--snapshot", "1", "--server", "http://x",
                           code=2)
    assert "--snapshot" in message and "--server" in message


def test_t_restricts_the_tables(orders):
    orders.ok("create", "db", "other")
    assert orders.query("db", "SELECT count(*) AS n FROM orders", "-t", "orders") == [{"n": 3}]
    for sql in ["FROM orders, other", "DELETE FROM other", "DROP TABLE other"]:
        assert "other does not exist" in orders.fails("query", "db", sql, "-t", "orders")
    assert orders.query("db", "SHOW TABLES", "-t", "orders") == [{"name": "orders"}]
    assert "table 'nope' not found" in orders.fails("query", "db", "SELECT 1", "-t", "nope")


def test_t_takes_views_and_names_with_schemas(orders):
    orders.ok("query", "db", "CREATE SCHEMA s; CREATE TABLE s.\"a.b\" (i INT); "
              "CREATE TABLE other (i INT); "
              "CREATE VIEW deep AS SELECT i FROM s.\"a.b\" UNION ALL SELECT 1; "
              "CREATE VIEW v AS SELECT (SELECT count(*) FROM deep) AS n FROM orders LIMIT 1")
    assert orders.query("db", "FROM v", "-t", "v") == [{"n": 1}]
    assert "other does not exist" in orders.fails("query", "db", "FROM other", "-t", "v")
    assert orders.query("db", "FROM s.\"a.b\"", "-t", 's."a.b"') == []


def test_wrong_sql_says_where(orders):
    message = orders.fails("query", "db", "SELEC 1")
    assert "syntax error" in message and "LINE 1" in message


def test_the_quick_start(orders):
    table = "db/orders"
    assert orders.ok("query", table, "UPDATE orders SET amount = amount * 1.1 "
                     "WHERE category = 'books'").err == "2 row(s) updated\n"
    orders.ok("query", table, "MERGE INTO orders USING (SELECT * FROM (VALUES (1,'books',9.99)) "
              "s(order_id,category,amount)) src ON orders.order_id = src.order_id "
              "WHEN MATCHED THEN UPDATE SET amount = src.amount "
              "WHEN NOT MATCHED THEN INSERT (order_id,category,amount) "
              "VALUES (src.order_id,src.category,src.amount)")
    assert orders.query(table, "SELECT amount FROM orders WHERE order_id = 1") == [{"amount": 9.99}]
