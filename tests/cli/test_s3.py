"""Databases in a bucket, named where a directory goes."""

import contextlib
import http.client
import http.server
import json
import os
import re
import threading

import boto3
import pytest
from s3_server import s3_server


@pytest.fixture(scope="module")
def endpoint():
    with s3_server("lake") as url:
        yield url


@pytest.fixture
def in_bucket(endpoint, monkeypatch):
    for name, value in {
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "very secret",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)


def test_a_database_lives_in_a_bucket(cli, in_bucket):
    db = "s3://lake/orders"
    cli.write("orders.tsv", "id\tfruit\n" + "".join(f"{i}\tfruit {i % 7}\n" for i in range(5000)))
    cli.ok("import", db, "orders", "orders.tsv")
    assert cli.query(db, "SELECT count(*) AS n, sum(id) AS s FROM orders") == [
        {"n": 5000, "s": 12497500}
    ]
    cli.ok("query", db, "DELETE FROM orders WHERE fruit = 'fruit 3'")
    assert cli.query(db, "SELECT count(*) AS n FROM orders") == [{"n": 4286}]
    cli.ok("compact", db, "orders")
    cli.ok("create-index", db, "orders", "id")
    assert cli.query(db, "SELECT fruit FROM orders WHERE id = 4999") == [{"fruit": "fruit 1"}]
    cli.ok("check", db, "orders")
    assert not os.listdir(cli.folder) or os.listdir(cli.folder) == ["orders.tsv"]


def test_a_bucket_may_be_a_host(cli):
    # libcurl takes names under localhost for this machine without asking anybody.
    with s3_server("hosted", host="localhost") as url:
        keys = "region=us-east-1&access_key_id=key&secret_access_key=hidden"
        db = f"s3://hosted/db?endpoint={url}&addressing=virtual&{keys}"
        cli.ok("create", db, "t", "--schema", "i BIGINT, s VARCHAR")
        cli.ok("query", db, "INSERT INTO t SELECT i, 's' || i FROM range(20000) r(i)")
        assert cli.query(db, "SELECT count(*) AS n, sum(i) AS i FROM t") == [
            {"n": 20000, "i": 199990000}
        ]
        by_path = f"s3://hosted/db?endpoint={url}&{keys}"
        assert cli.query(by_path, "SELECT s FROM t WHERE i = 7") == [{"s": "s7"}]


def test_requests_are_told(cli, in_bucket):
    db = "s3://lake/counted"
    cli.write("t.tsv", "id\n1\n2\n")
    cli.ok("import", db, "t", "t.tsv")
    told = cli.ok("query", db, "EXPLAIN ANALYZE SELECT * FROM t").out
    assert "Requests" in told
    sent = cli.ok("query", "--verbose", db, "INSERT INTO t VALUES (3)").err
    reads, lists, writes = re.search(
        r"requests: (\d+) reads, (\d+) lists, (\d+) writes", sent
    ).groups()
    assert int(lists) == 1 and int(writes) == 1 and 0 < int(reads) < 10
    cli.ok("create", "local", "t", "--schema", "id BIGINT")
    assert "requests" not in cli.ok("query", "local", "--verbose", "SELECT 1").err


@contextlib.contextmanager
def counting(endpoint):
    """An endpoint that hands requests on, and the list of their methods."""
    methods = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            methods.append(self.command)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            server = http.client.HTTPConnection(endpoint.removeprefix("http://"))
            server.request(self.command, self.path, body, dict(self.headers))
            reply = server.getresponse()
            content = reply.read()
            self.send_response(reply.status)
            for name, value in reply.getheaders():
                if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = answer

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", methods
        server.shutdown()


def test_what_is_told_is_all_that_is_sent(cli, in_bucket, endpoint, monkeypatch):
    db = "s3://lake/told"
    cli.ok("create", db, "t", "--schema", "id BIGINT")
    with counting(endpoint) as (url, methods):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
        for statement in ("INSERT INTO t VALUES (1)", "SELECT * FROM t"):
            methods.clear()
            told = cli.ok("query", "--verbose", db, statement).err.splitlines()[-1]
            assert sum(map(int, re.findall(r"\d+", told))) == len(methods) <= 8


def requests_of(cli, db, statement):
    """Reads, lists and writes."""
    told = cli.ok("query", "--verbose", db, statement).err.splitlines()[-1]
    return tuple(map(int, re.findall(r"\d+", told)))


