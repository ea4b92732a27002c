"""Tables that the original wrote (tests/golden/icedb_original), read and carried on with here."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from icedb import IceDBv3, LocalClient, get_log_file_info
from icefalldb.extension import new_connection

GOLDEN = Path(__file__).resolve().parents[2] / "tests/golden/icedb_original"
COLUMNS = "ts, user, day, price, tags, note"


def rows(number: int) -> list[dict[str, Any]]:
    """Of one of the three inserts."""
    return [
        {"ts": 1000 * number + i, "user": "ab"[i % 2], "day": f"2024-03-1{i // 2 % 2}",
         "price": number + i / 4, "tags": ["x", str(i)],
         "note": None if i == 5 else f"é {number}/{i}"}
        for i in range(6)
    ]


INSERTED = [row for number in range(3) for row in rows(number)]
REMOVED = [row for row in INSERTED if (row["user"], row["day"]) != ("b", "2024-03-11")]
REWRITTEN = [row for row in REMOVED if row["user"] == "a" or row["ts"] < 2000]
LAST = {"ts": 9000, "user": "c", "day": "2024-03-12", "price": 1.5, "tags": ["z"], "note": "last"}
CLEANED = [*REWRITTEN, LAST]


def tuples(expected: list[dict[str, Any]]) -> list[tuple]:
    return sorted((tuple(row.values()) for row in expected), key=str)


def table(folder: Path, **options: Any) -> IceDBv3:
    return IceDBv3(lambda row: f"u={row['user']}/d={row['day']}", ["ts"],
                   s3_client=LocalClient("events", folder), **options)


def found(ice: IceDBv3, at_ms: int | None = None) -> list[tuple]:
    return sorted(ice.query(f"SELECT {COLUMNS} FROM _rows", at_ms).fetchall(), key=str)


def log_times(stage: str) -> tuple[list[int], list[int]]:
    """Of inserts and of maintenance."""
    logs = [get_log_file_info(path.name) for path in (GOLDEN / stage / "events/_log").iterdir()]
    inserts = sorted(ms for ms, merged in logs if not merged)
    return inserts, sorted(ms for ms, merged in logs if merged)


def test_every_state_of_the_past_is_read() -> None:
    ice = table(GOLDEN / "rewritten")
    inserts, (_, second_merge, removal, rewrite) = log_times("rewritten")
    for number, ms in enumerate(inserts, 1):
        expected = [row for insert in range(number) for row in rows(insert)]
        assert found(ice, ms + 1) == tuples(expected), number
    assert found(ice, second_merge + 1) == tuples(INSERTED)
    assert found(ice, removal + 1) == tuples(REMOVED)
    assert found(ice, rewrite + 1) == found(ice) == tuples(REWRITTEN)


def test_what_a_cleanup_left_is_read() -> None:
    ice = table(GOLDEN / "cleaned")
    assert found(ice) == tuples(CLEANED)
    # Its merges write the partition's keys into the files; the log's columns are what counts.
    assert ice.query("SELECT DISTINCT u = user AND d = day FROM _rows").fetchall() == [(True,)]


def test_sql_attaches_it() -> None:
    with new_connection() as connection:
        connection.execute(f"ATTACH '{GOLDEN}/cleaned/events' AS lake (TYPE icefall, READ_ONLY)")
        read = connection.execute(f"SELECT {COLUMNS} FROM lake.events").fetchall()
        assert sorted(read, key=str) == tuples(CLEANED)


@pytest.mark.parametrize(("stage", "expected"), [("rewritten", REWRITTEN), ("cleaned", CLEANED)])
def test_maintenance_goes_on_where_the_original_stopped(
    stage: str, expected: list[dict[str, Any]], tmp_path: Path
) -> None:
    shutil.copytree(GOLDEN / stage, tmp_path / stage)
    ice = table(tmp_path / stage)
    more = [{**LAST, "ts": 9001}, {**LAST, "ts": 9002, "user": "a", "day": "2024-03-10"}]
    ice.insert(more)
    while ice.merge()[0] is not None:
        pass
    assert found(ice) == tuples(expected + more)
    ice.tombstone_cleanup(0)
    assert found(ice) == tuples(expected + more)
    ice.rewrite_partition("u=a/d=2024-03-10", "SELECT * FROM _rows WHERE ts = 9002")
    kept = [row for row in expected + more if (row["user"], row["day"]) != ("a", "2024-03-10")]
    assert found(ice) == tuples([*kept, more[1]])
    assert ice.collect_orphans(0, dry_run=True) == []
