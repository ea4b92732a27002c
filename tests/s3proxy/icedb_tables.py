"""Tables in IceDB's format, written without the engine: Parquet files and a log of JSON lines."""

import json

import pyarrow as pa
import pyarrow.parquet as pq


class IcedbTable:
    def __init__(self, path):
        self.path, self.prefix = path, path.name
        (path / "_log").mkdir(parents=True)

    def write(self, key, rows):
        """A data file below the data folder; answers its marker for `log`."""
        file = self.path / "_data" / key
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), file)
        return {"p": f"{self.prefix}/_data/{key}", "b": file.stat().st_size, "t": 1000}

    def log(self, ms, *markers):
        lines = [{"v": 1, "t": ms, "sch": 1, "f": 2}, {"i": "BIGINT"}, *markers]
        path = self.path / "_log" / f"{ms}_host.jsonl"
        path.write_text("\n".join(json.dumps(line) for line in lines))

    def bucket(self, **more):
        return {"name": "t", "format": "icedb", "location": str(self.path), **more}


ODD_KEYS = [
    "plain.parquet",
    "u=a b/d=2026-01-01/one.parquet",
    "u=100%/x.parquet",
    "u=%20/x.parquet",
    "u=a+b/x.parquet",
    "u=é漢字😀/ü.parquet",
    "u=a&b?c#d/x;y,z.parquet",
    "u='\"<>/x.parquet",
    "u=a=b=c/x:y@z!$()*~.parquet",
    "u= lead/trail .parquet",
]
