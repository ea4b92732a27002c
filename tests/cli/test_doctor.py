"""doctor: what it says, and what --repair leaves."""

import shutil


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


def test_a_damaged_catalog_is_explained(orders):
    path = newest(orders.folder / "db" / "_catalog" / "_log", "*.jsonl")
    damaged = bytearray(path.read_bytes())
    damaged[40] ^= 1
    path.write_bytes(damaged)
    out = orders.ok("doctor", "db", "orders").out
    assert out.startswith("ERROR LogDamaged: _catalog/_log/") and out.endswith("issues found\n")
    assert "Data files are not touched; put a copy of the file that is named back" in out
    result = orders.run("doctor", "db", "orders", "--repair")
    assert result.code == 1 and result.out.endswith("unrepairable issues remain\n")
    assert path.read_bytes() == damaged


def test_rows_behind_a_damaged_line_are_not_offered_to_gc(orders):
    orders.ok("query", "db", "CREATE TABLE big AS SELECT range AS i FROM range(100000)")
    path = newest(orders.folder / "db" / "big" / "_log", "*.jsonl")
    damaged = bytearray(path.read_bytes())
    damaged[-40] ^= 1
    path.write_bytes(damaged)
    out = orders.ok("doctor", "db", "big").out
    assert "ERROR LogDamaged" in out and "UnusedFile" not in out
    orders.fails("gc", "db", "big", "--retain-snapshots", "1")
    assert len(list((orders.folder / "db" / "big" / "data").iterdir())) == 1


def test_a_whole_database(orders):
    orders.ok("query", "db", "CREATE TABLE big AS SELECT range AS i FROM range(100000)")
    out = orders.ok("check", "db").out
    assert out == "(catalog and folder): nothing found\nbig: nothing found\n" \
        "orders: nothing found\ncheck passed\n"
    assert orders.ok("doctor", "db").out.endswith("orders: nothing found\ndatabase is healthy\n")
    newest(orders.folder / "db" / "big" / "data", "*.parquet").unlink()
    (orders.folder / "db" / "photo.jpg").write_bytes(b"x")
    result = orders.run("check", "db")
    assert result.code == 1
    assert "INFO UnknownFile: photo.jpg: " in result.out
    assert "ERROR DataFileMissing: big/data/" in result.out
    assert result.out.endswith(
        "(catalog and folder): 1 note\nbig: 1 error\norders: nothing found\ncheck failed\n"
    )
    result = orders.run("doctor", "db", "--repair")
    assert result.code == 1 and result.out.endswith("unrepairable issues remain\n")


def test_a_damaged_derived_file_is_named_and_goes(orders):
    orders.ok("query", "db", "CREATE TABLE big AS SELECT range AS i FROM range(100000)")
    path = newest(orders.folder / "db" / "_cache" / "facts", "*.facts")
    damaged = bytearray(path.read_bytes())
    damaged[-9] ^= 1
    path.write_bytes(damaged)
    assert orders.ok("check", "db", "big").out == "check passed\n"
    out = orders.ok("check", "db", "big", "--checksums").out
    assert out.startswith("WARNING DerivedFileDamaged: _cache/facts/")
    assert "no answer changes\ncheck passed\n" in out
    assert orders.ok("doctor", "db", "big", "--repair").out.endswith("\nrepaired\n")
    assert not path.exists()


def test_a_lost_catalog(orders):
    orders.ok("query", "db", "CREATE VIEW v AS FROM orders")
    before = orders.query("db", "SELECT * FROM orders ORDER BY ALL")
    for lost in ("_catalog/_log", "_catalog"):
        shutil.rmtree(orders.folder / "db" / lost)
        assert "orders" not in orders.fails("check", "db")
        for arguments in (["db"], ["db", "orders"]):
            out = orders.ok("doctor", *arguments).out
            assert "ERROR CatalogLost: _catalog: " in out and "Lost are views" in out
            assert "NamelessTable: orders: 3 rows at snapshot 1, whose name is" in out
        assert orders.ok("doctor", "db", "--repair").out.endswith("\nrepaired\n")
        assert orders.query("db", "SELECT * FROM orders ORDER BY ALL") == before
        assert orders.ok("check", "db", "--data").out.endswith("check passed\n")
