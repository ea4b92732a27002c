"""Runs the quick start of docs/s3proxy.md."""

import contextlib
import importlib.util
import io
import json
import pathlib
import re
import shlex
import subprocess

import pytest

from conftest import ENGINE, PROXY, Proxy

TEXT = (pathlib.Path(__file__).resolve().parents[2] / "docs/s3proxy.md").read_text()


def block(language):
    return re.search(rf"^```{language}\n(.*?)^```$", TEXT, re.S | re.M)[1]


def test_the_quick_start(tmp_path):
    (tmp_path / "proxy.json").write_text(block("json"))
    make, check, start = re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", block("console"), re.M)
    for command, expected in (make, check):
        program, *arguments = shlex.split(command)
        binary = {"icefalldb": ENGINE, "icefalldb-s3proxy": PROXY}[program]
        done = subprocess.run([binary, *arguments], cwd=tmp_path, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, expected)
    assert start[0] == "icefalldb-s3proxy proxy.json &"
    config = json.loads(block("json"))
    del config["listen"]
    config["buckets"][0]["location"] = str(tmp_path / "mydb")
    proxy = Proxy(tmp_path, config)
    try:
        if importlib.util.find_spec("duckdb_extension_httpfs") is None:
            pytest.skip("duckdb-extension-httpfs is not installed")
        import duckdb_extension_httpfs

        folder = pathlib.Path(duckdb_extension_httpfs.__file__).parent
        (extension,) = folder.rglob("*.duckdb_extension")
        program = block("python").replace("127.0.0.1:8080", proxy.host)
        program = program.replace("LOAD httpfs", f"LOAD '{extension}'")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(program, {})
        assert printed.getvalue() == "(990,)\n"
    finally:
        assert proxy.stop() == (0, "")
