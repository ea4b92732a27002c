"""The log: what it says, and how it is read and appended to."""

from __future__ import annotations

import json
from time import time
from typing import Any
from urllib.parse import quote

from .engine import Client, rows
from .errors import NoLogFilesException, SchemaConflictException, translated

__all__ = [
    "FileMarker",
    "FileMarkerFromJSON",
    "IceLogIO",
    "LogMetadata",
    "LogMetadataFromJSON",
    "LogTombstone",
    "LogTombstoneFromJSON",
    "NoLogFilesException",
    "S3Client",
    "Schema",
    "SchemaConflictException",
    "get_log_file_info",
]


class S3Client:
    """A table's place: a prefix of a bucket. `s3` is a boto3 client for it."""

    def __init__(
        self,
        s3prefix: str,
        s3bucket: str,
        s3region: str,
        s3endpoint: str,
        s3accesskey: str,
        s3secretkey: str,
    ):
        self.s3prefix = s3prefix
        self.s3bucket = s3bucket
        self._options = {
            "endpoint": s3endpoint,
            "region": s3region,
            "access_key_id": s3accesskey,
            "secret_access_key": s3secretkey,
            "addressing": "path",
        }
        self._session: Any = None
        self._s3: Any = None

    def location(self) -> str:
        options = "&".join(
            f"{name}={quote(value, safe='')}" for name, value in self._options.items() if value
        )
        return f"s3://{self.s3bucket}?{options}"

    @property
    def session(self) -> Any:
        if self._session is None:
            import boto3

            self._session = boto3.session.Session()
        return self._session

    @property
    def s3(self) -> Any:
        # The engine does not need it; making one takes longer than an insert.
        if self._s3 is None:
            import botocore.config

            self._s3 = self.session.client(
                "s3",
                config=botocore.config.Config(s3={"addressing_style": "path"}),
                region_name=self._options["region"],
                endpoint_url=self._options["endpoint"],
                aws_access_key_id=self._options["access_key_id"],
                aws_secret_access_key=self._options["secret_access_key"],
            )
        return self._s3


class Schema:
    """Columns and their types, in the order in which they were first seen."""

    def __init__(self) -> None:
        self.d: dict[str, str] = {}

    def accumulate(self, columns: list[str], types: list[str]) -> bool:
        """Adds columns; False when one was known. Raises SchemaConflictException."""
        added = True
        for column, type_name in zip(columns, types, strict=True):
            if column in self.d:
                added = False
                if self.d[column] != type_name:
                    raise SchemaConflictException(column, self.d[column], type_name)
            self.d[column] = type_name
        return added

    def columns(self) -> list[str]:
        return list(self.d)

    def types(self) -> list[str]:
        return list(self.d.values())

    def pairs(self) -> Any:
        return self.d.items()

    def toJSON(self) -> str:
        return json.dumps(self.d)

    __str__ = toJSON
    __repr__ = toJSON

    def __getitem__(self, item: str) -> str:
        return self.d[item]

    def __contains__(self, item: object) -> bool:
        return item in self.d


class FileMarker:
    """A data file, alive or dead. `vir_source_log_file` is the log file that says so."""

    def __init__(self, path: str, createdMS: int, fileBytes: int, tombstone: int | None = None):
        self.path = path
        self.createdMS = createdMS
        self.fileBytes = fileBytes
        self.tombstone = tombstone
        self.vir_source_log_file: str | None = None

    def _members(self) -> dict[str, Any]:
        members: dict[str, Any] = {"p": self.path, "b": self.fileBytes, "t": self.createdMS}
        if self.tombstone is not None:
            members["tmb"] = self.tombstone
        return members

    def json(self) -> str:
        return json.dumps(self._members())

    def __str__(self) -> str:
        members = self._members()
        if self.vir_source_log_file is not None:
            members["vir_source_log_file"] = self.vir_source_log_file
        return json.dumps(members)

    __repr__ = __str__


def FileMarkerFromJSON(jsonl: dict[str, Any]) -> FileMarker:
    return FileMarker(jsonl["p"], int(jsonl["t"]), int(jsonl["b"]), jsonl.get("tmb"))


class LogTombstone:
    """A log file that was superseded at `createdMS`."""

    def __init__(self, path: str, createdMS: int):
        self.path = path
        self.createdMS = createdMS

    def toJSON(self) -> str:
        return json.dumps({"p": self.path, "t": self.createdMS})

    __str__ = toJSON
    __repr__ = toJSON


def LogTombstoneFromJSON(jsonl: dict[str, Any]) -> LogTombstone:
    return LogTombstone(jsonl["p"], int(jsonl["t"]))


