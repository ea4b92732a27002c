"""Bad input gets a clear error and loses nothing."""

import os
import subprocess

import pytest


def count(cli):
    return cli.query("db", "SELECT count(*) AS n FROM orders")[0]["n"]


def test_directories_that_are_no_database(cli):
    assert "does not exist" in cli.fails("query", "missing", "SELECT 1")
    (cli.folder / "empty").mkdir()
    assert "the directory is empty" in cli.fails("query", "empty", "SELECT 1")
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
