"""Bad input gets a clear error and loses nothing."""

import hashlib
import os
import subprocess

import pytest


def count(cli):
    return cli.query("db", "SELECT count(*) AS n FROM orders")[0]["n"]


def test_directories_that_are_no_database(cli):
    assert "does not exist; --create makes" in cli.fails("query", "missing", "SELECT 1")
    (cli.folder / "empty").mkdir()
    assert "the directory is empty; --create makes" in cli.fails("query", "empty", "SELECT 1")
    (cli.folder / "other").mkdir()
    cli.write("other/file", "x")
    assert "is not an IcefallDB database" in cli.fails("query", "other", "SELECT 1")
    assert "is not an IcefallDB database" in cli.fails("create", "other", "t")
    cli.write("file", "x")
    assert "is not a directory" in cli.fails("query", "file", "SELECT 1")


@pytest.mark.parametrize("arguments", [
    ["insert", "db", "nope", "orders.tsv"], ["export", "db", "nope", "x.csv"],
    ["drop-table", "db", "nope"], ["check", "db", "nope"], ["snapshots", "db", "nope"],
    ["create-index", "db", "nope", "a"]])
def test_a_table_that_is_not_there(orders, arguments):
    assert "table 'nope' not found" in orders.fails(*arguments)


def test_files_that_cannot_be_read(orders):
    assert "No such file" in orders.fails("insert", "db", "orders", "missing.csv")
    orders.write("junk.parquet", os.urandom(1000))
    assert "junk.parquet" in orders.fails("insert", "db", "orders", "junk.parquet")
    orders.write("junk.arrow", os.urandom(1000))
    assert "junk.arrow" in orders.fails("insert", "db", "orders", "junk.arrow")
    orders.write("junk.json", "{")
    assert "junk.json" in orders.fails("insert", "db", "orders", "junk.json")
    orders.write("what.xyz", "x")
    assert ".parquet" in orders.fails("insert", "db", "orders", "what.xyz", code=2)
    assert count(orders) == 3


def test_a_csv_with_a_short_row_far_down(orders):
    lines = ["order_id,category,amount,status"]
    lines += [f"{i},c,1.5,open" for i in range(1_000_000)]
    lines[900_000] = "899999,c"
    orders.write("big.csv", "\n".join(lines) + "\n")
    message = orders.fails("insert", "db", "orders", "big.csv")
    assert "big.csv" in message and "900001" in message
    assert count(orders) == 3
    message = orders.fails("import", "db", "fresh", "big.csv")
    assert "900001" in message
    assert [t["name"] for t in orders.query("db", "SHOW TABLES")] == ["orders"]


def test_a_value_that_does_not_cast(orders):
    orders.write("bad.csv", "order_id,amount\n1,2\nx,3\n")
    message = orders.fails("insert", "db", "orders", "bad.csv")
    assert "bad.csv" in message and "Line: 3" in message and '"x"' in message
    orders.write("bad.tsv", "order_id\tamount\n1\t2\n1.5\t3\n")
    message = orders.fails("import", "db", "orders", "bad.tsv")
    assert "bad.tsv line 3, column 'order_id': '1.5' is not a valid BIGINT" in message
    assert count(orders) == 3


@pytest.mark.parametrize("text, message", [
    ("", "expected a header line"),
    ("a\ta\n", "line 1, column 'a': the name 'a' is there twice"),
    ("a\tb\n1\t2\n3\n", "line 3, column 'a': expected 2 fields, found 1"),
    (b"a\n\xff\n", "line 2, column 'a': '\\xff' is not valid UTF-8"),
    ("a\nx\\q\n", "line 2, column 'a': 'x\\q'"),
])
def test_tsv_errors_name_the_place(cli, text, message):
    cli.write("t.tsv", text)
    assert message in cli.fails("import", "db", "t", "t.tsv")


def test_a_column_that_the_table_lacks(orders):
    orders.write("more.csv", "order_id,colour\n1,red\n")
    assert "colour" in orders.fails("insert", "db", "orders", "more.csv")
    assert count(orders) == 3


def newest(folder, pattern):
    return max(folder.rglob(pattern), key=lambda path: path.stat().st_mtime)


