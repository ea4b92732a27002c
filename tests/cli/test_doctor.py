"""doctor: what it says, and what --repair leaves."""


def newest(folder, pattern):
    return max(folder.rglob(pattern), key=lambda path: path.stat().st_mtime)


def test_a_healthy_table(orders):
    assert orders.ok("doctor", "db", "orders").out == "table is healthy\n"
    assert orders.ok("doctor", "db", "orders", "--repair").out == "no repairs needed\n"


def test_a_torn_tail_is_cut_off(orders):
    path = newest(orders.folder / "db" / "orders" / "_log", "*.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole + b"{half a line")
    out = orders.ok("doctor", "db", "orders").out
    assert out.startswith("INFO TornTail: ") and out.endswith("issues found\n")
    assert "Nothing is lost" in out
    assert orders.ok("doctor", "db", "orders", "--repair").out.endswith("\nrepaired\n")
    assert path.read_bytes() == whole
    assert orders.query("db", "SELECT count(*) AS n FROM orders") == [{"n": 3}]


def test_lost_rows_are_said_and_stay_lost(orders):
    orders.ok("query", "db", "CREATE TABLE big AS SELECT range AS i FROM range(100000)")
    newest(orders.folder / "db" / "big" / "data", "*.parquet").unlink()
    out = orders.ok("doctor", "db", "big").out
    assert "ERROR DataFileMissing: big/data/" in out
    assert "its 100000 live rows" in out and out.endswith("issues found\n")
    result = orders.run("doctor", "db", "big", "--repair")
    assert result.code == 1 and result.out.endswith("unrepairable issues remain\n")


def test_a_table_that_is_not_there(orders):
    assert "table 'nope' not found" in orders.fails("doctor", "db", "nope")
