"""What query prints in each format."""

import csv
import io
import os
import pty

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

VALUES = """
SELECT true AS b, 1::TINYINT AS i, 170141183460469231731687303715884105727::HUGEINT AS h,
  3.10::DECIMAL(5,2) AS d, 1.5::DOUBLE AS f, 'nan'::DOUBLE AS nan, '-inf'::DOUBLE AS inf,
  TIMESTAMP '2024-01-02 03:04:05.123456' AS ts, TIMESTAMP '2024-01-02 03:04:05' AS whole,
  TIMESTAMPTZ '2024-01-02 03:04:05+02' AS tz, DATE '2024-01-02' AS day, '\\xAB\\x00'::BLOB AS bin,
  {'x': 1, 'y': [1, NULL]} AS st, MAP {'k': 1} AS m, NULL AS nothing, 'a"b' AS s,
  '{"j": 1}'::JSON AS j
"""


def test_json(orders):
    result = orders.ok("query", "db", VALUES, "--format", "json")
    row = result.json[0]
    assert list(row)[:3] == ["b", "i", "h"]
    assert row == {
        "b": True, "i": 1, "h": 170141183460469231731687303715884105727, "d": 3.1, "f": 1.5,
        "nan": "NaN", "inf": "-Infinity", "ts": "2024-01-02T03:04:05.123456",
        "whole": "2024-01-02T03:04:05.000000", "tz": "2024-01-02T01:04:05.000000Z",
        "day": "2024-01-02", "bin": "ab00", "st": {"x": 1, "y": [1, None]}, "m": {"k": 1},
        "nothing": None, "s": 'a"b', "j": {"j": 1}}
    assert '"d":3.10' in result.out


def test_json_of_no_rows(orders):
    assert orders.ok("query", "db", "SELECT 1 WHERE false").out == "[]\n"


def test_json_never_has_a_key_twice(orders):
    assert orders.query("db", "SELECT 1 AS a, 2 AS a") == [{"a": 1, "a_1": 2}]


def test_json_escapes_control_characters(orders):
    assert orders.query("db", "SELECT chr(1) || chr(10) || '\\' AS t") == [{"t": "\x01\n\\"}]


def test_csv(orders):
    sql = "SELECT 'a,b' AS \"x,y\", 'q\"q' AS q, NULL AS n, '' AS e, E'l\\nl' AS l"
    out = orders.ok("query", "db", sql, "--format", "csv").out
    assert list(csv.reader(io.StringIO(out))) == [
        ["x,y", "q", "n", "e", "l"], ["a,b", 'q"q', "", "", "l\nl"]]
    assert ',,"",' in out


def test_csv_has_its_header_without_rows(orders):
    out = orders.ok("query", "db", "SELECT 1 AS a WHERE false", "--format", "csv").out
    assert out == "a\n"


def test_tsv(orders):
    sql = "SELECT E'a\\tb\\\\' AS t, NULL AS n, [1, 2] AS l, '\\xAB'::BLOB AS b"
    out = orders.ok("query", "db", sql, "--format", "tsv").out
    assert out == 't\tn\tl\tb\na\\tb\\\\\t\\N\t[1,2]\tqw==\n'


def test_table(orders):
    out = orders.ok("query", "db", "SELECT 1 AS number, 'x' AS text, NULL AS n UNION ALL "
                    "SELECT 200, 'longer', NULL ORDER BY 1", "--format", "table").out
    lines = out.splitlines()
    assert lines[3] == "│      1 │ x      │ NULL │"
    assert lines[-1] == "(2 rows)"


def test_arrow(orders):
    raw = orders.ok("query", "db", "SELECT range AS i FROM range(100000)", "--format", "arrow").raw
    table = pa.ipc.open_stream(raw).read_all()
    assert table.num_rows == 100000 and table.column("i")[99999].as_py() == 99999


def test_parquet(orders):
    raw = orders.ok("query", "db", "SELECT * FROM orders", "--format", "parquet").raw
    assert pq.read_table(io.BytesIO(raw)).num_rows == 3


def test_an_unknown_format_lists_the_known(orders):
    message = orders.fails("query", "db", "SELECT 1", "--format", "xml", code=2)
    assert "table, json" in message


def on_terminal(cli, columns, *arguments):
    """Standard output of the command when that is a terminal."""
    import fcntl
    import struct
    import subprocess
    import termios

    from conftest import BINARY

    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen([BINARY, *arguments], stdout=writer, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, cwd=cli.folder) as process:
        os.close(writer)
        out = b""
        while True:
            try:
                block = os.read(reader, 65536)
            except OSError:
                break
            if not block:
                break
            out += block
    os.close(reader)
    return out.decode().replace("\r\n", "\n")


def test_a_terminal_gets_a_table(orders):
    assert "│" in on_terminal(orders, 80, "query", "db", "SELECT 1 AS a")


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_a_table_fits_the_terminal(orders, columns):
    sql = "SELECT repeat('wide ', 50) AS a, repeat('日本', 50) AS b, 12345678 AS c, 1 AS d"
    out = on_terminal(orders, columns, "query", "db", sql)
    # A wide character counts twice.
    widths = [sum(2 if ord(c) > 0x2e80 else 1 for c in line) for line in out.splitlines()[:-1]]
    assert max(widths) <= columns and "…" in out
