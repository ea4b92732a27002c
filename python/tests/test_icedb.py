"""The icedb package over a directory and a bucket."""

from __future__ import annotations

import doctest
import itertools
import threading
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any, Iterator

import duckdb
import polars
import pyarrow as pa
import pytest

import icedb
from icedb.icedb import S3Client as S3ClientOfIcedb
from icedb.log import IceLogIO, S3Client
from icedb_tables import EVENTS, by_user_and_day, make, query, read
from s3_server import s3_server

_numbers = itertools.count()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with s3_server("testbucket", "testbucket-log") as found:
        yield found


@pytest.fixture(params=["directory", "bucket"])
def client(request: pytest.FixtureRequest, tmp_path) -> Any:
    prefix = f"user_data/t{next(_numbers)}"
    if request.param == "directory":
        return icedb.LocalClient(prefix, tmp_path)
    endpoint = request.getfixturevalue("endpoint")
    return S3Client(prefix, "testbucket", "us-east-1", endpoint, "user", "password")


def log_names(client: Any) -> list[str]:
    files = IceLogIO("x").get_current_log_files(client)
    return [file["Key"].rpartition("/")[2] for file in files]


@pytest.mark.parametrize("module", [icedb, icedb.partitions])
def test_examples(module: Any, tmp_path) -> None:
    names = {**vars(module), "example_directory": tmp_path}
    assert doctest.testmod(module, extraglobs=names).failed == 0


def test_the_readmes_quick_start(client: Any) -> None:
    ice = make(client, compression_codec=icedb.CompressionCodec.ZSTD)
    inserted = ice.insert([dict(event) for event in EVENTS])
    assert len(inserted) == 2
    alive, _ = read(ice)
    assert sorted(file.path for file in alive) == sorted(file.path for file in inserted)
    assert query(
        ice,
        "user_id, count(*), (properties::JSON)->>'page_name' AS page",
        "GROUP BY user_id, page ORDER BY count(*) DESC, user_id, page",
    ) == [("user_a", 2, "Home"), ("user_a", 1, "Settings"), ("user_b", 1, "Home")]
    assert S3ClientOfIcedb is S3Client


def test_the_originals_integration_test(endpoint: str) -> None:
    """Its numbers of log and data files, with a log bucket of its own."""
    prefix = f"tenant{next(_numbers)}"
    arguments = ("us-east-1", endpoint, "user", "password")
    s3c = S3Client(prefix, "testbucket", *arguments)
    log_s3c = S3Client(prefix, "testbucket-log", *arguments)
    ice = make(
        s3c,
        lambda row: f"cust=test/d={by_user_and_day(row).split('d=')[1]}",
        log_s3_client=log_s3c,
    )
    assert ice.get_schema(EVENTS).toJSON() == (
        '{"ts": "BIGINT", "event": "VARCHAR", "user_id": "VARCHAR", "properties": "VARCHAR"}'
    )
    count = "count(user_id), user_id"
    group = "GROUP BY user_id ORDER BY count(user_id) DESC"
    for number in range(1, 4):
        ice.insert(EVENTS)
        assert query(ice, count, group) == [(3 * number, "user_a"), (number, "user_b")]
    io = IceLogIO("dan-mbp")
    _, before, _, logs = io.read_at_max_time(log_s3c, round(datetime.now().timestamp() * 1000))
    merged_log, new_file, partition, merged, meta = ice.merge(max_file_count=2)
    assert merged_log and new_file and partition and len(merged) == 2 and meta
    _, files, tombstones, logs_after = io.read_at_max_time(
        log_s3c, round(datetime.now().timestamp() * 1000)
    )
    dead = {file.path for file in files if file.tombstone is not None}
    assert dead == {file.path for file in merged} <= {file.path for file in before}
    assert {tombstone.path for tombstone in tombstones} <= set(logs)
    assert len(logs_after) == 4 and len(files) - len(dead) == 5
    cleaned, deleted_logs, deleted_data = ice.tombstone_cleanup(0)
    assert cleaned == [merged_log] and len(deleted_logs) == 2 and set(deleted_data) == dead
    _, files, _, logs = io.read_at_max_time(log_s3c, 2**53)
    assert len(logs) == 2 and [file.tombstone for file in files] == [None] * 5
    assert query(ice, count, group) == [(9, "user_a"), (3, "user_b")]
    for _ in range(20):
        ice.insert(EVENTS)
    _, files, _, logs = io.read_at_max_time(log_s3c, 2**53)
    assert (len(files), len(logs)) == (45, 22)
    ice.merge(max_file_count=2000, max_file_size=1_000_000_000)
    _, files, _, logs = io.read_at_max_time(log_s3c, 2**53)
    assert (len(files), len(logs)) == (46, 23)
    assert query(ice, count, group) == [(69, "user_a"), (23, "user_b")]


