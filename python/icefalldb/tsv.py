"""Tab-separated files, by the rules of docs/tsv.md; the engine reads and writes them."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Mapping, Sequence

import pyarrow
import pyarrow.ipc

from icefalldb.engine import call
from icefalldb.errors import IcefallDBError, QueryError, TsvError
from icefalldb.location import PathText


def import_tsv(
    db: PathText,
    table: str,
    file: PathText,
    *,
    types: Mapping[str, str] | None = None,
    encrypt: bool = False,
    encrypt_columns: Sequence[str] | None = None,
    encrypt_footer: bool = False,
    key_file: PathText | None = None,
) -> int:
    """Adds the rows of a TSV file to a table and returns their number.

    A table that does not exist is made, and so is a database in a missing or empty directory; the
    types come from the whole file then, or from `types`, a dict from column to SQL type.

    Raises TsvError for a malformed file, naming line, column and value; the table is as before.
    IcefallDBError for the encryption arguments, as encryption is to come.

    >>> import icefalldb
    >>> _ = (folder / "a.tsv").write_text("id\\tfruit\\n1\\tapple\\n2\\t\\n")
    >>> icefalldb.import_tsv(folder / "db", "fruits", folder / "a.tsv")
    2
    >>> icefalldb.attach(folder / "db").sql("FROM fruits ORDER BY id").fetchall()
    [(1, 'apple'), (2, None)]
    """
    if encrypt or encrypt_columns or encrypt_footer or key_file is not None:
        raise IcefallDBError("import_tsv: encrypted tables are not supported yet")
    with _tsv_errors():
        rows: int = call(
            "import_tsv",
            path=os.fspath(db),
            table=table,
            file=os.fspath(file),
            types=dict(types or {}),
        )
    return rows


def export_tsv(db: PathText, table: str, file: PathText) -> int:
    """Writes the live rows of a table to a TSV file and returns their number.

    NULL is written as ``\\N``, so that empty strings stay what they are.
    Raises TableNotFoundError and StorageError; an incomplete file does not stay behind.

    >>> import icefalldb
    >>> icefalldb.export_tsv(example_database, "orders", folder / "orders.tsv")
    3
    >>> (folder / "orders.tsv").read_text().splitlines()[0]
    'id\\tfruit\\tamount'
    """
    rows: int = call("export_tsv", path=os.fspath(db), table=table, file=os.fspath(file))
    return rows


def read_tsv(file: PathText, types: Mapping[str, str] | None = None) -> pyarrow.Table:
    """The rows of a TSV file, in its order; `types` is a dict from column to SQL type.

    Raises TsvError for a malformed file, FileNotFoundError for a missing one.

    >>> import icefalldb
    >>> _ = (folder / "a.tsv").write_text("id\\tfruit\\n1\\tapple\\n")
    >>> icefalldb.read_tsv(folder / "a.tsv").to_pylist()
    [{'id': 1, 'fruit': 'apple'}]
    """
    with tempfile.TemporaryDirectory(prefix="icefalldb-") as scratch:
        arrow_file = os.path.join(scratch, "rows.arrow")
        _convert(scratch, file, "tsv", arrow_file, "arrow", types)
        with pyarrow.OSFile(arrow_file) as stream:
            return pyarrow.ipc.open_file(stream).read_all()


def write_tsv(table: pyarrow.Table, file: PathText) -> int:
    """Writes an Arrow table to a TSV file and returns the number of rows.

    Raises StorageError when the file cannot be written; the file is whole or as before.

    >>> import icefalldb, pyarrow
    >>> icefalldb.write_tsv(pyarrow.table({"id": [1], "text": ["a\\tb"]}), folder / "b.tsv")
    1
    >>> (folder / "b.tsv").read_text()
    'id\\ttext\\n1\\ta\\\\tb\\n'
    """
    target = Path(file)
    staged = target.with_name(f".{target.name}.{os.getpid()}.staged")
    with tempfile.TemporaryDirectory(prefix="icefalldb-") as scratch:
        arrow_file = os.path.join(scratch, "rows.arrow")
        with pyarrow.ipc.new_file(arrow_file, table.schema) as writer:
            writer.write_table(table)
        try:
            rows = _convert(scratch, arrow_file, "arrow", staged, "tsv")
            staged.replace(target)
        finally:
            staged.unlink(missing_ok=True)
    return rows


def _convert(
    scratch: str,
    source: PathText,
    source_format: str,
    target: PathText,
    target_format: str,
    types: Mapping[str, str] | None = None,
) -> int:
    # The engine reads and writes files only beside a database, which stays empty here.
    with _tsv_errors():
        rows: int = call(
            "convert",
            path=os.path.join(scratch, "database"),
            **{"from": os.fspath(source), "to": os.fspath(target)},
            from_format=source_format,
            to_format=target_format,
            types=dict(types or {}),
        )
    return rows


@contextmanager
def _tsv_errors() -> Iterator[None]:
    try:
        yield
    except QueryError as error:
        raise TsvError(str(error)) from None
