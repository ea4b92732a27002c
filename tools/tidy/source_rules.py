"""How C++ sources lean on each other: includes point down, and every source has its test."""

import pathlib
import re

from tidy.tree import Finding

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
NAMESPACE = re.compile(r"^namespace ([\w:]+) \{")
TYPE = re.compile(r"^(?:struct|class|enum class) (\w+)(?: final)?(?: :.*| \{.*|)$")
DEPENDENCY_TABLE = "cmake/folder_dependencies.txt"
ALLOW_FILE = "tools/tidy_allow.txt"
TESTED_FOLDERS = ("base", "store", "format", "table", "log", "commit", "database")
INCLUDE_ROOTS = ("src/", "python/", "")
DUCKDB_FOLDERS = ("sql", "session")
LIBRARIES = ("duckdb", "arrow", "parquet", "roaring")


def read_dependency_table(text):
    table = {}
    for line in text.split("\n"):
        if line and not line.startswith("#"):
            folder, _, allowed = line.partition(":")
            table[folder] = {folder, *allowed.split()}
    return table


def includes(files):
    """Yields (path, line, quoted, included path) of every #include."""
    for path, text in files.items():
        if path.endswith((".cc", ".h", ".hpp")):
            for number, line in enumerate(text.split("\n"), 1):
                found = INCLUDE.match(line)
                if found:
                    yield path, number, found.group(1) == '"', found.group(2)


def source_folder(path):
    parts = pathlib.PurePosixPath(path).parts
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def is_library(included):
    return re.split(r"[/.]", included)[0] in LIBRARIES


def include_roots(files):
    for path, number, quoted, included in includes(files):
        if quoted and not is_library(included):
            if not any(root + included in files for root in INCLUDE_ROOTS):
                message = f'"{included}" is no path from src/, python/ or the root; others go in <>'
                yield Finding(path, number, "include-root", message)


def include_direction(files):
    table = read_dependency_table(files.get(DEPENDENCY_TABLE, ""))
    for path, number, _, included in includes(files):
        folder, used = source_folder(path), included.split("/")[0]
        if folder is None or used not in table:
            continue
        if used not in table.get(folder, ()):
            message = f"src/{folder} may not include {included}; the order is in {DEPENDENCY_TABLE}"
            yield Finding(path, number, "include-direction", message)


def duckdb_includes(files):
    for path, number, _, included in includes(files):
        folder = source_folder(path)
        if folder is None or folder in DUCKDB_FOLDERS or path.endswith("_test.cc"):
            continue
        if re.split(r"[/.]", included)[0] == "duckdb":
            message = f"{included} belongs into src/sql or src/session only"
            yield Finding(path, number, "duckdb-include", message)


def read_allow_file(text):
    """Yields (line, path, reason) of every entry."""
    for number, line in enumerate(text.split("\n"), 1):
        if line and not line.startswith("#"):
            path, _, reason = line.partition(" ")
            yield number, path, reason.strip()


def untested_sources(files):
    for path in files:
        if path.endswith(".cc") and not path.endswith("_test.cc"):
            if source_folder(path) in TESTED_FOLDERS and f"{path[:-3]}_test.cc" not in files:
                yield path


def source_has_test(files):
    untested = set(untested_sources(files))
    for number, path, reason in read_allow_file(files.get(ALLOW_FILE, "")):
        if not reason:
            yield Finding(ALLOW_FILE, number, "untested", f"{path} is listed without a reason")
        if path not in untested:
            yield Finding(ALLOW_FILE, number, "untested", f"{path} needs no entry any more")
        untested.discard(path)
    for path in sorted(untested):
        name = pathlib.PurePosixPath(path).name
        message = f"{name[:-3]}_test.cc is missing beside it, and {ALLOW_FILE} gives no reason"
        yield Finding(path, 1, "untested", message)


def types(text):
    """Yields (line, name with namespace) of what a header defines outside of other types."""
    namespace = ""
    for number, line in enumerate(text.split("\n"), 1):
        opened = NAMESPACE.match(line)
        if opened:
            namespace = opened.group(1)
        defined = TYPE.match(line)
        if defined and not line.rstrip().endswith(";"):
            yield number, f"{namespace}::{defined.group(1)}"


def types_are_defined_once(files):
    """Two of one name are one to the linker, which takes the code of either for both."""
    places = {}
    for path in sorted(files):
        if path.startswith("src/") and path.endswith(".h"):
            for number, name in types(files[path]):
                first = places.setdefault(name, path)
                if first != path:
                    yield Finding(path, number, "type-twice", f"{name} is defined in {first}, too")


RULES = [include_roots, include_direction, duckdb_includes, source_has_test, types_are_defined_once]
