"""Answers that were given before and still hold."""

from __future__ import annotations

import ctypes
from typing import Any

import duckdb
import pyarrow

from icefalldb.engine import engine

# The types whose values come back from Arrow as they went, and cannot be changed in place.
_SIMPLE = {
    "BOOLEAN",
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "HUGEINT",
    "FLOAT",
    "DOUBLE",
    "VARCHAR",
    "BLOB",
    "DATE",
    "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE",
    "TIME",
    "UUID",
}
# A statement that took less is not worth a file.
_FILE_SECONDS_MIN = 0.002
# More texts than a program asks in turn; each costs some hundred bytes beside its rows.
_TEXTS_MAX = 10_000


def _is_plain(arrow_type: pyarrow.DataType) -> bool:
    kinds = pyarrow.types
    return (
        kinds.is_integer(arrow_type)
        or kinds.is_float32(arrow_type)
        or kinds.is_float64(arrow_type)
        or kinds.is_string(arrow_type)
        or kinds.is_date32(arrow_type)
        or kinds.is_decimal128(arrow_type)
        or arrow_type == pyarrow.timestamp("us")
    )


class Rows:
    """The rows of one answer: columns as they were computed, and tuples once asked for."""

    __slots__ = ("_computed", "tuples")

    def __init__(self, computed: pyarrow.Table | pyarrow.RecordBatch) -> None:
        # A table only once it is asked for: making one takes longer than a small answer.
        self._computed = computed
        self.tuples: list[tuple[Any, ...]] | None = None

    @property
    def exact(self) -> pyarrow.Table:
        """With DuckDB's types, as Arrow's extension types where it has no others."""
        if isinstance(self._computed, pyarrow.RecordBatch):
            self._computed = pyarrow.Table.from_batches([self._computed])
        return self._computed

    @property
    def columns(self) -> list[str]:
        """The names of the columns, in order."""
        return list(self._computed.schema.names)

    @property
    def size_bytes(self) -> int:
        """What the columns take in memory, of a batch with what else its buffers hold."""
        if isinstance(self._computed, pyarrow.RecordBatch):
            return int(self._computed.get_total_buffer_size())
        return int(self._computed.nbytes)

    def make_tuples(self) -> list[tuple[Any, ...]] | None:
        """The rows as DuckDB would hand them over, without asking it; None when it must be."""
        if self.tuples is None and all(_is_plain(kind) for kind in self._computed.schema.types):
            try:
                self.tuples = list(zip(*(column.to_pylist() for column in self._computed.columns)))
            except (ValueError, OverflowError):  # a date that Python does not have
                return None
        return self.tuples


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    pointer, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
    flag = ctypes.c_bool
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "new": (pointer, [ctypes.c_uint64]),
        "free": (None, [pointer]),
        "find": (ctypes.c_uint64, [pointer, text, size]),
        "begin": (None, [pointer, text, size]),
        "end": (ctypes.c_int, [pointer]),
        "ask": (flag, [pointer, text, size, pointer, pointer]),
        "path": (text, [pointer]),
        "put": (ctypes.c_uint64, [pointer, ctypes.c_uint64]),
        "save": (None, [pointer, text, size]),
        "forget": (None, [pointer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, f"icefall_answers_{name}")
        function.restype = result
        function.argtypes = arguments
    return library


class KeptAnswers:
    """Of one connection. What holds, and what may be kept, is the engine's to say."""

    def __init__(self, budget_bytes: int) -> None:
        self._library = _declare(engine())
        self._find = self._library.icefall_answers_find
        self._handle: int | None = self._library.icefall_answers_new(budget_bytes)
        self._rows: dict[str, tuple[int, Rows]] = {}
        self._ask = self._library.icefall_answers_ask
        # Room for a schema and an array of Arrow's C data interface.
        self._room = ctypes.create_string_buffer(256)
        address = ctypes.addressof(self._room)
        self._arrow = (address, address + 128)

    def find(self, query: str) -> Rows | None:
        """The answer to a text that was asked before; None when it has to be computed."""
        encoded = query.encode()
        number = self._find(self._handle, encoded, len(encoded))
        if number:
            kept = self._rows.get(query)
            if kept is not None and kept[0] == number:
                return kept[1]
        return None

    def begin(self, query: str) -> None:
        """Plans of this thread up to :meth:`end` are those of the text."""
        encoded = query.encode()
        self._library.icefall_answers_begin(self._handle, encoded, len(encoded))

    def ask(self, query: str) -> Rows | None:
        """What statistics answer, without running anything; None when it has to be run."""
        encoded = query.encode()
        schema, array = self._arrow
        if not self._ask(self._handle, encoded, len(encoded), schema, array):
            return None
        rows = Rows(pyarrow.RecordBatch._import_from_c(array, schema))
        self._remember(query, rows)
        return rows

    def end(self) -> int:
        """0: the answer must not be kept. 1: it may be. 2: :meth:`load` has it."""
        number: int = self._library.icefall_answers_end(self._handle)
        return number

    def load(self, query: str) -> Rows | None:
        """The answer that another process left in a file; None when that is gone meanwhile."""
        path = self._library.icefall_answers_path(self._handle).decode()
        try:
            with pyarrow.memory_map(path) as file:
                rows = Rows(pyarrow.ipc.open_stream(file).read_all())
        except (OSError, pyarrow.ArrowInvalid):
            return None
        self._remember(query, rows)
        return rows

    def keep(self, query: str, relation: duckdb.DuckDBPyRelation, seconds: float) -> Rows | None:
        """The rows of an executed relation, kept; None when they are not of a kind to keep."""
        types = {str(name) for name in relation.types}
        if any(name not in _SIMPLE and not name.startswith("DECIMAL") for name in types):
            return None
        rows = Rows(relation.to_arrow_table())
        self._remember(query, rows)
        if seconds >= _FILE_SECONDS_MIN:
            sink = pyarrow.BufferOutputStream()
            with pyarrow.ipc.new_stream(sink, rows.exact.schema) as writer:
                writer.write_table(rows.exact)
            encoded = sink.getvalue().to_pybytes()
            self._library.icefall_answers_save(self._handle, encoded, len(encoded))
        return rows

    def forget_context(self) -> None:
        """After a statement that may have changed what texts mean."""
        self._library.icefall_answers_forget(self._handle)

    def clear(self) -> None:
        """Forgets the rows of this connection."""
        self._rows.clear()

    def close(self) -> None:
        if self._handle is not None:
            self._library.icefall_answers_free(self._handle)
            self._handle = None
        self._rows.clear()

    def _remember(self, query: str, rows: Rows) -> None:
        number = self._library.icefall_answers_put(self._handle, rows.size_bytes)
        self._rows.pop(query, None)
        while len(self._rows) >= _TEXTS_MAX:
            del self._rows[next(iter(self._rows))]
        if number:
            self._rows[query] = (number, rows)
