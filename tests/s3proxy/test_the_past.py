"""A fixed time, listings that go on while the table changes, and stores behind the proxy."""

import io
import time
import urllib.request

import boto3
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from conftest import Database, keys_of
from icedb_tables import IcedbTable
from s3_server import s3_server
from test_native_tables import bucket_of, fill, rows_of


def test_a_fixed_snapshot_and_time(database, start):
    fill(database)
    then = sorted(database.rows("FROM t"))
    (moment,) = database.rows("SELECT strftime(now()::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%fZ') AS t")
    database.sql("DELETE FROM t WHERE i % 2 = 0")
    database.sql("DROP TABLE t")
    client = start(buckets=[bucket_of(database, name="then", snapshot=5),
                            bucket_of(database, name="moment", time=moment[0])]).client()
    assert rows_of(client, "then") == then
    assert rows_of(client, "moment") == then


def test_the_past_of_an_icedb_table(tmp_path, start):
    table = IcedbTable(tmp_path / "table")
    first, second = (table.write(f"{name}.parquet", [{"i": 1}]) for name in "ab")
    table.log(1000, first)
    table.log(2000, {**first, "tmb": 2000}, second)
    client = start(buckets=[table.bucket(name=f"at{ms}", time_ms=ms)
                            for ms in (999, 1000, 1999, 2000)] + [table.bucket()]).client()
    shown = {name: keys_of(client, name) for name in ("at999", "at1000", "at1999", "at2000", "t")}
    assert shown == {"at999": [], "at1000": ["a.parquet"], "at1999": ["a.parquet"],
                     "at2000": ["b.parquet"], "t": ["b.parquet"]}
    with pytest.raises(ClientError) as error:
        client.get_object(Bucket="t", Key="a.parquet")
    assert error.value.response["Error"]["Code"] == "NoSuchKey"


def test_pages_of_one_listing_are_of_one_state(database, start):
    database.create("t", "i INTEGER, s VARCHAR")
    for k in range(6):
        database.sql(f"INSERT INTO t SELECT {k}, range::VARCHAR FROM range(200)")
    proxy = start(buckets=[bucket_of(database)])
    client = proxy.client()
    rows = sorted(database.rows("FROM t"))
    page = client.list_objects_v2(Bucket="t", MaxKeys=2)
    database.sql("DELETE FROM t WHERE i < 4")
    database.sql("UPDATE t SET s = 'new'")
    database.run("optimize", "t", "--retain-snapshots", "1")
    database.run("gc", "t", "--retain-snapshots", "1")
    assert rows_of(client, "t") == sorted(database.rows("FROM t"))
    seen = [item["Key"] for item in page["Contents"]]
    while page["IsTruncated"]:
        page = client.list_objects_v2(Bucket="t", MaxKeys=2,
                                      ContinuationToken=page["NextContinuationToken"])
        seen += [item["Key"] for item in page["Contents"]]
    read = []
    for key in seen:
        body = client.get_object(Bucket="t", Key=key)["Body"].read()
        read += [tuple(row.values()) for row in pq.read_table(io.BytesIO(body)).to_pylist()]
    assert sorted(read) == rows


def test_held_files_go_after_their_time(database, start):
    fill(database)
    client = start(buckets=[bucket_of(database)], held_seconds=0).client()
    old = keys_of(client, "t")
    database.sql("DELETE FROM t WHERE i % 2 = 0")
    with pytest.raises(ClientError) as error:
        client.get_object(Bucket="t", Key=old[0])
    assert error.value.response["Error"]["Code"] == "NoSuchKey"
    assert rows_of(client, "t") == sorted(database.rows("FROM t"))


def test_empty_tables_have_columns(database, start):
    database.create("t", "i INTEGER, s VARCHAR")
    client = start(buckets=[bucket_of(database)]).client()
    (key,) = keys_of(client, "t")
    table = pq.read_table(io.BytesIO(client.get_object(Bucket="t", Key=key)["Body"].read()))
    assert (table.num_rows, table.column_names) == (0, ["i", "s"])


def test_several_tables_in_one_bucket(database, start):
    fill(database)
    database.sql("CREATE SCHEMA other; CREATE TABLE other.t (x VARCHAR); "
                 "INSERT INTO other.t VALUES ('a')")
    bucket = {"name": "all", "location": database.path, "tables": ["t", "other.t"]}
    client = start(buckets=[bucket]).client()
    folders = client.list_objects_v2(Bucket="all", Delimiter="/")["CommonPrefixes"]
    assert [folder["Prefix"] for folder in folders] == ["other/", "t/"]
    assert rows_of(client, "all", "t/") == sorted(database.rows("FROM t"))
    assert rows_of(client, "all", "other/t/") == [("a",)]


