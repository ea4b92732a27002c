"""Logs that we write, read by the original implementation, and the other way round.

ICEFALL_ICEDB_ORIGINAL names a checkout of danthegoodman1/icedb; without it the tests are skipped.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any, Iterator

import pytest

from icedb.log import IceLogIO, S3Client
from icedb_tables import EVENTS, make
from s3_server import s3_server

ORIGINAL = os.environ.get("ICEFALL_ICEDB_ORIGINAL", "")

pytestmark = pytest.mark.skipif(not ORIGINAL, reason="ICEFALL_ICEDB_ORIGINAL names no checkout")


@pytest.fixture(scope="module")
def original() -> Any:
    spec = importlib.util.spec_from_file_location("original_log", Path(ORIGINAL, "icedb/log.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def arguments() -> Iterator[tuple[str, ...]]:
    with s3_server("lake") as endpoint:
        # The servers of a process share their buckets.
        prefix = "t" + endpoint.rpartition(":")[2]
        yield prefix, "lake", "us-east-1", endpoint, "user", "password"


def described(files: list[Any]) -> list[tuple]:
    return sorted((f.path, f.createdMS, f.fileBytes, f.tombstone is None) for f in files)


def test_both_read_the_same_at_every_step(original: Any, arguments: tuple[str, ...]) -> None:
    ours, theirs = S3Client(*arguments), original.S3Client(*arguments)
    ice = make(ours)
    steps = [
        lambda: ice.insert(EVENTS),
        lambda: ice.insert(EVENTS[:2]),
        lambda: ice.insert(EVENTS),
        lambda: ice.merge(),
        lambda: ice.remove_partitions(lambda found: found[:1]),
        lambda: ice.insert(EVENTS),
        lambda: ice.merge_logs(),
        lambda: ice.rewrite_partition(ice.partitions()[0], "SELECT * FROM _rows"),
        lambda: ice.tombstone_cleanup(3_600_000),
        lambda: ice.tombstone_cleanup(0),
        lambda: ice.insert(EVENTS),
    ]
    for step in steps:
        step()
        schema, files, tombstones, logs = IceLogIO("x").read_at_max_time(ours, 2**53)
        their_schema, their_files, their_tombstones, their_logs = original.IceLogIO(
            "x"
        ).read_at_max_time(theirs, 2**53)
        assert described(files) == described(their_files)
        assert dict(schema.pairs()) == dict(their_schema.pairs())
        assert sorted(logs) == sorted(their_logs)
        assert {t.path for t in tombstones} == {t.path for t in their_tombstones}


def test_what_the_original_appended_is_read(original: Any, arguments: tuple[str, ...]) -> None:
    ours, theirs = S3Client(*arguments), original.S3Client(*arguments)
    ice = make(ours)
    ice.insert(EVENTS)
    schema, files, _, logs = original.IceLogIO("x").read_at_max_time(theirs, 2**53)
    files[0].tombstone = 5
    original.IceLogIO("old").append(
        theirs, 1, schema, files, [original.LogTombstone(logs[0], 5)], merged=True
    )
    _, seen, tombstones, _ = IceLogIO("x").read_at_max_time(ours, 2**53)
    assert described(seen) == described(files)
    assert [tombstone.path for tombstone in tombstones] == logs
    ice.tombstone_cleanup(0)
    assert len(IceLogIO("x").read_at_max_time(ours, 2**53)[1]) == 1
