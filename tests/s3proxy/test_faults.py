"""The proxy over a bucket whose server is slow, refuses or breaks off: what a client gets are the
right bytes or an error, never fewer bytes as if they were all."""

import io
import pathlib
import random
import re

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError, IncompleteReadError, ResponseStreamingError

from conftest import Database, keys_of
from faulty_server import FaultyServer
from icedb_tables import IcedbTable
from s3_server import s3_server
from test_native_tables import bucket_of, rows_of

LARGE_SIZE = 24 << 20  # in pieces to every client


@pytest.fixture(scope="module")
def lake():
    with s3_server("faulty") as endpoint:
        yield endpoint


@pytest.fixture
def faulty(lake):
    server = FaultyServer(lake)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def tables(lake, tmp_path_factory):
    """Objects of an icedb table and of a native database with deleted rows, and the rows of both.

    The data file that is `large` in the icedb table is no Parquet file: the proxy does not look.
    """
    folder = tmp_path_factory.mktemp("tables")
    table = IcedbTable(folder / "ice")
    markers = [table.write(f"p={i}/x.parquet", [{"i": 10 * i + k} for k in range(10)])
               for i in range(5)]
    large = folder / "ice/_data/large.parquet"
    large.write_bytes(random.Random(1).randbytes(LARGE_SIZE))
    table.log(1000, *markers, {"p": "ice/_data/large.parquet", "b": LARGE_SIZE, "t": 1000})
    database = Database(f"s3://faulty/db{options(lake)}")
    database.create("t", "i INTEGER, s VARCHAR")
    database.sql("INSERT INTO t SELECT range, 'x' || range FROM range(2000)")
    database.sql("DELETE FROM t WHERE i % 3 = 0")
    client = boto3.client("s3", endpoint_url=lake, region_name="us-east-1", aws_access_key_id="k",
                          aws_secret_access_key="s")
    for file in (folder / "ice").rglob("*.*"):
        key = str(file.relative_to(folder))
        client.put_object(Bucket="faulty", Key=key, Body=file.read_bytes())
    return {"t": sorted(database.rows("FROM t")), "ice": [(i,) for i in range(50)],
            "large": large.read_bytes()}


def options(endpoint):
    return f"?endpoint={endpoint}&access_key_id=k&secret_access_key=s&region=us-east-1"


@pytest.fixture
def served(tables, faulty, start):
    """The proxy's client, whose backend is the faulty server."""
    place = options(faulty.url)
    return start(buckets=[
        bucket_of(Database(f"s3://faulty/db{place}")),
        {"name": "ice", "format": "icedb", "location": f"s3://faulty/ice{place}"}])


def icedb_rows(client):
    keys = [key for key in keys_of(client, "ice") if key != "large.parquet"]
    parts = [pq.read_table(io.BytesIO(client.get_object(Bucket="ice", Key=key)["Body"].read()))
             for key in keys]
    return sorted((i,) for i in pa.concat_tables(parts)["i"].to_pylist())


@pytest.mark.parametrize("kinds", [["slow down", "broken", "no answer"], ["cut"], [0.05, None],
                                   ["slow down", "broken", "no answer", "cut", 0.05]])
def test_faults_that_pass_are_not_seen(served, faulty, tables, kinds):
    chance = random.Random(len(kinds))
    faulty.choose = lambda *_: chance.choice(kinds) if chance.random() < 0.3 else None
    client = served.client()
    assert icedb_rows(client) == tables["ice"]
    assert rows_of(client, "t") == tables["t"]
    assert client.get_object(Bucket="ice", Key="large.parquet")["Body"].read() == tables["large"]
    assert len(faulty.faults) > 3


@pytest.mark.parametrize("fault", ["slow down", "no answer", "cut", "shorter"])
def test_faults_that_stay_are_errors_until_they_end(served, faulty, tables, fault):
    client = served.client()
    faulty.choose = lambda method, path: fault if "/_data/" in path or "/data/" in path else None
    assert len(keys_of(client, "ice")) == 6
    with pytest.raises(ClientError) as error:
        client.get_object(Bucket="ice", Key="p=1/x.parquet")
    answer = error.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] in (500, 503)
    assert answer["Error"]["Code"] in ("ServiceUnavailable", "InternalError")
    if fault in ("shorter", "slow down"):
        # The file with deleted rows cannot be made, nor its size be told.
        with pytest.raises(ClientError) as error:
            keys_of(client, "t")
        assert error.value.response["Error"]["Code"] in ("ServiceUnavailable", "InternalError")
    faulty.choose = lambda *_: None
    assert icedb_rows(client) == tables["ice"]
    assert rows_of(client, "t") == tables["t"]


@pytest.mark.parametrize(("bucket", "fault"), [("ice", "broken"), ("t", "slow down")])
def test_a_log_that_cannot_be_read_is_no_empty_table(served, faulty, tables, bucket, fault):
    client = served.client()
    faulty.choose = lambda *_: fault
    with pytest.raises(ClientError) as error:
        client.list_objects_v2(Bucket=bucket)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] in (500, 503)
    faulty.choose = lambda *_: None
    assert icedb_rows(client) == tables["ice"]
    assert rows_of(client, "t") == tables["t"]


@pytest.mark.parametrize("fault", ["cut", "shorter", "slow down"])
def test_what_breaks_off_in_the_middle_is_not_taken_for_whole(served, faulty, tables, fault):
    """The head is sent by then, so the connection ends before the length that it says."""
    begun = []

    def choose(method, path):
        if "large" not in path:
            return None
        begun.append(path)
        return fault if len(begun) > 3 else None

    faulty.choose = choose
    body = served.client().get_object(Bucket="ice", Key="large.parquet")["Body"]
    got = []
    with pytest.raises((IncompleteReadError, ResponseStreamingError)):
        for piece in body.iter_chunks(1 << 20):
            got.append(piece)
    assert 0 < sum(map(len, got)) < LARGE_SIZE
    assert tables["large"].startswith(b"".join(got))


def test_an_object_that_is_shorter_than_the_log_says_is_refused(lake, start, tables, tmp_path):
    table = IcedbTable(tmp_path / "short")
    marker = table.write("x.parquet", [{"i": 1}])
    table.log(1000, {**marker, "b": marker["b"] + 1})
    client = start(buckets=[table.bucket()]).client()
    with pytest.raises(ClientError) as error:
        client.get_object(Bucket="t", Key="x.parquet")
    assert error.value.response["Error"]["Code"] == "InternalError"


def test_memory_is_bounded_while_clients_are_slow(served, tables):
    """Eight that ask for all and take little."""
    status = pathlib.Path(f"/proc/{served.process.pid}/status")

    def peak_kib():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1])

    client = served.client()
    assert client.get_object(Bucket="ice", Key="large.parquet")["Body"].read() == tables["large"]
    before = peak_kib()
    bodies = [client.get_object(Bucket="ice", Key="large.parquet")["Body"] for _ in range(8)]
    for body in bodies:
        assert body.read(1 << 20) == tables["large"][: 1 << 20]
    # 2 MiB for each, as it is being received and as it is being sent.
    assert peak_kib() - before < 8 * (8 << 10)
    for body in bodies:
        assert body.read() == tables["large"][1 << 20 :]
