"""Every public name has an example, and the examples do what they say."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

import icefalldb
from conftest import make_example_database

MODULES = ["icefalldb"] + [f"icefalldb.{m.name}" for m in pkgutil.iter_modules(icefalldb.__path__)]
EXAMPLES = {
    example.name: example
    for module in MODULES
    for example in doctest.DocTestFinder().find(importlib.import_module(module))
    if example.examples
}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_example(name: str, tmp_path: Path) -> None:
    example = EXAMPLES[name]
    example.globs.update(
        example_database=str(make_example_database(tmp_path)), folder=tmp_path, pyarrow=pyarrow
    )
    said: list[str] = []
    runner = doctest.DocTestRunner()
    runner.run(example, out=said.append)
    assert runner.failures == 0, "".join(said)


@pytest.mark.parametrize("name", icefalldb.__all__)
def test_public_names_are_documented(name: str) -> None:
    thing = getattr(icefalldb, name)
    assert inspect.getdoc(thing)
    if inspect.isfunction(thing):
        assert ">>>" in (inspect.getdoc(thing) or "")
