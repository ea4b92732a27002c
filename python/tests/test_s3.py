"""Databases in a bucket of an S3 server."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Callable, Iterator

import boto3
import duckdb
import pytest

import icefalldb
from s3_server import s3_server


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The options of a URL that reach a server with the bucket "lake"."""
    with s3_server("lake") as endpoint:
        yield f"endpoint={endpoint}&region=us-east-1&access_key_id=key&secret_access_key=hidden"


def test_attach_takes_a_url(bucket: str) -> None:
    url = f"s3://lake/attach?{bucket}"
    with icefalldb.attach(url, create=True) as db:
        db.sql("CREATE TABLE t (i INTEGER PRIMARY KEY, s VARCHAR)")
        db.sql("INSERT INTO t SELECT i, 's' || i FROM range(20000) r(i)")
        db.sql("UPDATE t SET s = 'new' WHERE i = 7")
    with icefalldb.attach(url) as db:
        assert db.sql("SELECT count(*), sum(i) FROM t").fetchall() == [(20000, 199990000)]
        assert db.sql("SELECT s FROM t WHERE i = 7").fetchall() == [("new",)]
        assert db.sql("SELECT count(*) FROM t").arrow().to_pydict() == {"count_star()": [20000]}


def test_import_and_export_take_a_url(bucket: str, tmp_path) -> None:
    url = f"s3://lake/tsv?{bucket}"
    (tmp_path / "a.tsv").write_text("id\tfruit\n1\tapple\n2\t\n")
    assert icefalldb.import_tsv(url, "fruits", tmp_path / "a.tsv") == 2
    assert icefalldb.export_tsv(url, "fruits", tmp_path / "b.tsv") == 2
    assert (tmp_path / "b.tsv").read_text().startswith("id\tfruit\n1\tapple\n")


def test_an_unmodified_duckdb_attaches_a_url(bucket: str) -> None:
    host = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    icefalldb.load(host)
    host.execute(f"ATTACH 's3://lake/host?{bucket}' AS my (TYPE icefall)")
    host.execute("CREATE TABLE my.t AS SELECT range AS i FROM range(10000)")
    host.execute("DELETE FROM my.t WHERE i % 2 = 0")
    assert host.sql("SELECT count(*), sum(i) FROM my.t").fetchall() == [(5000, 25000000)]
    host.execute("DETACH my")
    host.execute(f"ATTACH 'icefall:s3://lake/host?{bucket}' AS again")
    assert host.sql("SELECT count(*), sum(i) FROM again.t").fetchall() == [(5000, 25000000)]
    host.close()


def test_errors_name_the_bucket_and_no_secret(bucket: str) -> None:
    with pytest.raises(icefalldb.IcefallDBError) as caught:
        icefalldb.attach(f"s3://lake/nothing?{bucket}")
    assert "s3://lake/nothing" in str(caught.value)
    assert "hidden" not in str(caught.value)