def test_objects_are_where_the_original_has_them(client: Any) -> None:
    ice = make(client)
    (file, *_) = ice.insert(EVENTS[:1])
    prefix = f"{client.s3prefix}/_data/u=user_a/d=2023-06-07/"
    assert file.path.startswith(prefix) and file.path.endswith(".parquet")
    head = client.s3.head_object(Bucket=client.s3bucket, Key=file.path)
    assert head["ContentLength"] == file.fileBytes
    (log,) = IceLogIO("x").get_current_log_files(client)
    assert log["Key"].endswith("_dan-mbp.jsonl")
    body = client.s3.get_object(Bucket=client.s3bucket, Key=log["Key"])["Body"].read().decode()
    assert not body.endswith("\n") and len(body.split("\n")) == 3
    assert icedb.get_log_file_info(log["Key"])[1] is False


def test_materialised_view_by_double_insert(client: Any, tmp_path) -> None:
    raw = make(client)
    view = make(
        icedb.LocalClient("view", tmp_path / "views"),
        lambda row: f"u={row['user_id']}",
        sort_order=["user_id"],
        custom_merge_query="SELECT user_id, sum(cnt)::INT8 AS cnt FROM source_files GROUP BY 1",
        custom_insert_query="SELECT user_id, count(*)::INT8 AS cnt FROM _rows GROUP BY 1",
    )
    for _ in range(3):
        raw.insert(EVENTS)
        view.insert(EVENTS)
    while view.merge()[0]:
        pass
    assert view.query("SELECT user_id, cnt FROM _rows ORDER BY 1").fetchall() == [
        ("user_a", 9),
        ("user_b", 3),
    ]
    assert raw.query("SELECT count(*) FROM _rows").fetchone() == (12,)
    # The custom query's columns are the log's.
    schema = IceLogIO("x").read_at_max_time(view.log_s3c, 2**53)[0]
    assert schema.toJSON() == '{"user_id": "VARCHAR", "cnt": "BIGINT"}'


def test_replacement_on_merge(client: Any) -> None:
    ice = make(
        client,
        lambda row: "all",
        sort_order=["k"],
        custom_merge_query="SELECT k, arg_max(v, ts) v, max(ts) ts FROM source_files GROUP BY k",
    )
    for number in range(3):
        ice.insert([{"k": "a", "v": number, "ts": number}, {"k": "b", "v": 9, "ts": 9 - number}])
    ice.merge()
    assert query(ice, "k, v, ts", "ORDER BY k") == [("a", 2, 2), ("b", 9, 9)]
    assert ice.merge() == (None, None, None, [], None)


def test_remove_and_rewrite(client: Any) -> None:
    ice = make(client, lambda row: row["user_id"])
    ice.insert(EVENTS)
    assert ice.remove_partitions(lambda partitions: []) == (None, None, 0)
    log, meta, count = ice.remove_partitions(lambda found: [p for p in found if p == "user_b"])
    assert log and meta and count == 1
    log, meta, old = ice.rewrite_partition(
        "user_a", "SELECT * FROM _rows WHERE (properties::JSON)->>'page_name' = 'Home'"
    )
    assert log and meta and len(old) == 1
    assert ice.rewrite_partition("nobody", "SELECT * FROM _rows") == (None, None, [])
    ice.tombstone_cleanup(0)
    assert query(ice, "count(*), min(user_id)") == [(2, "user_a")]