class LogMetadata:
    """The first line of a log file: its time, and the lines at which its parts begin."""

    def __init__(
        self,
        version: int,
        schemaLineIndex: int,
        fileLineIndex: int,
        tombstoneLineIndex: int | None = None,
        timestamp: int | None = None,
    ):
        self.version = version
        self.schemaLineIndex = schemaLineIndex
        self.fileLineIndex = fileLineIndex
        self.tombstoneLineIndex = tombstoneLineIndex
        self.timestamp = timestamp if timestamp is not None else round(time() * 1000)

    def toJSON(self) -> str:
        members = {
            "v": self.version,
            "sch": self.schemaLineIndex,
            "f": self.fileLineIndex,
            "t": self.timestamp,
        }
        if self.tombstoneLineIndex is not None:
            members["tmb"] = self.tombstoneLineIndex
        return json.dumps(members)

    __str__ = toJSON
    __repr__ = toJSON


def LogMetadataFromJSON(jsonl: dict[str, Any]) -> LogMetadata:
    return LogMetadata(jsonl["v"], jsonl["sch"], jsonl["f"], jsonl.get("tmb"), jsonl["t"])


def metadata_of(timestamp: int, tombstones: int) -> LogMetadata:
    """That of a log file with so many log tombstones."""
    return LogMetadata(1, 1, 2 + tombstones, 2 if tombstones else None, timestamp)


def state(
    data: Client, log: Client, **which: Any
) -> tuple[Schema, list[FileMarker], list[LogTombstone], list[str]]:
    """What the log says, of what `at_ms` or `logs` selects."""
    schema = Schema()
    markers: list[FileMarker] = []
    tombstones: list[LogTombstone] = []
    logs: list[str] = []
    with translated():
        found = rows("icedb_state", data, log, **which)
    for kind, name, detail, ms, size_bytes, tombstone_ms in found:
        if kind == "column":
            schema.d[name] = detail
        elif kind == "file":
            marker = FileMarker(name, ms, size_bytes, tombstone_ms)
            marker.vir_source_log_file = detail
            markers.append(marker)
        elif kind == "log":
            logs.append(name)
        else:
            tombstones.append(LogTombstone(name, ms))
    return schema, markers, tombstones, logs


class IceLogIO:
    """Reads and appends to the log of the table that a client is of."""

    def __init__(self, path_safe_hostname: str):
        self.path_safe_hostname = path_safe_hostname

    def get_current_log_files(self, s3client: Client) -> list[dict[str, Any]]:
        """The log files as S3 describes objects; [] when there are none."""
        prefix = "/".join(part for part in (s3client.s3prefix, "_log/") if part)
        found: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = s3client.s3.list_objects_v2(Bucket=s3client.s3bucket, Prefix=prefix, **token)
            found += page.get("Contents", [])
            if not page.get("IsTruncated"):
                return [file for file in found if _is_log_file(file["Key"])]
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def read_log_forward(
        self, s3client: Client, s3_files: list[str]
    ) -> tuple[Schema, list[FileMarker], list[LogTombstone]]:
        """What these log files say together."""
        if not s3_files:
            raise NoLogFilesException()
        return state(s3client, s3client, logs=list(s3_files))[:3]

    def read_at_max_time(
        self, s3client: Client, timestamp: int
    ) -> tuple[Schema, list[FileMarker], list[LogTombstone], list[str]]:
        """The state of the log files before a time, those of clocks that are ahead if it is now."""
        found = state(s3client, s3client, at_ms=timestamp)
        if not found[3]:
            raise NoLogFilesException()
        return found

    def append(
        self,
        s3client: Client,
        version: int,
        schema: Schema,
        files: list[FileMarker],
        tombstones: list[LogTombstone] | None = None,
        merged: bool = False,
        timestamp: int | None = None,
    ) -> tuple[str, LogMetadata]:
        """Writes a log file as it is, without a look at what is there."""
        ms = timestamp if timestamp is not None else round(time() * 1000)
        meta = metadata_of(ms, len(tombstones or []))
        meta.version = version
        lines = [meta.toJSON(), schema.toJSON()]
        lines += [tombstone.toJSON() for tombstone in tombstones or []]
        lines += [file.json() for file in files]
        name = f"{ms}{'_m' if merged else ''}_{self.path_safe_hostname}.jsonl"
        key = "/".join(part for part in (s3client.s3prefix, "_log", name) if part)
        s3client.s3.put_object(Bucket=s3client.s3bucket, Key=key, Body="\n".join(lines).encode())
        return key, meta


def get_log_file_info(file_name: str) -> tuple[int, bool]:
    """Time, and whether maintenance wrote it. Raises ValueError for another object's name."""
    parts = file_name.split("/")[-1].split("_")
    return int(parts[0]), len(parts) > 2 and parts[1] == "m"


def _is_log_file(key: str) -> bool:
    time_text = key.split("/")[-1].split("_")[0]
    return key.endswith(".jsonl") and time_text.isascii() and time_text.isdigit()
