"""What the tests of the icedb package start from."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from icedb import FileMarker, IceDBv3, IceLogIO

EVENTS = [
    {"ts": 1686176939445, "event": "page_load", "user_id": "user_a",
     "properties": json.dumps({"page_name": "Home"})},
    {"ts": 1676126229999, "event": "page_load", "user_id": "user_b",
     "properties": json.dumps({"page_name": "Home"})},
    {"ts": 1686176939666, "event": "page_load", "user_id": "user_a",
     "properties": json.dumps({"page_name": "Settings"})},
    {"ts": 1686176941445, "event": "page_load", "user_id": "user_a",
     "properties": json.dumps({"page_name": "Home"})},
]


def by_user_and_day(row: dict[str, Any]) -> str:
    day = datetime.fromtimestamp(row["ts"] / 1000, timezone.utc)
    return f"u={row['user_id']}/d={day.strftime('%Y-%m-%d')}"


def make(client: Any, function: Any = by_user_and_day, **options: Any) -> IceDBv3:
    options.setdefault("sort_order", ["event", "ts"])
    options.setdefault("path_safe_hostname", "dan-mbp")
    return IceDBv3(function, s3_client=client, **options)


def read(ice: IceDBv3, at_ms: int = 2**53) -> tuple[list[FileMarker], list[FileMarker]]:
    """Alive and dead files."""
    _, files, _, _ = IceLogIO("reader").read_at_max_time(ice.log_s3c, at_ms)
    alive = [file for file in files if file.tombstone is None]
    return alive, [file for file in files if file.tombstone is not None]


def query(ice: IceDBv3, what: str, rest: str = "") -> list[tuple]:
    """As users of the original do it: a list of the alive files for read_parquet."""
    paths = [f"s3://{ice.data_s3c.s3bucket}/{file.path}" for file in read(ice)[0]]
    options = "union_by_name = true, hive_partitioning = false"
    sql = f"SELECT {what} FROM read_parquet({paths!r}, {options}) {rest}"
    with ice.get_duckdb() as ddb:
        return ddb.execute(sql).fetchall()