def test_partitions_of_rows(client: Any) -> None:
    rows = [{"ts": 1, "_partition": "given"}, {"ts": 2}]
    ice = make(client, lambda row: f"p{row['ts']}", sort_order=["ts"])
    ice.insert(rows)
    assert sorted(ice.partitions()) == ["given", "p2"]
    # The caller may try the same rows again.
    assert rows == [{"ts": 1, "_partition": "given"}, {"ts": 2}]
    assert "_partition" not in ice.get_schema(rows)
    keeping = make(client, lambda row: "kept", sort_order=["ts"], preserve_partition=True)
    keeping.insert([{"ts": 3, "_partition": "kept"}])
    assert query(ice, "_partition", "WHERE ts = 3") == [("kept",)]


def test_a_column_that_the_first_row_lacks_is_kept(client: Any) -> None:
    ice = make(client, lambda row: "p", sort_order=["a"])
    ice.insert([{"a": 1}, {"a": 2, "b": "x", "s": {"m": 1}}, {"a": 3, "s": {"n": 2}}])
    assert query(ice, "a, b, s", "ORDER BY a") == [
        (1, None, None),
        (2, "x", {"m": 1, "n": None}),
        (3, None, {"m": None, "n": 2}),
    ]


def test_a_column_of_nothing_takes_any_type_later(client: Any) -> None:
    ice = make(client, lambda row: "p", sort_order=["a"])
    ice.insert([{"a": 1, "b": None}])
    ice.insert([{"a": 2, "b": "x"}])
    ice.insert([{"a": 3, "b": None}])
    assert IceLogIO("x").read_at_max_time(client, 2**53)[0].d == {"a": "BIGINT", "b": "VARCHAR"}
    ice.merge()
    assert query(ice, "a, b", "ORDER BY a") == [(1, None), (2, "x"), (3, None)]


def test_a_conflicting_insert_is_refused_before_anything_is_stored(client: Any) -> None:
    ice = make(client, lambda row: f"p{row['a']}", sort_order=["a"])
    ice.insert([{"a": 1, "b": 1}])
    with pytest.raises(icedb.SchemaConflictException) as caught:
        ice.insert([{"a": 1, "b": "text"}])
    assert (caught.value.column, caught.value.current_type, caught.value.new_type) == (
        "b",
        "BIGINT",
        "VARCHAR",
    )
    with pytest.raises(ValueError, match="column 'b'"):
        ice.insert([{"a": 1, "b": 1}, {"a": 2, "b": "text"}])
    assert ice.collect_orphans(-1000, dry_run=True) == []
    assert len(read(ice)[0]) == 1


def test_whole_numbers_go_into_double_columns_where_they_are_exact(client: Any) -> None:
    ice = make(client, lambda row: "p", sort_order=["a"])
    ice.insert([{"a": 1.5}])
    ice.insert([{"a": 2}])
    with pytest.raises(icedb.SchemaConflictException):
        ice.insert([{"a": 2**53 + 1}])
    assert query(ice, "a, typeof(a)", "ORDER BY a") == [(1.5, "DOUBLE"), (2.0, "DOUBLE")]


def test_types_of_an_insert(client: Any) -> None:
    row = {
        "b": True, "i": 1, "f": 1.0, "s": "x", "y": b"x", "d": {"x": 1}, "l": [1],
        "t": datetime(2024, 1, 1), "z": datetime(2024, 1, 1, tzinfo=timezone.utc),
        "day": date(2024, 1, 1), "c": Decimal("1.25"),
    }
    ice = make(client, lambda row: "p", sort_order=["i"])
    ice.insert([row])
    assert IceLogIO("x").read_at_max_time(client, 2**53)[0].d == {
        "b": "BOOLEAN", "i": "BIGINT", "f": "DOUBLE", "s": "VARCHAR", "y": "BLOB",
        "d": "STRUCT(x BIGINT)", "l": "BIGINT[]", "t": "TIMESTAMP",
        "z": "TIMESTAMP WITH TIME ZONE", "day": "DATE", "c": "DECIMAL(3,2)",
    }


