"""Tab-separated files, by the rules of docs/tsv.md; the engine reads and writes them."""

from __future__ import annotations

import os
import tempfile
from typing import Mapping, Sequence

import pyarrow

from icefalldb.arrow_reader import read_arrow_table
from icefalldb.attachment import attach
from icefalldb.engine import call
from icefalldb.errors import IcefallDBError
from icefalldb.location import PathText

_TABLE = "contents"


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
    """The rows of a TSV file. Raises TsvError for a malformed one.

    >>> import icefalldb
    >>> _ = (folder / "a.tsv").write_text("id\\tfruit\\n1\\tapple\\n")
    >>> icefalldb.read_tsv(folder / "a.tsv").to_pylist()
    [{'id': 1, 'fruit': 'apple'}]
    """
    with tempfile.TemporaryDirectory(prefix="icefalldb-") as scratch:
        import_tsv(scratch, _TABLE, file, types=types)
        return read_arrow_table(scratch, _TABLE)


def write_tsv(table: pyarrow.Table, file: PathText) -> int:
    """Writes an Arrow table to a TSV file and returns the number of rows.

    >>> import icefalldb, pyarrow
    >>> icefalldb.write_tsv(pyarrow.table({"id": [1], "text": ["a\\tb"]}), folder / "b.tsv")
    1
    >>> (folder / "b.tsv").read_text()
    'id\\ttext\\n1\\ta\\\\tb\\n'
    """
    with tempfile.TemporaryDirectory(prefix="icefalldb-") as scratch:
        with attach(scratch, create=True) as db:
            written = table  # the name that the statement finds it by
            db.sql(f"CREATE TABLE {_TABLE} AS FROM written")
        return export_tsv(scratch, _TABLE, file)
