from __future__ import annotations

from pathlib import Path

import pyarrow
import pytest

import icefalldb


def test_round_trip(tmp_path: Path) -> None:
    source = tmp_path / "source.tsv"
    source.write_text("id\tname\tscore\n1\talice\t1.5\n2\tbob\t\n3\t\t2\n", encoding="utf-8")
    assert icefalldb.import_tsv(tmp_path / "db", "people", source) == 3

    exported = tmp_path / "exported.tsv"
    assert icefalldb.export_tsv(tmp_path / "db", "people", exported) == 3
    assert icefalldb.import_tsv(tmp_path / "db", "copy", exported) == 3
    with icefalldb.attach(tmp_path / "db") as db:
        expected = [(1, "alice", 1.5), (2, "bob", None), (3, None, 2.0)]
        for table in ("people", "copy"):
            assert db.sql(f"FROM {table} ORDER BY id").fetchall() == expected


def test_import_adds_to_a_table(example_database: Path, tmp_path: Path) -> None:
    (tmp_path / "more.tsv").write_text("id\tfruit\tamount\n4\tplum\t1\n")
    assert icefalldb.import_tsv(example_database, "orders", tmp_path / "more.tsv") == 1
    assert icefalldb.read_arrow_table(example_database, "orders").num_rows == 4


def test_types_given(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("id\tzip\n1\t01234\n")
    table = icefalldb.read_tsv(tmp_path / "a.tsv", types={"zip": "VARCHAR"})
    assert table.to_pylist() == [{"id": 1, "zip": "01234"}]
    with pytest.raises(icefalldb.TsvError, match="no column 'nope'"):
        icefalldb.read_tsv(tmp_path / "a.tsv", types={"nope": "VARCHAR"})
    with pytest.raises(icefalldb.TsvError, match="no column 'nope'"):
        icefalldb.import_tsv(tmp_path / "db", "t", tmp_path / "a.tsv", types={"nope": "VARCHAR"})


def test_export_writes_live_rows(
    db: icefalldb.IcefallDBConnection, example_database: Path, tmp_path: Path
) -> None:
    db.mutate("DELETE FROM orders WHERE id = 2")
    assert icefalldb.export_tsv(example_database, "orders", tmp_path / "a.tsv") == 2
    assert "pear" not in (tmp_path / "a.tsv").read_text()
    with pytest.raises(icefalldb.TableNotFoundError):
        icefalldb.export_tsv(example_database, "nope", tmp_path / "b.tsv")
    assert not (tmp_path / "b.tsv").exists()


def test_awkward_text(tmp_path: Path) -> None:
    texts = ["a\tb", "c\nd", "e\\f", "g\r\nh", "", "\\N", None, "grüße 🧊"]
    table = pyarrow.table({"id": list(range(len(texts))), "text": texts})
    assert icefalldb.write_tsv(table, tmp_path / "a.tsv") == len(texts)
    back = icefalldb.read_tsv(tmp_path / "a.tsv").sort_by("id")
    assert back["text"].to_pylist() == texts


def test_inference(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text(
        "b\ti\td\tday\tat\ts\tnone\n"
        "true\t1\t1\t2024-01-02\t2024-01-02 03:04:05\tx\t\n"
        "false\t2\t1.5\t2024-01-03\t2024-01-02\t1\t\n"
    )
    with icefalldb.attach(tmp_path / "db", create=True):
        icefalldb.import_tsv(tmp_path / "db", "t", tmp_path / "a.tsv")
    with icefalldb.attach(tmp_path / "db") as db:
        types = [row[0] for row in db.sql("SELECT column_type FROM (DESCRIBE t)")]
    assert types == ["BOOLEAN", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP", "VARCHAR", "VARCHAR"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\tb\n1\t2\n3\n", "line 3"),
        ("a\ta\n1\t2\n", "is there twice"),
        ("", "expected a header line"),
        (b"a\n\xff\xfe\n", "line 2"),
    ],
)
def test_malformed_file(tmp_path: Path, content: str | bytes, message: str) -> None:
    file = tmp_path / "a.tsv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(icefalldb.TsvError, match=message):
        icefalldb.read_tsv(file)
    with pytest.raises(icefalldb.TsvError, match=message):
        icefalldb.import_tsv(tmp_path / "db", "t", file)


def test_missing_file(example_database: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere.tsv"):
        icefalldb.import_tsv(example_database, "t", tmp_path / "nowhere.tsv")
    assert icefalldb.attach(example_database).tables == ["orders"]