@pytest.mark.parametrize("form", [lambda t: t, lambda t: t.to_batches()[0], lambda t: t.to_reader(),
                                  lambda t: t.to_pandas()])
def test_arrow_input_and_declared_partitions(client: Any, form: Any) -> None:
    table = pa.table(
        {"user": ["b", "a", None, "a"], "ts": [1704067200000, 1704067200001, 0, 1704153600000]}
    )
    ice = make(
        client,
        icedb.partition_by(u=icedb.identity("user"), d=icedb.day("ts")),
        sort_order=["ts"],
    )
    files = ice.insert(form(table))
    assert len(files) == 4
    assert sorted(ice.partitions()) == [
        "u=__HIVE_DEFAULT_PARTITION__/d=1970-01-01",
        "u=a/d=2024-01-01",
        "u=a/d=2024-01-02",
        "u=b/d=2024-01-01",
    ]
    assert query(ice, "count(*), sum(ts)") == [(4, sum(table["ts"].to_pylist()))]
    # The same of dicts, and of a Python function over Arrow.
    ice.insert(table.slice(0, 2).to_pylist())
    make(client, lambda row: f"u={row['user']}/d=2024-01-01", sort_order=["ts"]).insert(
        table.slice(0, 2)
    )
    assert len(ice.partitions()) == 4


def test_data_frames_of_polars_are_inserted(client: Any) -> None:
    """Their text is in Arrow's views, alone, in lists and structs, and in dictionaries."""
    rows = {
        "s": ["b", "a", None],
        "n": [1, None, 3],
        "l": [["x"], [], None],
        "d": [{"t": "y"}, {"t": None}, {"t": "z"}],
        "b": [b"1", None, b"3"],
    }
    frame = polars.DataFrame(rows).with_columns(
        c=polars.Series(["p", "q", None], dtype=polars.Categorical),
        e=polars.Series(["u", "v", "u"], dtype=polars.Enum(["u", "v"])),
        a=polars.Series([["1"], ["2"], None], dtype=polars.Array(polars.String, 1)),
    )
    ice = make(client, icedb.partition_by(p=icedb.identity("s")), sort_order=["n"])
    assert len(ice.insert(frame)) == 3
    assert len(ice.insert(frame.with_columns(c=polars.lit("other")))) == 3
    found = ice.query("SELECT * EXCLUDE (a, p) FROM _rows WHERE c <> 'other' OR c IS NULL")
    expected = frame.drop("a").rows()
    assert sorted(found.fetchall(), key=str) == sorted(expected, key=str)
    types = ice.query("SELECT DISTINCT typeof(c), typeof(e), typeof(a) FROM _rows").fetchall()
    assert types == [("VARCHAR", "VARCHAR", "VARCHAR[1]")]
    make(client, lambda row: f"p={row['s']}", sort_order=["n"]).insert(frame)
    assert ice.query("SELECT count(*) FROM _rows").fetchall() == [(9,)]


def test_partitionings_refuse_what_they_cannot_be() -> None:
    for transform in (icedb.year, icedb.month, icedb.day, icedb.hour):
        with pytest.raises(KeyError):
            transform("ts", "minutes")
    with pytest.raises(ValueError, match="one bucket or more"):
        icedb.bucket(0, "k")
    with pytest.raises(ValueError, match="one part or more"):
        icedb.partition_by()
    odd = icedb.partition_by(**{'a "k"': icedb.month('a "c"', "us"), "h": icedb.hour("t", "s")})
    values = icedb.engine.connection().execute(
        f"""SELECT {odd.sql()} FROM (SELECT 1704067200000000 AS "a ""c""\", 7200 AS t)"""
    ).fetchone()
    assert values == ('a "k"=2024-01/h=1970-01-01T02',)


