"""Stores the rows of an insert as data files, one for each partition."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from time import time
from typing import Callable
from uuid import uuid4

import pyarrow as pa

from . import data_files
from .engine import Client, Parameter, call, connection, places, quoted, rows
from .log import FileMarker
from .rows import Grouped

# What an insert stores unless it is told otherwise.
ALL_ROWS = "SELECT * FROM _rows"

# Stores rows under a key; answers the size of the file, or None where the query left no row.
_Write = Callable[[str, pa.Table], "int | None"]


@dataclass(frozen=True)
class Format:
    """What the files are to be like."""

    query: str  # that reads `_rows`
    sort_order: list[str]  # [] where the query says in what order rows come
    codec: str
    row_group_size: int


class FileWriter:
    """Of the table whose objects and log the clients reach. Threads may share it."""

    def __init__(self, data: Client, log: Client):
        self._clients = data, log
        self._data = data
        self._executor: ThreadPoolExecutor | None = None
        self._executor_process = -1

    def write(self, grouped: Grouped, wanted: Format, max_threads: int) -> list[FileMarker]:
        """All of the files, or an exception and none of them."""
        write = self._way_to_write(grouped.table.schema, wanted)
        written: list[str] = []

        def write_part(partition: str, part: pa.Table) -> FileMarker | None:
            key = self._new_key(partition)
            written.append(key)
            size_bytes = write(key, part)
            if size_bytes is None:
                self._delete(key)
                written.remove(key)
                return None
            return FileMarker(key, int(time() * 1000), size_bytes)

        try:
            if len(grouped.slices) <= 1 or max_threads == 1:
                files = [write_part(partition, part) for partition, part in grouped]
            else:
                threads = self._threads(max_threads)
                futures = [threads.submit(write_part, *group) for group in grouped]
                wait(futures)
                files = [future.result() for future in futures]
        except BaseException:
            # Nothing names them.
            for key in written:
                self._delete(key)
            raise
        return [file for file in files if file is not None]

    def _threads(self, max_threads: int) -> ThreadPoolExecutor:
        # Kept, because each thread opens a connection; a fork does not have them.
        if self._executor is None or self._executor_process != os.getpid():
            self._executor = ThreadPoolExecutor(max_threads)
            self._executor_process = os.getpid()
        return self._executor

    def _new_key(self, partition: str) -> str:
        parts = (self._data.s3prefix, "_data", partition, f"{uuid4()}.parquet")
        return "/".join(text for text in parts if text)

    def _delete(self, key: str) -> None:
        self._data.s3.delete_object(Bucket=self._data.s3bucket, Key=key)

    def _way_to_write(self, schema: pa.Schema, wanted: Format) -> _Write:
        if wanted.query == ALL_ROWS and data_files.is_plain(schema):
            keys = data_files.sort_keys(wanted.sort_order, schema)
            if keys is not None:
                return lambda key, part: self._store(key, part, keys, wanted)
        ((path_prefix, _),) = rows("icedb_path", *self._clients)
        return lambda key, part: self._copy(path_prefix + key, part, wanted)

    def _store(self, key: str, part: pa.Table, keys: data_files.SortKeys, wanted: Format) -> int:
        file = data_files.to_parquet(part, keys, wanted.codec, wanted.row_group_size)
        sql = f"FROM {call('icedb_store', *self._clients, key, Parameter('$file'))}"
        parameters = {"file": file.to_pybytes(), **places(*self._clients)}
        connection().execute(sql, parameters).fetchall()
        return file.size

    def _copy(self, path: str, part: pa.Table, wanted: Format) -> int | None:
        own = connection()
        own.register("_rows", part)
        try:
            query = wanted.query
            if wanted.sort_order:
                query = f"SELECT * FROM ({query}) ORDER BY {','.join(wanted.sort_order)}"
            result = own.execute(
                f"COPY ({query}) TO {quoted(path)} (FORMAT PARQUET, CODEC '{wanted.codec}', "
                f"ROW_GROUP_SIZE {wanted.row_group_size}, RETURN_STATS, USE_TMP_FILE false)"
            ).fetchone()
        finally:
            own.unregister("_rows")
        assert result is not None
        return None if result[1] == 0 else result[2]
