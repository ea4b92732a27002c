"""Databases in a bucket of an S3 server."""

from __future__ import annotations

import re
from typing import Iterator

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
