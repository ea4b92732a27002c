"""What pip builds works in an environment that never saw the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from icefalldb.extension import extension_folder

ROOT = Path(__file__).resolve().parents[2]
USE = """
import duckdb, icefalldb, sys
assert icefalldb.__file__.startswith(sys.prefix), icefalldb.__file__
with icefalldb.attach("db", create=True) as db:
    db.sql("CREATE TABLE t AS SELECT range AS a FROM range(3)")
    db.mutate("DELETE FROM t WHERE a = 1")
connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
icefalldb.load(connection)
connection.execute("ATTACH 'db' AS db (TYPE icefall)")
print(connection.execute("SELECT sum(a) FROM db.t").fetchone())
"""


def run(*command: str, **settings: object) -> str:
    done = subprocess.run(command, capture_output=True, text=True, **settings)  # type: ignore
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_wheel_in_a_fresh_environment(tmp_path: Path) -> None:
    environment = dict(os.environ)
    environment["ICEFALL_BUILD_DIR"] = str(extension_folder().parents[1])
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    # Without the network: what the wheel needs is taken from the environment of the tests.
    run(*pip, "wheel", str(ROOT), "--no-deps", "--no-build-isolation", "-w", str(tmp_path),
        env=environment)
    (wheel,) = tmp_path.glob("icefalldb-*.whl")
    assert "-py3-none-linux_" in wheel.name

    fresh = tmp_path / "fresh"
    venv.create(fresh, with_pip=False, symlinks=True)
    python = str(fresh / "bin" / "python")
    run(*pip, "--python", python, "install", "--no-deps", "--no-index", str(wheel))
    packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(packages) / "tests.pth").write_text(sysconfig.get_path("purelib") + "\n")

    for name in ("ICEFALL_BUILD_DIR", "PYTHONPATH"):
        environment.pop(name, None)
    assert run(python, "-c", USE, cwd=tmp_path, env=environment).strip() == "(2,)"
