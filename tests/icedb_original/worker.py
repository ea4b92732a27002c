"""Does with the package `icedb` that is found first what lines of JSON on standard input ask for,
and answers each with a line: run.py starts one with ours and one with the original's."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_httpfs
from icedb import IceDBv3
from icedb.log import IceLogIO, S3Client

COLUMNS = "ts, \"user\", price"


def install_httpfs() -> None:
    (file,) = Path(duckdb_extension_httpfs.__file__).parent.glob("extensions/*/*.duckdb_extension")
    duckdb.connect().execute(f"INSTALL '{file}'")


def read(ice: Any) -> list[list[Any]]:
    """As the original's README reads a table: a list of the alive files for read_parquet."""
    now = round(time.time() * 1000) + 1000
    _, files, _, _ = IceLogIO("reader").read_at_max_time(ice.log_s3c, now)
    paths = [f"s3://{ice.data_s3c.s3bucket}/{f.path}" for f in files if f.tombstone is None]
    if not paths:
        return []
    sql = f"SELECT {COLUMNS} FROM read_parquet({paths}, union_by_name = true) ORDER BY ALL"
    return [list(row) for row in ice.get_duckdb().execute(sql).fetchall()]


def do(ice: Any, operation: str, argument: Any) -> Any:
    if operation == "insert":
        return len(ice.insert(argument))
    if operation == "merge":
        return ice.merge()[2]
    if operation == "remove":
        return ice.remove_partitions(lambda found: [p for p in found if p == argument])[2]
    if operation == "rewrite":
        return len(ice.rewrite_partition(*argument)[2])
    if operation == "cleanup":
        return len(ice.tombstone_cleanup(argument)[2])
    return read(ice)


def main() -> None:
    endpoint, name = sys.argv[1:]
    install_httpfs()
    client = S3Client("events", "testbucket", "us-east-1", endpoint, "user", "password")
    ice = IceDBv3(lambda row: f"u={row['user']}", ["ts"], "us-east-1", "user", "password", endpoint,
                  client, name, s3_use_path=True)
    for line in sys.stdin:
        operation, argument = json.loads(line)
        # The original prints what it does.
        answers, sys.stdout = sys.stdout, sys.stderr
        answer = do(ice, operation, argument)
        sys.stdout = answers
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