def test_a_statement_asks_for_nothing_twice(cli, in_bucket):
    db = "s3://lake/frugal"
    cli.ok("create", db, "small", "--schema", "id BIGINT")
    cli.ok("create", db, "large", "--schema", "id BIGINT, s VARCHAR")
    # The newest commit is found, read, and looked behind when the statement begins.
    opening = (3, 1, 0)
    assert requests_of(cli, db, "SELECT count(*) FROM small") == opening
    # The rows, and the commit that names them.
    write = "INSERT INTO {} SELECT i, md5(i::VARCHAR) FROM range({}) r(i)"
    assert requests_of(cli, db, write.format("large", 20_000)) == (3, 1, 2)
    assert requests_of(cli, db, "INSERT INTO small SELECT range FROM range(5000)") == (3, 1, 2)
    # A small file at once; of another its end, and the columns.
    assert requests_of(cli, db, "SELECT sum(id * 2) FROM small") == (4, 1, 0)
    assert requests_of(cli, db, "SELECT max(s || id) FROM large") == (5, 1, 0)


def test_requests_of_icedb_tables_are_told(cli, in_bucket):
    table = "s3://lake/events"
    make = (f"ATTACH '{table}' AS x (TYPE icefall, FORMAT icedb);"
            "CREATE TABLE x.events (i BIGINT); INSERT INTO x.events VALUES (1);"
            "SELECT database, writes FROM icefall_requests()")
    cli.ok("create", "db", "t", "--schema", "i INTEGER")
    # The log of the table, the file, and the log of the insert.
    assert cli.query("db", make) == [{"database": "x", "writes": 3}]
    sent = cli.ok("query", "--verbose", table, "SELECT i FROM events").err
    assert re.fullmatch(r"requests: [1-9]\d* reads, [1-9]\d* lists, 0 writes\n", sent)
    sent = cli.ok("icedb", "merge-logs", "--verbose", table).err
    assert re.fullmatch(r"requests: [1-9]\d* reads, [1-9]\d* lists, [1-9]\d* writes\n", sent)
    assert cli.ok("icedb", "files", table).err == ""
    location = f"{table}?addressing=path&access_key_id=key&secret_access_key=hidden"
    told = cli.ok("query", "db", f"FROM icedb_files('{location}');"
                                 "SELECT database, writes FROM icefall_requests()").out
    assert json.loads(told.splitlines()[-1]) == [{"database": table, "writes": 0}]


def test_what_was_read_is_kept_on_a_local_disk(cli, in_bucket, endpoint, monkeypatch, tmp_path):
    cache = tmp_path / "cache"
    monkeypatch.setenv("ICEFALL_CACHE_DIRECTORY", str(cache))
    db = "s3://lake/cached"
    cli.write("t.tsv", "id\n" + "".join(f"{i}\n" for i in range(5000)))
    cli.ok("import", db, "t", "t.tsv")
    total = "SELECT sum(id) AS s FROM t WHERE id % 2 = 0"
    first = cli.query(db, total)
    bucket = boto3.client("s3", endpoint_url=endpoint)
    (file,) = bucket.list_objects_v2(Bucket="lake", Prefix="cached/t/data/")["Contents"]
    key = file["Key"]
    # Without the file in the bucket only the cache has its bytes.
    bucket.delete_object(Bucket="lake", Key=key)
    assert cli.query(db, total) == first
    for kept in cache.glob("??/*"):
        kept.write_bytes(b"damaged")
    message = cli.fails("query", db, total)
    assert key.rpartition("/")[2] in message


def test_what_is_wrong_is_said_without_secrets(cli, in_bucket):
    message = cli.fails("query", "s3://nowhere/db", "SELECT 1")
    assert "nowhere" in message and "very secret" not in message
    message = cli.fails("query", "s3://lake/empty", "SELECT 1")
    assert "s3://lake/empty" in message and "is not an IcefallDB database" in message
    message = cli.fails("query", "s3://lake/db?regoin=x", "SELECT 1")
    assert "unknown option 'regoin'" in message
    message = cli.fails("query", "s3://lake/db?cache_size_bytes_max=10GB", "SELECT 1")
    assert "expected cache_size_bytes_max to be a number of bytes, found '10GB'" in message


def test_a_missing_bucket_is_not_made(cli, in_bucket):
    for flags in ([], ["--create"]):
        said = cli.fails("query", *flags, "s3://nowhere/db", "SELECT 1")
        assert "NoSuchBucket" in said
        assert "--create" not in said
