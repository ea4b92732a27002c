"""Readers of Parquet, through the proxy: they see the rows that SQL answers."""

import importlib.util
import json
import pathlib

import duckdb
import polars
import pyarrow.dataset
import pyarrow.fs
import pytest

from conftest import KEY, SECRET, Proxy, Database
from icedb_tables import ODD_KEYS, IcedbTable

# DuckDB takes what follows a '?' for parameters of its own.
KEYS = [key for key in ODD_KEYS if "?" not in key]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """`now` and `then` of a table with deletes, updates, inline rows and a new column; `parts`, a
    partitioned one; `odd`, an icedb table with odd names and a dead file."""
    folder = tmp_path_factory.mktemp("served")
    database = Database(folder / "db")
    database.create("t", "i INTEGER, s VARCHAR, d DATE")
    for start in range(0, 3000, 1000):
        database.sql(f"INSERT INTO t SELECT range, 'x' || range, DATE '2020-01-01' + range::INTEGER"
                     f" FROM range({start}, {start + 1000})")
    database.sql("DELETE FROM t WHERE i % 7 = 0")
    then = database.rows("SELECT i, s, d::VARCHAR FROM t")
    database.sql("UPDATE t SET s = NULL WHERE i BETWEEN 10 AND 20")
    database.sql("ALTER TABLE t RENAME COLUMN d TO day")
    database.sql("ALTER TABLE t ADD COLUMN n BIGINT DEFAULT 5")
    database.sql("INSERT INTO t VALUES (-1, 'inline', NULL, 7)")
    database.sql("CREATE TABLE parts (k VARCHAR, v INTEGER) PARTITIONED BY (k)")
    database.sql("INSERT INTO parts SELECT '00' || (range % 3), range FROM range(3000)")
    database.sql("INSERT INTO parts SELECT NULL, range FROM range(300)")
    table = IcedbTable(folder / "odd")
    markers = [table.write(key, [{"i": i}]) for i, key in enumerate(KEYS)]
    dead = table.write("u=dead/x.parquet", [{"i": 99}])
    table.log(1000, dead, *markers)
    table.log(2000, {**dead, "tmb": 2000})
    native = {"location": database.path}
    proxy = Proxy(folder, {"buckets": [
        {"name": "now", "table": "t", **native}, {"name": "then", "table": "t", **native,
                                                  "snapshot": 6},
        {"name": "parts", "table": "parts", **native}, table.bucket(name="odd")]})
    expected = {
        "now": database.rows("SELECT i, s, day::VARCHAR AS day, n FROM t"),
        "then": then,
        "parts": database.rows("SELECT k, v FROM parts"),
        "odd": [(i,) for i in range(len(KEYS))],
    }
    yield proxy, {name: ordered(rows) for name, rows in expected.items()}
    assert proxy.stop() == (0, "")


def ordered(rows):
    return sorted((tuple(str(value) for value in row) for row in rows))


BUCKETS = {"now": "i, s, day, n", "then": "i, s, d", "parts": "k, v", "odd": "i"}


@pytest.fixture(params=BUCKETS)
def bucket(request):
    return request.param


def columns(bucket):
    return BUCKETS[bucket].split(", ")


def test_duckdb(served, bucket):
    if importlib.util.find_spec("duckdb_extension_httpfs") is None:
        pytest.skip("duckdb-extension-httpfs is not installed")
    import duckdb_extension_httpfs

    (extension,) = pathlib.Path(duckdb_extension_httpfs.__file__).parent.rglob("*.duckdb_extension")
    proxy, expected = served
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    connection.execute(f"CREATE SECRET (TYPE s3, KEY_ID '{KEY}', SECRET '{SECRET}', ENDPOINT "
                       f"'{proxy.host}', USE_SSL false, URL_STYLE 'path', REGION 'us-east-1')")
    rows = connection.execute(f"SELECT {BUCKETS[bucket]} FROM "
                              f"read_parquet('s3://{bucket}/**/*.parquet')").fetchall()
    assert ordered(rows) == expected[bucket]
    if bucket != "odd":
        names = [name for name, *_ in connection.execute(
            f"DESCRIBE FROM read_parquet('s3://{bucket}/**/*.parquet')").fetchall()]
        assert names == columns(bucket)
    (count,) = connection.execute(
        f"SELECT count(*) FROM read_parquet('s3://{bucket}/**/*.parquet')").fetchone()
    assert count == len(expected[bucket])


def test_pyarrow(served, bucket):
    proxy, expected = served
    files = pyarrow.fs.S3FileSystem(access_key=KEY, secret_key=SECRET, endpoint_override=proxy.host,
                                    scheme="http", region="us-east-1")
    dataset = pyarrow.dataset.dataset(bucket, filesystem=files, format="parquet")
    table = dataset.to_table(columns=columns(bucket))
    rows = [tuple(row.values()) for row in table.to_pylist()]
    assert ordered(rows) == expected[bucket]


def test_polars(served, bucket):
    proxy, expected = served
    frame = polars.scan_parquet(
        f"s3://{bucket}/**/*.parquet", hive_partitioning=False,
        storage_options={"aws_access_key_id": KEY, "aws_secret_access_key": SECRET,
                         "aws_endpoint_url": proxy.url, "aws_region": "us-east-1",
                         "aws_allow_http": "true"}).select(columns(bucket)).collect()
    assert ordered(frame.rows()) == expected[bucket]


@pytest.mark.parametrize("pattern", ["**.parquet", "**/*.parquet"])
def test_clickhouse(served, bucket, pattern):
    if importlib.util.find_spec("chdb") is None:
        pytest.skip("chdb is not installed")
    import chdb

    proxy, expected = served
    text = chdb.query(
        f"SELECT {BUCKETS[bucket]} FROM s3('{proxy.url}/{bucket}/{pattern}', '{KEY}', "
        f"'{SECRET}', 'Parquet')", "JSONCompact")
    assert ordered(json.loads(str(text))["data"]) == expected[bucket]
