"""insert, import, export: every kind of file, there and back."""

import pytest

COLUMNS = """
  i BIGINT, s VARCHAR, l BIGINT[], st STRUCT(x BIGINT, y VARCHAR), b BLOB, d DECIMAL(5,2),
  day DATE, ts TIMESTAMP, f DOUBLE, yes BOOLEAN, m MAP(VARCHAR, BIGINT)
"""
ROWS = """
  (1, '', [1, 2], {'x': 1, 'y': 'a'}, '\\xAB\\x01'::BLOB, 1.50, '2024-01-02',
   '2024-01-02 03:04:05.5', 1.5, true, MAP {'k': 1}),
  (2, E'tab\\there\\nline "quoted" \\\\ \\'', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (NULL, 'grün', [], {'x': NULL, 'y': NULL}, ''::BLOB, -0.01, '1969-12-31',
   '1969-12-31 23:59:59.999999', -1e300, false, MAP {})
"""
SUFFIXES = ["parquet", "arrow", "arrows", "feather", "csv", "json", "ndjson", "tsv"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_table_survives_export_and_insert(cli, suffix):
    cli.ok("create", "db", "a", "--schema", COLUMNS)
    cli.ok("create", "db", "b", "--schema", COLUMNS)
    cli.ok("query", "db", f"INSERT INTO a VALUES {ROWS}")
    file = f"rows.{suffix}"
    assert cli.ok("export", "db", "a", file).out == "exported 3 rows from a\n"
    assert cli.ok("insert", "db", "b", file).out == "inserted 3 rows into b\n"
    for one, other in [("a", "b"), ("b", "a")]:
        assert cli.query("db", f"FROM {one} EXCEPT ALL FROM {other}") == []
    assert {p.name for p in cli.folder.iterdir()} == {"db", file}


def test_export_brings_no_deleted_row_back(orders):
    orders.ok("query", "db", "DELETE FROM orders WHERE order_id = 2")
    assert orders.ok("export", "db", "orders", "x.tsv").out == "exported 2 rows from orders\n"
    assert "toys" not in (orders.folder / "x.tsv").read_text()


def test_empty_texts_survive_tsv_without_any_null(cli):
    cli.ok("query", cli_database(cli), "CREATE TABLE a AS SELECT '' AS s, 1 AS i")
    cli.ok("export", "db", "a", "a.tsv")
    cli.ok("import", "db", "b", "a.tsv")
    assert cli.query("db", "FROM b") == [{"s": "", "i": 1}]


def cli_database(cli):
    cli.ok("create", "db", "unused")
    return "db"


def test_import_makes_the_table_and_its_types(cli):
    cli.write("t.tsv", "b\ti\td\tday\tts\ts\nTrue\t1\t1.5\t2024-01-02\t2024-01-02 03:04:05\tx\n"
              "false\t\t2\t2024-01-03\t2024-01-02\t\n")
    assert cli.ok("import", "db", "t", "t.tsv").out == "imported 2 rows into t\n"
    types = [c["column_type"] for c in cli.query("db", "DESCRIBE t")]
    assert types == ["BOOLEAN", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "VARCHAR"]
    assert cli.query("db", "SELECT i, s FROM t WHERE NOT b") == [{"i": None, "s": None}]


def test_import_adds_to_a_table(orders):
    orders.ok("import", "db", "orders", "orders.tsv")
    assert orders.query("db", "SELECT count(*) AS n FROM orders") == [{"n": 6}]


def test_types_come_first(cli):
    cli.write("t.tsv", "a\tb\n1\t2\n")
    cli.ok("import", "db", "t", "t.tsv", "--types", "a=DECIMAL(10,2),b=utf8")
    assert [c["column_type"] for c in cli.query("db", "DESCRIBE t")] == ["DECIMAL(10,2)", "VARCHAR"]
    assert "has no column 'z'" in cli.fails("import", "db", "u", "t.tsv", "--types", "z=INTEGER")


def test_standard_input(orders):
    orders.ok("insert", "db", "orders", "-", "--input-format", "csv", stdin="order_id\n77\n")
    assert orders.query("db", "SELECT count(*) AS n FROM orders WHERE order_id = 77") == [{"n": 1}]
    orders.fails("insert", "db", "orders", "-", code=2, stdin="order_id\n1\n")


def test_csv_text_keeps_its_zeros(cli):
    cli.ok("create", "db", "t", "--schema", "zip VARCHAR")
    cli.write("t.csv", "zip\n01234\n00000\n")
    cli.ok("insert", "db", "t", "t.csv")
    assert cli.query("db", "FROM t") == [{"zip": "01234"}, {"zip": "00000"}]


def test_create_view(orders):
    orders.write("v.sql", "SELECT order_id FROM orders WHERE status = 'open'")
    assert orders.ok("create-view", "db", "v", "v.sql").out == "created view v\n"
    assert orders.query("db", "SELECT count(*) AS n FROM v") == [{"n": 2}]


def test_refresh_view_wants_all_that_the_view_reads(orders):
    orders.write("v.sql", "SELECT order_id FROM orders WHERE status = 'open'")
    orders.ok("create-view", "db", "v", "v.sql")
    assert orders.ok("refresh-view", "db", "v").out == "refreshed view v\n"
    assert "view 'w' not found" in orders.fails("refresh-view", "db", "w")
    assert "view 'orders' not found" in orders.fails("refresh-view", "db", "orders")
    orders.ok("query", "db", "ALTER TABLE orders DROP COLUMN status")
    assert '"status" not found' in orders.fails("refresh-view", "db", "v")
