"""The engine inside a DuckDB session that knows nothing of this package but load()."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import icefalldb
from icefalldb import extension


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple]:
    return connection.execute(query).fetchall()


def test_attach_create_insert_select(host: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    host.execute(f"ATTACH '{tmp_path / 'shop'}' AS shop (TYPE icefall)")
    host.execute("CREATE TABLE shop.items (id INTEGER, name VARCHAR)")
    host.execute("INSERT INTO shop.items VALUES (1, 'a'), (2, NULL)")
    assert rows(host, "FROM shop.items ORDER BY id") == [(1, "a"), (2, None)]


def test_delete_update_merge(host: duckdb.DuckDBPyConnection, example_database: Path) -> None:
    host.execute(f"ATTACH '{example_database}' AS shop (TYPE icefall)")
    assert rows(host, "DELETE FROM shop.orders WHERE id = 2") == [(1,)]
    assert rows(host, "UPDATE shop.orders SET amount = 9 WHERE id = 3") == [(1,)]
    host.execute(
        "MERGE INTO shop.orders USING (VALUES (1, 'kiwi'), (7, 'lime')) AS new(id, fruit) "
        "USING (id) WHEN MATCHED THEN UPDATE SET fruit = new.fruit "
        "WHEN NOT MATCHED THEN INSERT (id, fruit) VALUES (new.id, new.fruit)"
    )
    assert rows(host, "FROM shop.orders ORDER BY id") == [
        (1, "kiwi", 1.5),
        (3, "fig", 9.0),
        (7, "lime", None),
    ]


def test_joins_with_tables_of_the_session(
    host: duckdb.DuckDBPyConnection, example_database: Path
) -> None:
    host.execute(f"ATTACH '{example_database}' AS shop (TYPE icefall)")
    host.execute("CREATE TABLE colours AS SELECT 'apple' AS fruit, 'red' AS colour")
    query = "SELECT id, colour FROM shop.orders JOIN colours USING (fruit)"
    assert rows(host, query) == [(1, "red")]


def test_detach_and_attach_again(host: duckdb.DuckDBPyConnection, example_database: Path) -> None:
    for _ in range(3):
        host.execute(f"ATTACH '{example_database}' AS shop (TYPE icefall)")
        assert rows(host, "SELECT count(*) FROM shop.orders") == [(3,)]
        host.execute("DETACH shop")


def test_errors_of_the_engine_leave_the_session_usable(
    host: duckdb.DuckDBPyConnection, example_database: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "note.txt").write_text("no database")
    with pytest.raises(duckdb.Error):
        host.execute(f"ATTACH '{tmp_path / 'other'}' AS other (TYPE icefall)")
    host.execute(f"ATTACH '{example_database}' AS shop (TYPE icefall)")
    with pytest.raises(duckdb.Error):
        host.execute("INSERT INTO shop.orders VALUES ('x', 'y', 'z')")
    assert rows(host, "SELECT count(*) FROM shop.orders") == [(3,)]


def test_load_again_does_nothing(host: duckdb.DuckDBPyConnection) -> None:
    icefalldb.load(host)
    icefalldb.load(host.cursor())


def test_load_says_how_to_open_the_connection() -> None:
    with pytest.raises(icefalldb.LoadError, match='"allow_unsigned_extensions": "true"'):
        icefalldb.load(duckdb.connect())


def test_load_names_both_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb, "__version__", "1.4.0")
    with pytest.raises(icefalldb.LoadError, match="expected duckdb==1.5.5, found 1.4.0"):
        icefalldb.load(duckdb.connect())


def test_missing_engine_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ICEFALL_BUILD_DIR", str(tmp_path))
    monkeypatch.setattr(extension, "__file__", str(tmp_path / "extension.py"))
    with pytest.raises(icefalldb.LoadError, match="libicefall_core.so"):
        extension.extension_folder()


def test_extension_without_engine_beside_it_says_so(tmp_path: Path) -> None:
    file = tmp_path / extension.EXTENSION_FILE
    file.write_bytes((extension.extension_folder() / extension.EXTENSION_FILE).read_bytes())
    # In a process of its own: the stub keeps what it opened for as long as the process lives.
    script = (
        "import duckdb\n"
        "connection = duckdb.connect(config={'allow_unsigned_extensions': 'true'})\n"
        f"connection.execute(\"LOAD '{file}'\")\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode != 0
    assert "the engine did not open" in done.stderr and "libicefall_core.so" in done.stderr