def test_types_and_ids_are_those_of_data_files(database, start):
    database.create("t", "i INTEGER")
    database.sql("CREATE TABLE types (h HUGEINT, v INTERVAL, e ENUM('a', 'b'), l INTEGER[], s "
                 "STRUCT(x INTEGER, y VARCHAR), d DECIMAL(9,2), z TIMESTAMPTZ, b BLOB, u UUID, "
                 "g BIGINT AS (2 * d), file_index INTEGER)")
    database.sql("INSERT INTO types (h, v, e, l, s, d, z, b, u, file_index) SELECT range, "
                 "INTERVAL 1 DAY, 'a', [1, NULL], {x: 1, y: 'q'}, 1.5, TIMESTAMPTZ '2020-01-01 "
                 "00:00:00Z', 'x'::BLOB, uuid(), 4 FROM range(200)")
    bucket = {"name": "t", "location": database.path, "table": "types"}
    client = start(buckets=[bucket]).client()

    def tables():
        return [pq.read_table(io.BytesIO(client.get_object(Bucket="t", Key=key)["Body"].read()))
                for key in keys_of(client, "t")]

    (raw,) = tables()
    database.sql("DELETE FROM types WHERE h < 10")
    (rewritten,) = tables()
    assert rewritten.schema.equals(raw.schema, check_metadata=True)
    assert rewritten.equals(raw.slice(10))
    database.sql("INSERT INTO types (h) VALUES (170141183460469231731687303715884105727)")
    inline = next(table for table in tables() if table.num_rows == 1)
    assert inline.schema.equals(raw.schema, check_metadata=True)
    assert inline["h"].to_pylist() == ["170141183460469231731687303715884105727"]


def test_rewritten_files_are_kept(database, start, tmp_path):
    fill(database)
    database.sql("DELETE FROM t WHERE i % 2 = 0")
    shared = {"directory": str(tmp_path / "shared")}
    etags = []
    for made in (3, 0):
        proxy = start(buckets=[bucket_of(database)], cache=shared)
        listed = proxy.client().list_objects_v2(Bucket="t")["Contents"]
        etags.append([(item["Key"], item["ETag"], item["Size"]) for item in listed])
        text = urllib.request.urlopen(proxy.metrics_url).read().decode()
        assert f"icefalldb_s3proxy_rewritten_files_total {made}\n" in text
    assert etags[0] == etags[1]
    # Another one, with no room for more than one of them: the same bytes again.
    small = start(buckets=[bucket_of(database)], cache={"directory": str(tmp_path / "small"),
                                                        "size_bytes_max": 1}).client()
    for key, etag, size in etags[0]:
        head = small.head_object(Bucket="t", Key=key)
        assert (head["ETag"], head["ContentLength"]) == (etag, size)
    assert rows_of(small, "t") == sorted(database.rows("FROM t"))


@pytest.fixture(scope="module")
def s3_endpoint():
    with s3_server("lake") as endpoint:
        yield endpoint


def test_tables_in_a_bucket(s3_endpoint, start, tmp_path):
    options = f"?endpoint={s3_endpoint}&access_key_id=k&secret_access_key=s&region=us-east-1"
    database = Database(f"s3://lake/db{options}")
    fill(database)
    database.sql("DELETE FROM t WHERE i % 3 = 0")
    database.sql("INSERT INTO t VALUES (-5, 'inline')")
    table = IcedbTable(tmp_path / "ice")
    table.log(1000, table.write("u=a b%/x.parquet", [{"i": 1}]))
    lake = boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1",
                        aws_access_key_id="k", aws_secret_access_key="s")
    for file in (tmp_path / "ice").rglob("*.*"):
        lake.put_object(Bucket="lake", Key=str(file.relative_to(tmp_path)), Body=file.read_bytes())
    client = start(buckets=[bucket_of(database), table.bucket(
        name="ice", location=f"s3://lake/ice{options}")]).client()
    assert rows_of(client, "t") == sorted(database.rows("FROM t"))
    assert rows_of(client, "ice") == [(1,)]
    database.sql("DELETE FROM t")
    assert rows_of(client, "t") == []


def test_a_file_that_is_gone_is_told(tmp_path, start):
    table = IcedbTable(tmp_path / "table")
    table.log(1000, table.write("x.parquet", [{"i": 1}]), table.write("y.parquet", [{"i": 2}]))
    client = start(buckets=[table.bucket()]).client()
    (tmp_path / "table/_data/x.parquet").unlink()
    with pytest.raises(ClientError) as error:
        client.get_object(Bucket="t", Key="x.parquet")
    assert error.value.response["Error"]["Code"] == "NoSuchKey"
    assert client.get_object(Bucket="t", Key="y.parquet")["ContentLength"] > 0


def test_many_readers_beside_a_writer(database, start):
    """What a reader lists and reads is one state of the table: the sum over it never changes."""
    import concurrent.futures

    database.create("t", "a INTEGER, v INTEGER")
    database.sql("INSERT INTO t SELECT range, 1 FROM range(1000)")
    proxy = start(buckets=[bucket_of(database)])
    end = time.monotonic() + 5

    def read_for_a_while(_):
        client, reads = proxy.client(), 0
        while time.monotonic() < end or reads == 0:
            total = sum(row[1] for row in rows_of(client, "t"))
            assert total == 1000
            reads += 1
        return reads

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        running = [pool.submit(read_for_a_while, i) for i in range(3)]
        for k in range(6):
            database.sql(f"UPDATE t SET v = v + CASE WHEN a < 500 THEN 1 ELSE -1 END "
                         f"WHERE a % 100 = {k}")
        assert all(one.result() > 0 for one in running)