def test_a_missing_data_file(orders):
    orders.ok("query", "db", "CREATE TABLE big AS SELECT range AS i FROM range(100000)")
    newest(orders.folder / "db", "*.parquet").unlink()
    result = orders.run("check", "db", "big")
    assert result.code == 1
    assert "ERROR DataFileMissing: " in result.out and result.out.endswith("check failed\n")
    assert ".parquet" in orders.fails("query", "db", "SELECT sum(i) FROM big")
    assert count(orders) == 3


def test_a_truncated_data_file(orders):
    orders.ok("query", "db", "CREATE TABLE big AS SELECT range AS i FROM range(100000)")
    path = newest(orders.folder / "db", "*.parquet")
    path.write_bytes(path.read_bytes()[:-100])
    result = orders.run("check", "db", "big")
    assert result.code == 1 and "DataFileSize" in result.out


def test_a_flipped_byte_in_a_data_file(orders):
    orders.ok("query", "db", "CREATE TABLE big AS SELECT range AS i FROM range(100000)")
    path = newest(orders.folder / "db", "*.parquet")
    data = bytearray(path.read_bytes())
    expected = hashlib.sha256(data).hexdigest()
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert orders.ok("check", "db", "orders", "--checksums").out == "check passed\n"
    result = orders.run("check", "db", "big", "--checksums")
    found = hashlib.sha256(data).hexdigest()
    assert result.code == 1
    assert result.out.splitlines()[0] == (
        f"ERROR DataFileChecksum: big/data/{path.name}: table 'big': "
        f"expected SHA-256 {expected}, found {found}; needed by snapshot 1, which is the newest")


def test_a_flipped_byte_in_a_segment(orders):
    path = newest(orders.folder / "db" / "orders" / "_log", "*.jsonl")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert path.name in orders.fails("query", "db", "SELECT * FROM orders")


def test_a_directory_that_cannot_be_written(orders):
    if os.geteuid() == 0 and subprocess.run(["which", "setpriv"], capture_output=True,
                                            check=False).returncode != 0:
        pytest.skip("root may write everywhere")
    subprocess.run(["chmod", "-R", "a-w,a+rX", str(orders.folder)], check=True)
    unprivileged = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    prefix = unprivileged if os.geteuid() == 0 else []
    from conftest import BINARY

    def run(sql):
        return subprocess.run([*prefix, BINARY, "query", str(orders.folder / "db"), sql],
                              capture_output=True, check=False)

    for parent in [orders.folder, *orders.folder.parents]:
        parent.chmod(parent.stat().st_mode | 0o5) if parent.owner() != "x" and \
            str(parent).startswith("/tmp/pytest") else None
    assert run("SELECT count(*) AS n FROM orders").stdout == b'[{"n":3}]\n'
    refused = run("DELETE FROM orders")
    assert refused.returncode == 1 and b"read-only" in refused.stderr
    subprocess.run(["chmod", "-R", "u+w", str(orders.folder)], check=True)


def test_two_writers_lose_nothing(orders):
    from conftest import BINARY

    sql = "INSERT INTO orders (order_id) VALUES (100)"
    writers = [subprocess.Popen([BINARY, "query", "db", sql], cwd=orders.folder,
                                stderr=subprocess.PIPE) for _ in range(4)]
    for writer in writers:
        _, err = writer.communicate()
        assert writer.returncode == 0, err
    assert count(orders) == 7


