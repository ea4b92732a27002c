"""create, create-table, drop-table, snapshots."""

import pytest


@pytest.mark.parametrize("command", ["create", "create-table"])
def test_create_prints_the_table(cli, command):
    assert cli.ok(command, "db", "t").out == "created table t\n"


def test_create_refuses_a_name_that_is_taken(cli):
    cli.ok("create", "db", "t")
    assert "already exists" in cli.fails("create", "db", "t")


def test_create_without_schema_has_an_id(cli):
    cli.ok("create", "db", "t")
    assert [c["column_name"] for c in cli.query("db", "DESCRIBE t")] == ["id"]


@pytest.mark.parametrize("schema", [
    "id BIGINT NOT NULL, name VARCHAR",
    '{"columns":[{"name":"id","type":"int64","nullable":false},{"name":"name","type":"utf8"}]}',
])
def test_create_takes_sql_and_json(cli, schema):
    cli.ok("create", "db", "t", "--schema", schema)
    described = cli.query("db", "DESCRIBE t")
    assert [(c["column_name"], c["column_type"], c["null"]) for c in described] == [
        ("id", "BIGINT", "NO"), ("name", "VARCHAR", "YES")]


def test_flags_stand_before_or_behind(cli):
    cli.ok("create", "--schema", "a INTEGER", "db", "t")
    assert cli.query("db", "SELECT * FROM t") == []


@pytest.mark.parametrize("schema", ["{", '{"columns":[]}', '[{"name":"x"}]'])
def test_create_names_what_json_lacks(cli, schema):
    assert "--schema" in cli.fails("create", "db", "t", "--schema", schema)


def test_drop_table(cli):
    cli.ok("create", "db", "t")
    assert cli.ok("drop-table", "db", "t").out == "dropped table t\n"
    assert "table 't' not found" in cli.fails("drop-table", "db", "t")


def test_drop_table_keeps_the_past(orders):
    orders.ok("drop-table", "db", "orders")
    count = "SELECT count(*) AS n FROM orders"
    assert orders.query("db", count, "--snapshot", "2") == [{"n": 3}]
    # By its own commits too, under its last name and its directory.
    assert orders.query("db", count, "-t", "orders", "--snapshot", "1") == [{"n": 3}]
    assert orders.query("db/orders", count, "--snapshot", "1") == [{"n": 3}]
    assert "table 'orders' not found" in orders.fails("query", "db/orders", count)


def test_a_renamed_table_has_its_old_name_in_the_past(orders):
    orders.ok("query", "db", "ALTER TABLE orders RENAME TO bought")
    count = "SELECT count(*) AS n FROM {}"
    assert orders.query("db/orders", count.format("bought")) == [{"n": 3}]
    assert orders.query("db/orders", count.format("orders"), "--snapshot", "1") == [{"n": 3}]
    assert orders.query("db", count.format("bought"), "--snapshot", "3") == [{"n": 3}]
    assert "snapshot 4 not found" in orders.fails("query", "db", "SELECT 1", "--snapshot", "4")


def test_drop_table_with_purge_deletes_its_files(orders):
    orders.ok("query", "db", "CREATE TABLE big AS SELECT range AS i FROM range(100000)")
    orders.ok("drop-table", "db", "big", "--purge")
    left = [path for path in (orders.folder / "db" / "big").rglob("*") if path.is_file()]
    assert [path.parent.name for path in left] == ["_oldest"]
    orders.ok("query", "db", "CREATE TABLE big AS SELECT 7 AS i")
    assert orders.query("db", "SELECT i FROM big") == [{"i": 7}]
    assert orders.query("db", "SELECT count(*) AS n FROM orders") == [{"n": 3}]


@pytest.mark.parametrize("name", [
    "with space", 'quo"te', "it's", "select", "grün", "日本", "..", ".", "a/b", "-- x", "a;b"])
def test_any_name_works(cli, name):
    cli.ok("create", "--schema", "a INTEGER", "--", "db", name)
    quoted = '"' + name.replace('"', '""') + '"'
    cli.ok("query", "db", f"INSERT INTO {quoted} VALUES (7)")
    assert cli.query("db", f"SELECT * FROM {quoted}") == [{"a": 7}]
    assert cli.ok("check", "--", "db", name).out.endswith("check passed\n")
    # Nothing may lie outside the database's folder.
    assert {p.name for p in cli.folder.iterdir()} == {"db"}


def test_an_empty_name_is_a_usage_error(cli):
    cli.fails("create", "db", "", code=2)


def test_snapshots_has_a_line_per_commit(orders):
    orders.ok("query", "db", "DELETE FROM orders WHERE order_id = 2")
    lines = [line.split() for line in orders.ok("snapshots", "db", "orders").out.splitlines()]
    assert [line[0] for line in lines] == [str(n + 1) for n in range(len(lines))]
    assert lines[-1][2] == "2" and lines[-2][2] == "3"
    assert lines[0][4] == "-" and len(lines[-1][4]) == 16
    assert lines[0][1].endswith("Z") and "T" in lines[0][1]


def test_snapshots_as_json(orders):
    snapshots = orders.ok("snapshots", "db", "orders", "--format", "json").json
    assert snapshots[0]["sequence"] == 1 and snapshots[0]["parent_hash"] is None


def test_snapshots_of_no_table(orders):
    assert "table 'x' not found" in orders.fails("snapshots", "db", "x")


def test_create_index(orders):
    made = orders.ok("create-index", "db", "orders", "order_id", "--unique").out
    assert made == "created index orders_order_id_idx on orders.order_id\n"
    listed = orders.query("db", "SELECT index_name, is_unique FROM duckdb_indexes()")
    assert listed == [{"index_name": "orders_order_id_idx", "is_unique": True}]
    refused = orders.fails("query", "db", "INSERT INTO orders (order_id) VALUES (3)")
    assert ("unique key violation on index 'orders_order_id_idx' of table 'orders': "
            "duplicate key '3'") in refused
    assert "already exists" in orders.fails("create-index", "db", "orders", "order_id")
    duplicates = orders.fails("create-index", "db", "orders", "category", "--unique")
    assert "duplicate key 'books'" in duplicates
