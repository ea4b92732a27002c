"""Inserts, merges and the rest of what changes a table."""

from __future__ import annotations

import os
from enum import Enum
from time import time
from typing import Any, Callable

import duckdb
import pyarrow as pa
from icefalldb.extension import new_connection

from . import rows as row_groups
from .engine import Client, call, connection, places, quoted, rows
from .errors import SchemaConflictException, translated
from .file_writer import ALL_ROWS, FileWriter, Format
from .log import FileMarker, LogMetadata, S3Client, Schema, metadata_of
from .partitions import Partitioning

__all__ = ["CompressionCodec", "IceDBv3", "PartitionFunctionType", "S3Client"]

PartitionFunctionType = Callable[[dict[str, Any]], str]

# Whole numbers up to here are exact as DOUBLE.
_EXACT_DOUBLE_MAX = 2**53
_UNKNOWN_TYPE = '"NULL"'


class CompressionCodec(Enum):
    UNCOMPRESSED = "UNCOMPRESSED"
    SNAPPY = "SNAPPY"
    ZSTD = "ZSTD"
    GZIP = "GZIP"


def _now_ms() -> int:
    return int(time() * 1000)


class IceDBv3:
    """A table. Any number of these, in any number of processes, may change it at the same time."""

    def __init__(
        self,
        partition_function: PartitionFunctionType | Partitioning,
        sort_order: list[str],
        s3_region: str = "",
        s3_access_key: str = "",
        s3_secret_key: str = "",
        s3_endpoint: str = "",
        s3_client: Client | None = None,
        path_safe_hostname: str = "icedb",
        s3_use_path: bool = False,
        duckdb_ext_dir: str | None = None,
        custom_merge_query: str | None = None,
        custom_insert_query: str | None = None,
        row_group_size: int = 122_880,
        compression_codec: CompressionCodec = CompressionCodec.SNAPPY,
        preserve_partition: bool = False,
        max_threads: int | None = os.cpu_count(),
        log_s3_client: Client | None = None,
    ):
        if not isinstance(compression_codec, CompressionCodec):
            raise AttributeError(
                f"invalid compression codec '{compression_codec}', must be one of CompressionCodec"
            )
        if s3_client is None:
            raise ValueError("s3_client: expected an S3Client or a LocalClient")
        self.partition_function = partition_function
        self.sort_order = sort_order
        self.s3_region = s3_region
        self.s3_access_key = s3_access_key
        self.s3_secret_key = s3_secret_key
        self.s3_endpoint = s3_endpoint
        self.data_s3c = s3_client
        self.log_s3c = log_s3_client if log_s3_client is not None else s3_client
        self.path_safe_hostname = path_safe_hostname
        self.s3_use_path = s3_use_path
        self.duckdb_ext_dir = duckdb_ext_dir
        self.custom_merge_query = custom_merge_query
        self.custom_insert_query = custom_insert_query
        self.row_group_size = row_group_size
        self.compression_codec = compression_codec
        self.preserve_partition = preserve_partition
        self.max_threads = max_threads or 1
        self._file_writer = FileWriter(self.data_s3c, self.log_s3c)

    # Reading.

    def get_duckdb(self) -> duckdb.DuckDBPyConnection:
        """A fresh DuckDB that reads and writes `s3://bucket/key` of the table's bucket."""
        fresh = new_connection()
        if self.duckdb_ext_dir is not None:
            fresh.execute(f"SET extension_directory = {quoted(self.duckdb_ext_dir)}")
        alias = f"s3://{self.data_s3c.s3bucket}/"
        fresh.execute(
            f"SELECT * FROM {call('icedb_path', self.data_s3c, self.log_s3c, alias=alias)}",
            places(self.data_s3c, self.log_s3c),
        ).fetchall()
        return fresh

    def query(self, sql: str, at_ms: int | None = None) -> duckdb.DuckDBPyConnection:
        """The result of a query that reads the table, now or at a time, as `_rows`.

        The keys of partitions such as `u=a` are columns; files of others are not read.
        """
        function = call("icedb_scan", self.data_s3c, self.log_s3c, at_ms=at_ms)
        with translated():
            return connection().cursor().execute(
                f"WITH _rows AS (SELECT * FROM {function}) SELECT * FROM ({sql})",
                places(self.data_s3c, self.log_s3c),
            )

    def get_schema(self, rows: row_groups.Rows) -> Schema:
        """What an insert of the rows would have as its schema."""
        table = row_groups.to_table(rows)
        if not self.preserve_partition and row_groups.PARTITION in table.column_names:
            table = table.drop_columns([row_groups.PARTITION])
        schema = Schema()
        schema.d.update(self._describe(connection(), table))
        return schema

    # Inserting.

    def insert(self, rows: row_groups.Rows) -> list[FileMarker]:
        """Writes a file for each partition, then shows all of them at once.

        Takes a list of dicts, or anything Arrow: tables, record batches, readers, data frames. What
        a row has under `_partition` goes before the partition function.
        """
        started_at_ms = _now_ms()
        own = connection()
        grouped = row_groups.group(rows, self.partition_function, self.preserve_partition, own)
        columns, query = self._fit(own, grouped.table)
        files = self._file_writer.write(grouped, self._format(query), self.max_threads)
        self._commit(files, columns, started_at_ms)
        return files

    def _query(self) -> str:
        return self.custom_insert_query or ALL_ROWS

    def _describe(self, own: duckdb.DuckDBPyConnection, table: pa.Table) -> list[tuple[str, str]]:
        own.register("_rows", table)
        try:
            described = own.execute(f"DESCRIBE {self._query()}").fetchall()
        finally:
            own.unregister("_rows")
        return [(name, kind) for name, kind, *_ in described]

    def _fit(self, own: duckdb.DuckDBPyConnection, table: pa.Table) -> tuple[list[list[str]], str]:
        """The columns for the log, and the query that gives them the table's types."""
        if len(table.column_names) == 0:
            return [], self._query()
        described = dict(self._describe(own, table))
        unknown = {field.name for field in table.schema if row_groups.is_unknown(field.type)}
        asked = [
            [name, _UNKNOWN_TYPE if name in unknown else kind] for name, kind in described.items()
        ]
        columns, casts = [], []
        with translated():
            fitted = rows("icedb_fit", self.data_s3c, self.log_s3c, asked)
        for name, kind, refused in fitted:
            if refused is not None and not self._is_exact(own, table, name, kind, refused):
                raise SchemaConflictException(name, kind, refused)
            if kind == _UNKNOWN_TYPE:
                continue
            columns.append([name, kind])
            if kind != described[name]:
                column = _name(name)
                casts.append(f"CAST({column} AS {kind}) AS {column}")
        if not casts:
            return columns, self._query()
        return columns, f"SELECT * REPLACE ({', '.join(casts)}) FROM ({self._query()})"

    def _is_exact(
        self, own: duckdb.DuckDBPyConnection, table: pa.Table, name: str, kind: str, refused: str
    ) -> bool:
        """Whether whole numbers that are to become DOUBLE are small enough."""
        if kind != "DOUBLE" or refused not in ("BIGINT", "UBIGINT"):
            return False
        own.register("_rows", table)
        try:
            bounds = own.execute(
                f"SELECT max({_name(name)}), min({_name(name)}) FROM ({self._query()})"
            ).fetchone()
        finally:
            own.unregister("_rows")
        return all(abs(bound or 0) <= _EXACT_DOUBLE_MAX for bound in bounds or ())

    def _format(self, query: str) -> Format:
        # A query of the caller's says itself in what order its rows come.
        order = [] if self.custom_insert_query is not None else self.sort_order
        return Format(query, order, self.compression_codec.value, self.row_group_size)

    def _commit(
        self, files: list[FileMarker], columns: list[list[str]], started_at_ms: int
    ) -> None:
        members = ("path", "size_bytes", "created_ms")
        described = [dict(zip(members, (f.path, f.fileBytes, f.createdMS))) for f in files]
        with translated():
            rows(
                "icedb_commit",
                self.data_s3c,
                self.log_s3c,
                described,
                columns=columns or None,
                host=self.path_safe_hostname,
                started_at_ms=started_at_ms,
            )

    # Maintenance. None of it needs a lock: of two operations that want the same files one is done
    # and the other one raises MaintenanceConflictException.

    def merge(
        self, max_file_size: int = 10_000_000, max_file_count: int = 10, asc: bool = False
    ) -> tuple[str | None, FileMarker | None, str | None, list[FileMarker], LogMetadata | None]:
        """Merges small files of one partition, of the one with the most files first.

        Answers the log file, the new data file, the partition, the files that were merged and the
        log file's metadata; (None, None, None, [], None) when there was nothing to merge.
        """
        return self._merge(
            max_file_size=max_file_size,
            max_file_count=max_file_count,
            partition_order="fewest_files" if asc else None,
            query=self.custom_merge_query,
        )

    def _merge(self, **arguments: Any) -> Any:
        with translated():
            ((log, ms, tombstones, partition, old, new),) = rows(
                "icedb_merge", self.data_s3c, self.log_s3c, **self._writing(), **arguments
            )
        if log is None:
            return None, None, None, [], None
        merged = [_marker(file) for file in old]
        new_file = _marker(new[0]) if new else None
        return log, new_file, partition, merged, metadata_of(ms, tombstones)

    def tombstone_cleanup(self, min_age_ms: int) -> tuple[list[str], list[str], list[str]]:
        """Deletes what was superseded that long ago: cleaned and deleted logs, deleted files."""
        with translated():
            ((_, _, _, cleaned, logs, files),) = rows(
                "icedb_cleanup",
                self.data_s3c,
                self.log_s3c,
                min_age_ms,
                host=self.path_safe_hostname,
            )
        return cleaned, logs, files

    def remove_partitions(
        self, removal_func: Callable[[list[str]], list[str]], max_files: int = 1000
    ) -> tuple[str | None, LogMetadata | None, int]:
        """Removes the partitions that the function picks, no more after `max_files` files."""
        chosen = list(removal_func(self.partitions()))
        if not chosen:
            return None, None, 0
        with translated():
            ((log, ms, tombstones, removed),) = rows(
                "icedb_remove_partitions",
                self.data_s3c,
                self.log_s3c,
                chosen,
                max_files=max_files,
                host=self.path_safe_hostname,
            )
        if log is None:
            return None, None, 0
        return log, metadata_of(ms, tombstones), len(removed)

    def rewrite_partition(
        self, target_partition: str, filter_query: str
    ) -> tuple[str | None, LogMetadata | None, list[str]]:
        """Writes each file of the partition anew, through a query that reads `_rows`."""
        with translated():
            ((log, ms, tombstones, _, old, _),) = rows(
                "icedb_rewrite_partition",
                self.data_s3c,
                self.log_s3c,
                target_partition,
                filter_query,
                **self._writing(),
            )
        if log is None:
            return None, None, []
        return log, metadata_of(ms, tombstones), [file["path"] for file in old]

    def partitions(self) -> list[str]:
        """Those that have alive files."""
        found = rows("icedb_files", self.data_s3c, self.log_s3c)
        return list(dict.fromkeys(row[4] for row in found if row[3] is None))

    def merge_logs(self, min_logs: int = 2) -> str | None:
        """Puts all log files into one, so that readers have one to read; its key."""
        with translated():
            ((log, _, _),) = rows(
                "icedb_merge_logs",
                self.data_s3c,
                self.log_s3c,
                min_logs=min_logs,
                host=self.path_safe_hostname,
            )
        return log

    def set_options(
        self,
        partition_by: Partitioning | None = None,
        sort_order: list[str] | None = None,
        codec: CompressionCodec | None = None,
        merge_logs_after: int | None = None,
    ) -> dict[str, Any]:
        """Sets what writers agree on, beside the log; answers all of it as it is then.

        The partitions, order and codec are those of rows that SQL inserts; an insert that finds
        `merge_logs_after` log files puts them into one (0: never).
        """
        names = ("partition_by", "sort_order", "codec", "merge_logs_after")
        with translated():
            (found,) = rows(
                "icedb_set_options",
                self.data_s3c,
                self.log_s3c,
                partition_by=None if partition_by is None else partition_by.rule(),
                sort_order=None if sort_order is None else ",".join(sort_order),
                codec=None if codec is None else codec.value,
                merge_logs_after=merge_logs_after,
            )
        return dict(zip(names, found))

    def collect_orphans(self, min_age_ms: int, dry_run: bool = False) -> list[str]:
        """Deletes data files that no log file names and that are that old; their keys.

        Younger ones may be of an insert that is under way.
        """
        with translated():
            ((files, _),) = rows(
                "icedb_orphans", self.data_s3c, self.log_s3c, min_age_ms, dry_run=dry_run
            )
        return files

    def repair(self, types: dict[str, str] | None = None) -> str | None:
        """Ends contradictions of log files about columns, giving them the types; the log file."""
        with translated():
            found = rows(
                "icedb_repair",
                self.data_s3c,
                self.log_s3c,
                types=[list(pair) for pair in (types or {}).items()] or None,
                **self._writing(),
            )
        return found[0][0]

    def _writing(self) -> dict[str, Any]:
        return {
            "host": self.path_safe_hostname,
            "sort_order": ",".join(self.sort_order),
            "codec": self.compression_codec.value,
            "row_group_size": self.row_group_size,
        }


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _marker(file: dict[str, Any]) -> FileMarker:
    return FileMarker(file["path"], file["created_ms"], file["size_bytes"])
