"""From rows to columns and data files: what the fast ways make is what the slow ones would."""

from __future__ import annotations

import datetime
import random
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import icedb
from icedb import data_files
from icedb.dict_columns import columns_of_dicts
from icedb.rows import to_table
from icedb_tables import make


def expected_table(rows: list[dict[str, Any]]) -> pa.Table:
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})


VALUES = {
    "whole": [1, -(2**63), 2**63 - 1],
    "real": [0.5, float("inf"), -0.0],
    "flag": [True, False],
    "text": ["", "a", "é漢😀", "nul\0inside"],
    "whole and real": [1, 2.5],
    "bytes": [b"a", b"\xff"],
    "nested": [{"x": 1, "y": "z"}, {"x": 2}],
    "list": [[1], []],
    "day": [datetime.date(2024, 2, 29)],
    "time": [datetime.datetime(2024, 2, 29, 1, 2, 3)],
    "money": [Decimal("1.25")],
    "nothing": [None],
}


@pytest.mark.parametrize("seed", range(30))
def test_columns_of_dicts(seed: int) -> None:
    chance = random.Random(seed)
    names = chance.sample(list(VALUES), chance.randint(1, len(VALUES)))
    rows = []
    for _ in range(chance.randint(1, 40)):
        kept = [name for name in names if chance.random() < 0.9] or names[:1]
        chance.shuffle(kept)
        rows.append(
            {name: None if chance.random() < 0.2 else chance.choice(VALUES[name]) for name in kept}
        )
    assert to_table(rows).equals(expected_table(rows))


def test_columns_of_rows_that_lack_keys_are_made_at_once() -> None:
    rows: list[dict[str, Any]] = [{"a": None, "b": "x", "c": 1}, {"b": None}, {"c": 2, "a": True}]
    made = columns_of_dicts(rows)
    assert made is not None and made.to_pylist() == [
        {"a": None, "b": "x", "c": 1}, {"a": None, "b": None, "c": None},
        {"a": True, "b": None, "c": 2}]
    assert columns_of_dicts([{"a": 1}, {"a": 1, "b": 2}]) is None
    assert columns_of_dicts([{1: 2}]) is None  # type: ignore[dict-item]
    assert columns_of_dicts([]) is None
    large = columns_of_dicts([{"a": 1, "b": 2**63 - 1}, {"a": 2**63, "b": 1}])
    assert large is not None and large.schema.names == ["b"]
    mixed = columns_of_dicts([{"a": 1, "b": 1}, {"a": 1.5, "b": 2}, {"a": None, "b": None}])
    assert mixed is not None and mixed.to_pydict() == {"b": [1, 2, None]}


def test_what_has_no_columns_says_so() -> None:
    with pytest.raises(ValueError, match="column 'a'"):
        to_table([{"a": 1}, {"a": "x"}])
    with pytest.raises(ValueError, match="column 'a'"):
        to_table([{"a": "\ud800"}])


PLAIN = pa.table(
    {
        "flag": pa.array([True, None, False, True]),
        **{
            f"{kind}": pa.array([1, None, 3, 2], kind)
            for kind in (
                pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(),
                pa.uint32(), pa.uint64(), pa.float32(), pa.float64(),
            )
        },
        "text": pa.array(["b", None, "a", "é"]),
        "long text": pa.array(["b", None, "a", "é"], pa.large_string()),
        "bytes": pa.array([b"b", None, b"", b"\xff"]),
        "long bytes": pa.array([b"b", None, b"", b"\xff"], pa.large_binary()),
        "day": pa.array([1, None, 3, -40000], pa.date32()),
        "time": pa.array([1, None, 3, -(10**15)], pa.timestamp("us")),
    }
)


def test_files_of_plain_types_have_the_types_and_values_of_their_columns(tmp_path: Any) -> None:
    assert data_files.is_plain(PLAIN.schema)
    file = tmp_path / "plain.parquet"
    file.write_bytes(data_files.to_parquet(PLAIN, [], "SNAPPY", 122_880))
    own = duckdb.connect()
    wanted = own.execute("DESCRIBE FROM PLAIN").fetchall()
    assert own.execute(f"DESCRIBE FROM '{file}'").fetchall() == wanted
    assert own.execute(f"FROM '{file}'").fetchall() == own.execute("FROM PLAIN").fetchall()


@pytest.mark.parametrize(
    "kind",
    [
        pa.timestamp("ms"), pa.timestamp("us", "UTC"), pa.time64("us"), pa.decimal128(5, 2),
        pa.list_(pa.int64()), pa.null(), pa.dictionary(pa.int32(), pa.string()),
    ],
)  # fmt: skip
def test_other_types_are_left_to_duckdb(kind: pa.DataType) -> None:
    assert not data_files.is_plain(pa.schema([("a", kind)]))
    assert not data_files.is_plain(pa.schema([("a", pa.int64()), ("A", pa.int64())]))


SORTED = pa.table(
    {
        "i": [3, None, 1, 3, 2],
        "x y": ["a", "b", None, "B", "é"],
        "f": [1.0, float("nan"), None, -1.0, float("inf")],
        "n": [0, 1, 2, 3, 4],
    }
)


@pytest.mark.parametrize(
    ("order", "by_arrow"),
    [
        (["i", "n"], True),
        (["I desc", '"x y"', "n"], True),
        (['"x y" DESC, n'], True),
        (["f ASC", "n"], True),
        (["f DESC", "n"], False),
        (["i NULLS FIRST", "n"], False),
        (["lower(\"x y\")", "n"], False),
        (["i % 2", "n DESC"], False),
        (["ALL"], False),
    ],
)  # fmt: skip
def test_files_are_in_the_order_that_sql_gives(
    tmp_path: Any, order: list[str], by_arrow: bool
) -> None:
    assert (data_files.sort_keys(order, SORTED.schema) is not None) == by_arrow
    ice = make(icedb.LocalClient("t", tmp_path), lambda row: "p", sort_order=order)
    (file,) = ice.insert(SORTED)
    sorted_by_sql = f"SELECT n FROM (FROM SORTED ORDER BY {','.join(order)})"
    wanted = duckdb.connect().execute(sorted_by_sql).fetchall()
    stored = pq.read_table(tmp_path / file.path, partitioning=None)
    assert stored["n"].to_pylist() == [n for (n,) in wanted]
    assert file.fileBytes == (tmp_path / file.path).stat().st_size


@pytest.mark.parametrize("order", ["i LIMIT 1", "i; DROP TABLE t", "nothing", "i,,n", ""])
def test_orders_that_are_none_fail_as_sql(tmp_path: Any, order: str) -> None:
    assert data_files.sort_keys([order], SORTED.schema) is None


def test_values_that_repeat_get_a_dictionary() -> None:
    rows = pa.table({"few": ["a", "b"] * 500, "all": [str(n) for n in range(1000)]})
    file = data_files.to_parquet(rows, [], "ZSTD", 122_880)
    group = pq.ParquetFile(pa.BufferReader(file)).metadata.row_group(0)
    few, every = group.column(0), group.column(1)
    assert few.has_dictionary_page and not every.has_dictionary_page
    assert few.compression == every.compression == "ZSTD"
