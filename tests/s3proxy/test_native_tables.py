"""Native tables: what any reader of Parquet sees through the proxy is what SQL answers."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from conftest import keys_of


def read(client, bucket, key):
    return client.get_object(Bucket=bucket, Key=key)["Body"].read()


def table_of(client, bucket, prefix=""):
    """All rows, of files that must have the same columns."""
    files = [pq.read_table(io.BytesIO(read(client, bucket, key)))
             for key in keys_of(client, bucket, Prefix=prefix)]
    return pa.concat_tables(files)


def rows_of(client, bucket, prefix=""):
    return sorted(tuple(row.values()) for row in table_of(client, bucket, prefix).to_pylist())


def fill(database):
    database.create("t", "i INTEGER, s VARCHAR")
    for start in (0, 1000, 2000):
        database.sql(f"INSERT INTO t SELECT range, 'x' || range FROM range({start}, {start + 500})")


def bucket_of(database, **more):
    return {"name": "t", "location": database.path, "table": "t", **more}


def test_the_rows_of_data_files(database, start):
    fill(database)
    client = start(buckets=[bucket_of(database)]).client()
    assert rows_of(client, "t") == sorted(database.rows("FROM t"))
    for item in client.list_objects_v2(Bucket="t")["Contents"]:
        head = client.head_object(Bucket="t", Key=item["Key"])
        got = client.get_object(Bucket="t", Key=item["Key"])
        assert item["Size"] == head["ContentLength"] == len(got["Body"].read())
        assert item["ETag"] == head["ETag"] == got["ETag"]
        assert item["LastModified"].replace(microsecond=0) == head["LastModified"]


def test_deleted_updated_and_inline_rows(database, start):
    fill(database)
    client = start(buckets=[bucket_of(database)]).client()
    before = keys_of(client, "t")
    database.sql("DELETE FROM t WHERE i % 10 = 3")
    database.sql("UPDATE t SET s = 'changed' WHERE i BETWEEN 1000 AND 1005")
    database.sql("INSERT INTO t VALUES (-1, 'inline'), (-2, NULL)")
    expected = database.rows("SELECT i, s FROM t")
    assert len(expected) == 1352
    key = lambda row: (row[0], row[1] or "")
    files = keys_of(client, "t")
    assert len(files) == 4 and not set(files) & set(before)
    assert sorted(map(key, rows_of_any(client, files))) == sorted(map(key, expected))
    for item in client.list_objects_v2(Bucket="t")["Contents"]:
        head = client.head_object(Bucket="t", Key=item["Key"])
        got = client.get_object(Bucket="t", Key=item["Key"])
        assert item["Size"] == head["ContentLength"] == len(got["Body"].read())
        assert item["ETag"] == head["ETag"] == got["ETag"]


def rows_of_any(client, keys):
    for key in keys:
        for row in pq.read_table(io.BytesIO(read(client, "t", key))).to_pylist():
            yield tuple(row.values())
