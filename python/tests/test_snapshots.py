from __future__ import annotations

import re
from pathlib import Path

import pytest

import icefalldb


def test_listing(db: icefalldb.IcefallDBConnection, example_database: Path) -> None:
    db.mutate("DELETE FROM orders WHERE id = 1")
    commits = icefalldb.snapshots(example_database, "orders")
    assert [set(commit) for commit in commits] == [
        {"sequence", "committed_at", "rows", "fragments", "parent_hash"}
    ] * len(commits)
    assert [commit["sequence"] for commit in commits] == list(range(1, len(commits) + 1))
    assert [commit["rows"] for commit in commits] == [0, 3, 2]
    assert commits[0]["parent_hash"] is None
    for commit in commits:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", commit["committed_at"])
    for commit in commits[1:]:
        assert re.fullmatch("[0-9a-f]{64}", commit["parent_hash"] or "")


def test_travel(db: icefalldb.IcefallDBConnection, example_database: Path) -> None:
    db.mutate("DELETE FROM orders WHERE id = 1")
    for commit in icefalldb.snapshots(example_database, "orders"):
        for past in (
            icefalldb.attach_table(example_database, "orders", snapshot=commit["sequence"]),
            icefalldb.attach(example_database / "orders", snapshot=commit["sequence"]),
        ):
            assert past.sql("SELECT count(*) FROM orders").fetchone() == (commit["rows"],)
            past.close()


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM orders",
        "UPDATE orders SET id = 1",
        "INSERT INTO orders VALUES (1, 'a', 1)",
        "MERGE INTO orders USING (SELECT 1 AS id) s USING (id) WHEN MATCHED THEN DELETE",
        "DROP TABLE orders",
        "CREATE TABLE other (a INTEGER)",
    ],
)
def test_the_past_is_read_only(example_database: Path, change: str) -> None:
    with icefalldb.attach(example_database / "orders", snapshot=2) as past:
        with pytest.raises(icefalldb.ReadOnlyError):
            past.mutate(change)
        with pytest.raises(icefalldb.ReadOnlyError):
            past.sql(change)
    assert icefalldb.read_arrow_table(example_database, "orders").num_rows == 3


@pytest.mark.parametrize("number", [0, 999])
def test_missing_snapshot(example_database: Path, number: int) -> None:
    with pytest.raises(icefalldb.SnapshotNotFoundError, match=f"snapshot {number} not found"):
        icefalldb.attach(example_database, snapshot=number)
    with pytest.raises(icefalldb.SnapshotNotFoundError, match=f"snapshot {number} not found"):
        icefalldb.attach_table(example_database, "orders", snapshot=number)


def test_snapshots_need_a_table(example_database: Path) -> None:
    with pytest.raises(icefalldb.IcefallDBError, match="expected a table"):
        icefalldb.snapshots(example_database)