def test_buckets_are_stable(client: Any) -> None:
    ice = make(client, icedb.partition_by(k=icedb.bucket(4, "k")), sort_order=["k"])
    ice.insert([{"k": number} for number in range(100)])
    assert sorted(ice.partitions()) == ["k=0", "k=1", "k=2", "k=3"]
    assert len(query(ice, "filename", "GROUP BY ALL")) == 4
    ice.insert([{"k": number} for number in range(100)])
    assert len(set(query(ice, "k, regexp_extract(filename, 'k=([0-9])', 1)"))) == 100
    ((differing,),) = icedb.engine.connection().execute(
        "SELECT count(*) FROM (SELECT repeat('é' || range, range % 90) AS t FROM range(1000)) "
        "WHERE icedb_bucket_number(t) IS DISTINCT FROM md5_number_lower(t)"
    ).fetchall()
    assert differing == 0


def test_partitions_have_the_names_that_sql_gives_them(tmp_path) -> None:
    client = icedb.LocalClient("t", tmp_path)
    ice = make(client, icedb.partition_by(**{"o'k": icedb.identity("k")}), sort_order=["k"])
    keys = ["a/b", "50%", "50%25", "ü =", "", None]
    ice.insert([{"k": key, "n": 1} for key in keys])
    names = sorted(ice.partitions())
    assert names[0] == "o'k=50%25" and "o'k=a%2Fb" in names
    assert len(names) == 5  # nothing and NULL are one
    connection = icedb.engine.connection()
    rule = """ '"o''k" = k' """
    connection.execute(f"CALL icedb_set_options('{tmp_path}/t', partition_by := {rule})")
    connection.execute(f"ATTACH '{tmp_path}/t' AS by_sql (TYPE icefall)")
    try:
        connection.execute("INSERT INTO by_sql.t(k, n) SELECT k, 2 FROM by_sql.t")
    finally:
        connection.execute("DETACH by_sql")
    assert query(ice, "count(*), sum(n)") == [(12, 18)]
    assert sorted(ice.partitions()) == names


def test_partitions_that_are_named_by_a_function_may_have_any_names(client: Any) -> None:
    names = ["plain", "a=b=c", "a b", "50%", "%20", "ü/k=€ 漢😀", "x+y&z?#[1]*'"]
    ice = make(client, lambda row: row["p"], sort_order=["n"])
    for rows in ([{"p": name, "n": 1} for name in names], [{"p": name, "n": 2} for name in names]):
        assert len(ice.insert(rows)) == len(names)
    assert sorted(ice.partitions()) == sorted(names)
    alive, _ = read(ice)
    listed = client.s3.list_objects_v2(
        Bucket=client.s3bucket, Prefix=f"{client.s3prefix}/_data/")["Contents"]
    assert sorted(file["Key"] for file in listed) == sorted(file.path for file in alive)
    while ice.merge()[0] is not None:
        pass
    assert len(read(ice)[0]) == len(names)
    found = ice.query("SELECT p, list(n ORDER BY n) FROM _rows GROUP BY p").fetchall()
    assert sorted(found) == sorted((name, [1, 2]) for name in names)


def test_a_bucket_that_is_missing_is_named(endpoint: str) -> None:
    ice = make(S3Client("t", "nowhere", "us-east-1", endpoint, "user", "very secret"))
    for use in (lambda: ice.insert(EVENTS), ice.merge, lambda: ice.query("FROM _rows")):
        with pytest.raises(Exception, match="nowhere") as error:
            use()
        assert "very secret" not in str(error.value)


@pytest.mark.parametrize("sql", ["", ")", "x", "SELECT", "SELECT nothing FROM _rows"])
def test_errors_of_queries_tell_no_secret(endpoint: str, sql: str) -> None:
    """DuckDB's quote what stands before the place of the error."""
    client = S3Client("t", "testbucket", "us-east-1", endpoint, "user", "very-secret")
    ice = make(client, custom_insert_query=f"SELECT * FROM _rows WHERE {sql}")
    for use in (lambda: ice.query(sql), lambda: ice.insert(EVENTS)):
        with pytest.raises(duckdb.Error) as error:
            use()
        assert "secret" not in str(error.value)


