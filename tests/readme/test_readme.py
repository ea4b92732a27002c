"""Runs what README.md shows: console blocks with their output, the Python and the C++ program."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("ICEFALL_BUILD_DIR", ROOT / "build/release"))
BINARY = pathlib.Path(os.environ.get("ICEFALLDB", BUILD / "src/cli/icefalldb"))


def blocks(language):
    text = (ROOT / "README.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.S | re.M)


def commands(block):
    """Pairs of a command and the output below it. A command goes on while a quote is open, or
    behind a backslash at a line's end."""
    pairs = []
    for line in block.splitlines():
        if pairs and (pairs[-1][0].endswith("\\") or pairs[-1][0].count('"') % 2 == 1):
            pairs[-1][0] += "\n" + line
        elif line.startswith("$ "):
            pairs.append([line[2:], ""])
        else:
            pairs[-1][1] += line + "\n"
    return pairs


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A folder that stands for /tmp in the README, with the console blocks run in it."""
    folder = tmp_path_factory.mktemp("readme")
    environment = {**os.environ, "PATH": f"{BINARY.parent}:{os.environ['PATH']}"}
    for block in blocks("console"):
        for command, expected in commands(block):
            done = subprocess.run(
                ["bash", "-c", command.replace("/tmp/", f"{folder}/")], cwd=folder,
                env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                check=False)
            assert done.returncode == 0, f"{command}\n{done.stdout}"
            assert done.stdout == expected, command
    return folder


def test_the_console_blocks(shop):
    assert (shop / "mydb" / "_catalog").is_dir()


def test_the_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text()
    for block in blocks("sh"):
        for line in block.splitlines():
            target = line.removeprefix("make ")
            assert re.search(rf"^{target}:", makefile, re.M), line


def test_the_python_program(shop):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "python"),
                   "ICEFALL_BUILD_DIR": str(BUILD)}
    for block in blocks("python"):
        done = subprocess.run([sys.executable, "-c", block.replace("/tmp/", f"{shop}/")],
                              capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        assert "'open', 3" in done.stdout


def test_the_cpp_program(shop):
    (block,) = blocks("cpp")
    (shop / "program.cc").write_text(block.replace("/tmp/", f"{shop}/"))
    library = BUILD / "src/api"
    subprocess.run(
        ["g++", "-std=c++23", f"-I{ROOT / 'include'}", "program.cc", "-o", "program",
         f"-L{library}", "-licefalldb", f"-Wl,-rpath,{library}", "-Wl,--allow-shlib-undefined"],
        cwd=shop, check=True)
    done = subprocess.run([shop / "program"], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("3\n", "")


def test_links_lead_somewhere():
    for link in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / link).exists(), link
