"""Builds the wheel: setuptools, after the engine has been built and put into the package.

``ICEFALL_BUILD_DIR`` names a finished build to take the engine from. Without it the engine is
built in build/release, which `make build` uses too, so that nothing is built twice.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import get_requires_for_build_wheel  # noqa: F401
from setuptools.build_meta import prepare_metadata_for_build_wheel  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python" / "icefalldb"
ENGINE_FILES = ("icefall.duckdb_extension", "libicefall_core.so")


def run(*command):
    # pip shows standard output only on failure or with --verbose.
    print("+", *command, flush=True)
    # pip's isolated environment is first in PATH and has neither the modules nor the tools.
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def build_engine():
    """The folder with the engine."""
    given = os.environ.get("ICEFALL_BUILD_DIR")
    if given:
        build = Path(given).absolute()
    else:
        build = ROOT / "build" / "release"
        if not (ROOT / "scripts" / "bootstrap.sh").is_file():
            raise SystemExit(f"{ROOT} is no clone of the repository: scripts/ is missing")
        run("scripts/bootstrap.sh")
        run("cmake", "--preset", "release")
        run("cmake", "--build", str(build), "--target", "icefall_extension")
    folder = build / "python" / "extension"
    for name in ENGINE_FILES:
        if not (folder / name).is_file():
            raise SystemExit(f"{folder / name} is missing: is {build} a finished release build?")
    return folder


def put_engine_into_package():
    folder = build_engine()
    target = PACKAGE / "native"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for name in ENGINE_FILES:
        shutil.copy(folder / name, target / name)
    # Line tables are for the build tree; in a wheel they are most of the size.
    subprocess.run(["strip", "--strip-debug", str(target / "libicefall_core.so")], check=True)
    return target


def wheel_settings(settings):
    """Any Python 3, this kind of machine only."""
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    return {**(settings or {}), "--build-option": f"--python-tag=py3 --plat-name={platform}"}


def build_wheel(directory, config_settings=None, metadata_directory=None):
    # Files of an earlier build would slip into this one.
    shutil.rmtree(ROOT / "build" / "lib", ignore_errors=True)
    native = put_engine_into_package()
    try:
        settings = wheel_settings(config_settings)
        return build_meta.build_wheel(directory, settings, metadata_directory)
    finally:
        # Left behind it would be found by whoever runs from the clone, and grow old.
        shutil.rmtree(native)


def build_editable(directory, config_settings=None, metadata_directory=None):
    put_engine_into_package()
    return build_meta.build_editable(directory, config_settings, metadata_directory)


def build_sdist(directory, config_settings=None):
    sys.exit("there is no source distribution: the engine is built from a clone of the repository")