def test_many_partitions_in_one_insert(client: Any) -> None:
    ice = make(client, lambda row: f"p={row['i'] % 200}", sort_order=["i"])
    ice.insert([{"i": number} for number in range(1000)])
    assert len(ice.partitions()) == 200
    assert ice.query("SELECT count(*), sum(i) FROM _rows").fetchone() == (1000, 499500)


def test_codecs_row_groups_and_order_within_files(client: Any) -> None:
    ice = make(
        client,
        lambda row: "p",
        sort_order=["i desc"],
        compression_codec=icedb.CompressionCodec.GZIP,
        row_group_size=2048,
    )
    (file,) = ice.insert([{"i": number} for number in range(5000)])
    url = f"s3://{client.s3bucket}/{file.path}"
    with ice.get_duckdb() as ddb:
        (found,) = ddb.execute(
            "SELECT min(compression), max(compression), max(row_group_num_rows) "
            f"FROM parquet_metadata('{url}')"
        ).fetchall()
        assert found == ("GZIP", "GZIP", 2048)
        rows = ddb.execute(f"SELECT i FROM read_parquet('{url}') LIMIT 2").fetchall()
        assert rows == [(4999,), (4998,)]
    with pytest.raises(AttributeError):
        make(client, compression_codec="ZSTD")


def test_a_custom_insert_query_may_leave_nothing(client: Any) -> None:
    ice = make(client, lambda row: "p", custom_insert_query="SELECT a FROM _rows WHERE a > 1")
    assert ice.insert([{"a": 1}]) == []
    assert len(ice.insert([{"a": 1}, {"a": 2}])) == 1
    assert ice.collect_orphans(-1000) == []


def test_queries_do_not_see_the_variables_of_the_package(client: Any) -> None:
    ice = make(client, custom_insert_query="SELECT * FROM rows")
    for use in (lambda: ice.insert(EVENTS), lambda: ice.query("FROM rows")):
        with pytest.raises(duckdb.CatalogException, match="Table with name rows does not exist"):
            use()


def test_a_column_of_a_custom_insert_query_is_in_the_log(client: Any) -> None:
    ice = make(client, lambda row: "p", sort_order=["a"],
               custom_insert_query="SELECT *, 1::BIGINT AS cnt FROM _rows")
    asked = ice.get_schema([{"a": 1}])
    ice.insert([{"a": 1}])
    logged = IceLogIO("x").read_at_max_time(client, 2**53)[0]
    assert logged.d == asked.d == {"a": "BIGINT", "cnt": "BIGINT"}
    assert query(ice, "a, cnt") == [(1, 1)]


def test_nothing_inserted_and_nothing_there(client: Any) -> None:
    ice = make(client)
    with pytest.raises(icedb.NoLogFilesException):
        IceLogIO("x").read_at_max_time(client, 2**53)
    assert IceLogIO("x").get_current_log_files(client) == []
    assert ice.merge() == (None, None, None, [], None)
    assert ice.tombstone_cleanup(0) == ([], [], [])
    assert ice.insert([]) == []
    schema, files, _, logs = IceLogIO("x").read_at_max_time(client, 2**53)
    assert (schema.d, files, len(logs)) == ({}, [], 1)


def test_an_own_row_is_read_at_once(client: Any) -> None:
    ice = make(client, lambda row: "p", sort_order=["i"])
    for number in range(20):
        ice.insert([{"i": number}])
        now = round(datetime.now().timestamp() * 1000)
        assert len(IceLogIO("x").read_at_max_time(client, now)[1]) == number + 1


def test_foreign_objects_and_damage(client: Any) -> None:
    ice = make(client)
    ice.insert(EVENTS)
    folder = f"{client.s3prefix}/_log"
    client.s3.put_object(Bucket=client.s3bucket, Key=f"{folder}/README.md", Body=b"hello")
    assert len(read(ice)[0]) == 2
    assert len(IceLogIO("x").get_current_log_files(client)) == 1
    client.s3.put_object(Bucket=client.s3bucket, Key=f"{folder}/1_x.jsonl", Body=b"{}\n{}")
    with pytest.raises(Exception, match=r"_log/1_x.jsonl, line 1"):
        read(ice)