def test_a_full_device(orders):
    with open("/dev/full", "wb") as full:
        from conftest import BINARY

        done = subprocess.run([BINARY, "query", "db", "SELECT 1"], cwd=orders.folder, stdout=full,
                              stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1 and b"No space left" in done.stderr


@pytest.mark.parametrize("name, text, message", [
    ("empty.csv", "", "expected a header line of column names, found none"),
    ("empty.json", "", "has no rows, and so no columns to make a table of"),
    ("empty.json", "[]", "has no rows, and so no columns to make a table of"),
    ("empty.ndjson", "", "has no rows, and so no columns to make a table of"),
])
def test_a_file_without_columns_makes_no_table(cli, name, text, message):
    cli.write(name, text)
    assert message in cli.fails("import", "db", "t", name)
    assert cli.query("db", "SHOW TABLES") == []


@pytest.mark.parametrize("name, text", [("none.json", "[]"), ("none.ndjson", ""),
                                        ("none.csv", "i\n")])
def test_a_file_without_rows_adds_none(cli, name, text):
    cli.ok("create", "db", "t", "--schema", "i BIGINT NOT NULL, s VARCHAR")
    cli.write(name, text)
    assert cli.ok("insert", "db", "t", name).out == "inserted 0 rows into t\n"


def test_an_error_is_told_as_it_is(cli):
    cli.ok("create", "db", "t")
    message = cli.fails("query", "db", "CREATE TABLE t (i INT)")
    assert message == 'icefalldb query: Table with name "t" already exists!\n'


def big_table(cli):
    cli.ok("query", "db", "CREATE TABLE big AS SELECT range AS i FROM range(100000)")
    return newest(cli.folder / "db" / "big" / "data", "*.parquet")


def test_a_foreign_file_in_the_place_of_a_data_file(orders):
    path = big_table(orders)
    path.write_bytes(b"x" * path.stat().st_size)
    result = orders.run("check", "db", "big")
    assert result.code == 1 and "ERROR DataFileUnreadable: big/data/" in result.out
    assert path.name in orders.fails("query", "db", "SELECT sum(i) FROM big")
    assert count(orders) == 3


def test_a_damaged_line_is_named_by_check(orders):
    path = newest(orders.folder / "db" / "orders" / "_log", "*.jsonl")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    result = orders.run("check", "db", "orders")
    assert result.code == 1
    assert "ERROR LogDamaged: " in result.out and f"_log/{path.name}: line 1" in result.out


def test_a_truncated_manifest_costs_nothing(orders):
    # More log than a manifest is written for: 256 KiB.
    orders.ok("query", "db", "; ".join(
        f"INSERT INTO orders (order_id, category) SELECT range, repeat('x', 30) "
        f"FROM range({first}, {first + 100})" for first in range(0, 9000, 100)))
    path = newest(orders.folder / "db" / "orders" / "_manifests", "*.json")
    path.write_bytes(path.read_bytes()[:-200])
    assert count(orders) == 9003
    result = orders.run("check", "db", "orders")
    assert result.code == 1
    assert f"ERROR ManifestDamaged: orders/_manifests/{path.name}: " in result.out
    orders.ok("query", "db", "DELETE FROM orders WHERE order_id >= 100")
    assert count(orders) == 103


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 4 MiB, which is full soon."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small disk: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder):
    """Leaves no byte free; answers the file that does so."""
    path = folder / "filler"
    with open(path, "wb", buffering=0) as file:
        with pytest.raises(OSError):
            while True:
                file.write(b"x" * 4096)
    return path


@pytest.mark.parametrize("sql", [
    "INSERT INTO orders (order_id, category) SELECT range, 'x' || range FROM range(5000)",
    "INSERT INTO orders (order_id) VALUES (7)",
    "UPDATE orders SET amount = 0", "DELETE FROM orders WHERE amount > 2",
    "CREATE TABLE more AS SELECT range AS i FROM range(5000)",
    "ALTER TABLE orders ADD COLUMN colour VARCHAR",
    "BEGIN; DELETE FROM orders; CREATE TABLE more (i INTEGER); COMMIT",
])
def test_a_full_disk_loses_nothing(cli, small_disk, sql):
    cli.folder = small_disk
    cli.write("orders.csv", "order_id,category,amount\n1,a,1.5\n2,b,2.5\n3,c,3.5\n")
    cli.ok("import", "db", "orders", "orders.csv")
    filler = fill(small_disk)
    # Small commits find room in the last page of the segment.
    room = "INSERT INTO orders (order_id) VALUES (100)"
    while cli.run("query", "db", room).code == 0:
        pass
    before = cli.query("db", "SELECT * FROM orders ORDER BY ALL")
    message = cli.fails("query", "db", sql)
    assert "No space left" in message and str(small_disk / "db") in message
    assert cli.query("db", "SELECT * FROM orders ORDER BY ALL") == before
    assert [t["name"] for t in cli.query("db", "SHOW TABLES")] == ["orders"]
    assert cli.ok("check", "db", "orders", "--data").out.endswith("check passed\n")
    filler.unlink()
    cli.ok("query", "db", "INSERT INTO orders (order_id) VALUES (8)")
    assert cli.query("db", "SELECT count(*) AS n FROM orders") == [{"n": len(before) + 1}]
    assert cli.ok("check", "db", "orders", "--data").out.endswith("check passed\n")
