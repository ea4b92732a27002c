"""From rows to columns and data files: what the fast ways make is what the slow ones would."""

from __future__ import annotations

import datetime
import random
from collections import OrderedDict
from decimal import Decimal
from typing import Any, Callable

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import icedb
from icedb import data_files
from icedb.dict_columns import columns_of_dicts, group_dicts
from icedb.rows import PARTITION, group, to_table
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


def expected_groups(rows: list[dict[str, Any]], function: Any) -> dict[str, list[dict[str, Any]]]:
    """As the original groups, but for the types of names."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        name = row[PARTITION] if PARTITION in row else function(row)
        groups.setdefault(str(name), []).append(row)
    return groups


@pytest.mark.parametrize("seed", range(60))
def test_groups_of_dicts(seed: int) -> None:
    chance = random.Random(seed)
    kinds = list(VALUES) if chance.random() < 0.5 else ["whole", "real", "flag", "text"]
    names = chance.sample(kinds, chance.randint(1, len(kinds)))
    rows: list[Any] = []
    for number in range(chance.randint(1, 40)):
        row = {name: chance.choice([None, *VALUES[name]]) for name in names}
        if chance.random() < 0.1:
            del row[chance.choice(names)]
        if seed % 3 == 0 and chance.random() < 0.3:
            row[PARTITION] = chance.choice(["p0", "given", "é漢😀", ""])
        rows.append({**row, "n": number})
    if seed % 7 == 0:
        rows = [OrderedDict(row) if chance.random() < 0.3 else row for row in rows]
    called = []

    def function(row: dict[str, Any]) -> Any:
        called.append(row["n"])
        return row["n"] % 3 if seed % 5 == 0 else f"p{row['n'] % 3}"

    expected = expected_groups(rows, lambda row: function(dict(row)))
    expected_calls = list(called)
    called.clear()
    preserve = seed % 2 == 0
    grouped = group(rows, function, preserve, duckdb.connect())
    assert called == expected_calls
    columns = dict.fromkeys(name for row in rows for name in row if preserve or name != PARTITION)
    assert set(grouped.table.column_names) == set(columns)
    assert {name: part.to_pylist() for name, part in grouped} == {
        name: to_table([{c: row.get(c) for c in columns} for row in rows])
        .take([row["n"] for row in part])
        .to_pylist()
        for name, part in expected.items()
    }
    assert [name for name, _ in grouped] == list(expected)


def by_parity(row: dict[str, Any]) -> str:
    return f"p{row['n'] % 2}"


def test_groups_of_plain_columns_are_made_in_one_pass() -> None:
    rows = [{"n": n, "t": None if n == 0 else "x"} for n in range(5)]
    found = group_dicts(rows, by_parity, by_parity, PARTITION, False)
    assert found is not None and found[1] is not None
    assert found[0].to_pydict() == {"name": ["p0", "p1"], "rows": [3, 2]}
    assert found[1].to_pydict() == {"n": [0, 2, 4, 1, 3], "t": [None, "x", "x", "x", "x"]}
    assert found[1].schema.types == [pa.int64(), pa.string()]
    # One kind in each group, but not the same.
    found = group_dicts([{"n": 0, "v": 1}, {"n": 1, "v": "a"}], by_parity, by_parity, "", False)
    assert found is not None and found[1] is None
    assert found[0].to_pydict() == {"name": ["p0", "p1"]}
    assert group_dicts([], by_parity, by_parity, PARTITION, False) is None
    many = [{"n": n} for n in range(10_000)]
    found = group_dicts(many, lambda row: str(row["n"]), by_parity, PARTITION, False)
    assert found is not None and found[1] is not None and found[1].to_pylist() == many
    assert found[0].to_pydict() == {"name": [str(n) for n in range(10_000)], "rows": [1] * 10_000}


def grow(row: dict[str, Any]) -> str:
    row["more"] = "x" * row["n"]
    return by_parity(row)


def shrink(row: dict[str, Any]) -> str:
    name = by_parity(row)
    row.clear()
    row["n"] = 7
    return name


@pytest.mark.parametrize("function", [grow, shrink])
def test_functions_that_change_rows_change_what_is_stored(function: Any) -> None:
    """As with the original, though it asks functions not to."""
    rows = [{"n": n, "text": f"text {n}"} for n in range(50)]
    expected = expected_groups([dict(row) for row in rows], function)
    grouped = group(rows, function, False, duckdb.connect())
    columns = grouped.table.column_names
    assert {name: part.to_pylist() for name, part in grouped} == {
        name: [{column: row.get(column) for column in columns} for row in part]
        for name, part in expected.items()
    }


@pytest.mark.parametrize("rows", [[{"n": 1}], [{"n": 1, "v": [1]}]])
@pytest.mark.parametrize(
    ("function", "error"),
    [
        (lambda row: row["missing"], KeyError),
        (lambda row: None, TypeError),
        (lambda row: "\ud800", UnicodeEncodeError),
    ],
)
def test_errors_of_partition_functions_are_raised(
    rows: list[dict[str, Any]], function: Callable[[Any], Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        group(rows, function, False, duckdb.connect())
    with pytest.raises(error):
        group(to_table(rows), function, False, duckdb.connect())


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


@pytest.mark.parametrize(
    ("order", "values"),
    [
        (["i"], [1, 1, 2, 3]),
        (["i", "n DESC"], [1, 1, 2, 3]),
        (["i", "n DESC"], [1, 2, 3, 4]),
        (["i DESC"], [3, 3, 2, 1]),
        (["i DESC", "n"], [3, 2, 1, 0]),
        (["i"], [1, 2, 2, None]),
        (["i"], [None, 1, 2, 3]),
        (["i"], [1.0, 2.0, float("nan"), 3.0]),
        (["i"], ["a", "b", "b", "é"]),
        (["i"], [False, False, True, True]),
        (["i"], [5]),
    ],
)
def test_rows_that_are_in_order_stay(tmp_path: Any, order: list[str], values: list[Any]) -> None:
    rows = pa.table({"i": values, "n": range(len(values))})
    ice = make(icedb.LocalClient("t", tmp_path), lambda row: "p", sort_order=order)
    (file,) = ice.insert(rows)
    stored = pq.read_table(tmp_path / file.path, partitioning=None)
    wanted = duckdb.connect().execute(f"SELECT n FROM rows ORDER BY {','.join(order)}").fetchall()
    assert stored["n"].to_pylist() == [n for (n,) in wanted]


def test_values_that_repeat_get_a_dictionary() -> None:
    rows = pa.table({"few": ["a", "b"] * 500, "all": [str(n) for n in range(1000)]})
    file = data_files.to_parquet(rows, [], "ZSTD", 122_880)
    group = pq.ParquetFile(pa.BufferReader(file)).metadata.row_group(0)
    few, every = group.column(0), group.column(1)
    assert few.has_dictionary_page and not every.has_dictionary_page
    assert few.compression == every.compression == "ZSTD"


def test_numbers_of_small_steps_are_stored_as_steps(tmp_path: Any) -> None:
    chance = random.Random(1)
    values: dict[str, pa.Array] = {
        "time": pa.array([1_700_000_000_000_000 + 1000 * n for n in range(1000)]),
        "gaps": pa.array([n if n % 3 else None for n in range(1000)], pa.int32()),
        "down": pa.array([-n * 2**20 - chance.getrandbits(20) for n in range(1000)]),
        "wrapping": pa.array([2**63 - 1 if n % 2 else -(2**63) for n in range(1000)]),
        "any": pa.array([chance.getrandbits(63) for _ in range(1000)]),
        "real": pa.array([float(n) for n in range(1000)]),
        "nothing": pa.nulls(1000, pa.int64()),
    }
    table = pa.table(values)
    file = data_files.to_parquet(table, [], "SNAPPY", 122_880)
    assert pq.read_table(pa.BufferReader(file)).equals(table)
    group = pq.ParquetFile(pa.BufferReader(file)).metadata.row_group(0)
    delta = [
        name
        for place, name in enumerate(values)
        if "DELTA_BINARY_PACKED" in group.column(place).encodings
    ]
    assert delta == ["time", "gaps", "down"]
    (tmp_path / "f.parquet").write_bytes(file)
    stored = duckdb.read_parquet(str(tmp_path / "f.parquet")).to_arrow_table()
    assert stored.cast(table.schema).equals(table)
    few = data_files.to_parquet(table.slice(0, 100), [], "SNAPPY", 122_880)
    assert few.size < file.size
