"""IcefallDB: a directory of Parquet files as a database, inside your own DuckDB.

>>> import icefalldb
>>> db = icefalldb.attach(example_database)
>>> db.mutate("INSERT INTO orders VALUES (4, 'plum', 0.5)")
1
>>> db.sql("SELECT count(*), sum(amount) FROM orders").fetchone()
(4, 7.0)
"""

from icefalldb.arrow_reader import read_arrow_table
from icefalldb.attachment import attach, attach_table
from icefalldb.connection import IcefallDBConnection, IcefallDBRouter
from icefalldb.errors import (
    ConflictError,
    ConstraintError,
    DatabaseNotFoundError,
    IcefallDBError,
    LoadError,
    NotADatabaseError,
    QueryError,
    ReadOnlyError,
    SnapshotNotFoundError,
    StorageError,
    TableNotFoundError,
    TsvError,
)
from icefalldb.extension import load
from icefalldb.history import Snapshot, snapshots
from icefalldb.ready_parquet import write_icefalldb_ready_parquet
from icefalldb.result import IcefallDBQueryResult
from icefalldb.tsv import export_tsv, import_tsv, read_tsv, write_tsv
from icefalldb.views import create_view, refresh_view

__version__ = "0.1.0"

__all__ = [
    "ConflictError",
    "ConstraintError",
    "DatabaseNotFoundError",
    "IcefallDBConnection",
    "IcefallDBError",
    "IcefallDBQueryResult",
    "IcefallDBRouter",
    "LoadError",
    "NotADatabaseError",
    "QueryError",
    "ReadOnlyError",
    "Snapshot",
    "SnapshotNotFoundError",
    "StorageError",
    "TableNotFoundError",
    "TsvError",
    "attach",
    "attach_table",
    "create_view",
    "export_tsv",
    "import_tsv",
    "load",
    "read_arrow_table",
    "read_tsv",
    "refresh_view",
    "snapshots",
    "write_icefalldb_ready_parquet",
    "write_tsv",
]
