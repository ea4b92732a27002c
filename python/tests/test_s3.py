"""Databases in a bucket of an S3 server."""

from __future__ import annotations

import urllib.request
from typing import Iterator

import duckdb
import pytest
from moto.server import ThreadedMotoServer

import icefalldb


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The options of a URL that reach a server with the bucket "lake"."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/lake", method="PUT")).close()
    yield f"endpoint={endpoint}&region=us-east-1&access_key_id=key&secret_access_key=hidden"
    server.stop()


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