def cut(body: bytes) -> bytes:
    return body[: len(body) // 2]


def overwritten(body: bytes) -> bytes:
    return bytes(len(body))


@contextmanager
def damaged(url: str, folder: str, damage: Callable[[bytes], bytes]) -> Iterator[str]:
    """A data file, damaged while this lasts; the URL that an error names it by."""
    options = dict(option.split("=", 1) for option in url.split("?")[1].split("&"))
    s3 = boto3.client(
        "s3", endpoint_url=options["endpoint"], region_name=options["region"],
        aws_access_key_id="key", aws_secret_access_key="hidden",
    )  # fmt: skip
    found = s3.list_objects_v2(Bucket="lake", Prefix=folder)["Contents"]
    key = next(item["Key"] for item in found if item["Key"].endswith(".parquet"))
    body = s3.get_object(Bucket="lake", Key=key)["Body"].read()
    s3.put_object(Bucket="lake", Key=key, Body=damage(body))
    yield f"s3://lake/{key}"
    s3.put_object(Bucket="lake", Key=key, Body=body)


@pytest.mark.parametrize("damage", [cut, overwritten])
@pytest.mark.parametrize("rows", [3_000, 50_000])
def test_a_damaged_data_file_is_named_by_its_url(
    bucket: str, host: duckdb.DuckDBPyConnection, rows: int, damage: Callable[[bytes], bytes]
) -> None:
    folder = f"{damage.__name__}{rows}"
    url = f"s3://lake/{folder}?{bucket}"
    with icefalldb.attach(url, create=True) as db:
        insert = f"INSERT INTO t SELECT i, md5(i::VARCHAR) FROM range({rows}) r(i)"
        db.sql("CREATE TABLE t (i INTEGER, s VARCHAR)")
        db.sql(insert)
        db.sql(insert)
    with damaged(url, folder + "/", damage) as name:
        host.execute(f"ATTACH '{url}' AS my (TYPE icefall)")
        for sql in (
            "FROM my.t", "SELECT max(s || i) FROM my.t", "CREATE TABLE x AS FROM my.t",
            "UPDATE my.t SET s = 'x' WHERE i = 3", "CALL icefall_compact('my.t')",
        ):  # fmt: skip
            with pytest.raises(duckdb.Error) as caught:
                host.execute(sql).fetchall()
            assert name in str(caught.value) and "icefall-store" not in str(caught.value)
        with icefalldb.attach(url) as db, pytest.raises(icefalldb.IcefallDBError) as raised:
            db.sql("SELECT max(s || i) FROM t").fetchall()
        assert name in str(raised.value) and "icefall-store" not in str(raised.value)


@pytest.mark.parametrize("rows", [1_000, 100_000])
def test_a_damaged_file_of_icedb_is_named_by_its_url(
    bucket: str, host: duckdb.DuckDBPyConnection, rows: int
) -> None:
    folder = f"icedb/damaged{rows}"
    url = f"s3://lake/{folder}?{bucket}"
    host.execute(f"ATTACH '{url}' AS my (TYPE icefall, FORMAT icedb)")
    table = f"my.damaged{rows}"
    host.execute(f"CREATE TABLE {table} (i BIGINT, s VARCHAR)")
    for _ in range(2):
        host.execute(f"INSERT INTO {table} SELECT i, md5(i::VARCHAR) FROM range({rows}) r(i)")
    with damaged(url, folder + "/_data/", cut) as name:
        for sql in (
            f"SELECT max(s || i) FROM {table}", f"DELETE FROM {table} WHERE s = 'x'",
            f"FROM icedb_scan('{url}')", f"CALL icedb_merge('{url}')",
            f"CALL icedb_rewrite_partition('{url}', '', 'SELECT * FROM _rows WHERE i > 3')",
        ):  # fmt: skip
            with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as fresh:
                icefalldb.load(fresh)
                fresh.execute(f"ATTACH '{url}' AS my (TYPE icefall)")
                with pytest.raises(duckdb.Error) as caught:
                    fresh.execute(sql).fetchall()
            assert name in str(caught.value), sql
            assert "icefall-store" not in str(caught.value) and "LINE" not in str(caught.value)


def test_an_icedb_table_in_a_bucket_is_attached_and_changed(
    bucket: str, host: duckdb.DuckDBPyConnection
) -> None:
    url = f"s3://lake/icedb/events?{bucket}"
    host.execute(f"ATTACH '{url}' AS lake (TYPE icefall, FORMAT icedb, PARTITION_BY 'u = k')")
    host.execute("CREATE TABLE lake.events (k VARCHAR, n BIGINT)")
    for number in range(20):
        host.execute(f"INSERT INTO lake.events (k, n) VALUES ('a', {number}), ('b', {-number})")
    host.execute("DETACH lake")
    host.execute(f"ATTACH '{url}' AS lake (TYPE icefall, PARTITION_BY 'u = k')")
    host.execute("""MERGE INTO lake.events t USING (VALUES ('a', 3), ('c', 5)) s(k, n)
                    ON t.k = s.k AND t.n = s.n WHEN MATCHED THEN DELETE
                    WHEN NOT MATCHED THEN INSERT (k, n) VALUES (s.k, s.n)""")
    found = host.execute("SELECT k, count(*), sum(n) FROM lake.events GROUP BY k ORDER BY k")
    assert found.fetchall() == [("a", 19, 187), ("b", 20, -190), ("c", 1, 5)]


def requests_of(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    """Reads, lists and writes, as EXPLAIN ANALYZE says."""
    ((_, plan),) = connection.execute(f"EXPLAIN ANALYZE {sql}").fetchall()
    found = re.search(r"(\d+)\s+reads,\D*(\d+)\s+lists,\D*(\d+)\s+writes", plan)
    assert found is not None, plan
    return tuple(int(count) for count in found.groups())


def test_explain_analyze_says_what_an_icedb_table_cost(bucket: str) -> None:
    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as writer:
        icefalldb.load(writer)
        url = f"s3://lake/icedb/counted?{bucket}"
        writer.execute(f"ATTACH '{url}' AS lake (TYPE icefall, FORMAT icedb)")
        writer.execute("CREATE TABLE lake.counted (n BIGINT)")
        for number in range(10):
            writer.execute(f"INSERT INTO lake.counted VALUES ({number})")
    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as reader:
        icefalldb.load(reader)
        reader.execute(f"ATTACH '{url}' AS lake (TYPE icefall)")
        # Each small file is one request, each log file is another, and they are listed once.
        assert requests_of(reader, "SELECT sum(n) FROM lake.counted") == (21, 1, 0)
        # Everything is in memory, but for what others may have done.
        assert requests_of(reader, "SELECT max(n) FROM lake.counted") == (0, 1, 0)