def test_a_contradiction_of_log_files_is_repaired(client: Any) -> None:
    ice = make(client, lambda row: "p", sort_order=["a"])
    ice.insert([{"a": 1}])
    other = make(client)
    io = IceLogIO("old")
    (file,) = read(ice)[0]
    schema = icedb.Schema()
    schema.accumulate(["a"], ["VARCHAR"])
    io.append(client, 1, schema, [file])
    with pytest.raises(icedb.SchemaConflictException):
        other.remove_partitions(lambda partitions: partitions)
    assert ice.repair() is not None
    assert io.read_at_max_time(client, 2**53)[0].d == {"a": "VARCHAR"}
    assert query(ice, "a") == [("1",)]


def test_threads_insert_and_merge_at_once(client: Any) -> None:
    ice = make(client, lambda row: f"p={row['i'] % 2}", sort_order=["i"])
    failures: list[BaseException] = []
    done = threading.Event()

    def insert(first: int) -> None:
        try:
            for number in range(first, first + 10):
                ice.insert([{"i": number}, {"i": number + 1000001}])
        except BaseException as error:
            failures.append(error)

    def maintain(merges: bool) -> None:
        while not done.is_set():
            try:
                ice.merge() if merges else ice.tombstone_cleanup(60_000)
            except icedb.MaintenanceConflictException:
                pass
            except BaseException as error:
                failures.append(error)

    writers = [threading.Thread(target=insert, args=(1000 * n,)) for n in range(3)]
    others = [threading.Thread(target=maintain, args=(n % 2 == 0,)) for n in range(3)]
    for thread in [*writers, *others]:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in others:
        thread.join()
    assert failures == []
    assert ice.query("SELECT count(*), count(DISTINCT i) FROM _rows").fetchone() == (60, 60)


def test_what_writers_agree_on(client: Any) -> None:
    ice = make(client, lambda row: "p", sort_order=["i"])
    ice.insert([{"i": 0}])
    assert ice.set_options()["merge_logs_after"] == 128
    set_now = ice.set_options(
        partition_by=icedb.partition_by(b=icedb.bucket(4, "i")),
        sort_order=["i DESC"],
        codec=icedb.CompressionCodec.ZSTD,
        merge_logs_after=3,
    )
    assert set_now == {
        "partition_by": '"b" = bucket(4, "i")', "sort_order": "i DESC", "codec": "ZSTD",
        "merge_logs_after": 3,
    }
    assert make(client).set_options() == set_now
    for number in range(1, 8):
        ice.insert([{"i": number}])
    merged = [name for name in log_names(client) if "_m_" in name]
    assert 1 <= len(merged) <= 3
    ice.set_options(merge_logs_after=0)
    for number in range(8, 20):
        ice.insert([{"i": number}])
    assert [name for name in log_names(client) if "_m_" in name] == merged
    assert ice.query("SELECT count(*), sum(i) FROM _rows").fetchall() == [(20, 190)]
    with pytest.raises(Exception, match="merge_logs_after: expected a number of log files"):
        ice.set_options(merge_logs_after=-1)


def test_names_of_version_2(client: Any) -> None:
    ice = icedb.IceDB(
        lambda row: f"d={row['d']}", ["d"], lambda row: {**row, "made": row["d"] * 2},
        s3_client=client,
    )
    for _ in range(2):
        for number in range(3):
            assert len(ice.insert([{"d": number}])) == 1
    assert len(ice.get_files("d=1", "d=2")) == 4
    assert ice.merge_files(10_000_000) == 2
    assert len(ice.get_files("d=2", "d=9")) == 1
    assert ice.merge_files(10_000_000, asc=True, partition_prefix="d=1") == 2
    assert len(ice.remove_inactive_parts(0)) == 4
    assert query(ice, "count(*), count(DISTINCT _row_id), sum(made)") == [(6, 6, 12)]
    ice.close()
