"""The files of the repository as the rules see them: path to text."""

import dataclasses
import pathlib
import subprocess

# Bytes made by other programs, and texts whose wording is not ours.
FOREIGN_SUFFIXES = (".parquet", ".avro", ".puffin", ".bin", ".dv", ".idx", ".agg", ".png", ".gz")
FOREIGN_PARTS = ("testdata", "golden", "corpus")
FOREIGN_NAMES = ("LICENSE-APACHE", "LICENSE-MIT")


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message} [{self.rule}]"


def is_foreign(path):
    pure = pathlib.PurePosixPath(path)
    return (
        pure.suffix in FOREIGN_SUFFIXES
        or pure.name in FOREIGN_NAMES
        or any(part in FOREIGN_PARTS for part in pure.parts)
    )


def is_test(path):
    pure = pathlib.PurePosixPath(path)
    return (
        pure.stem.endswith("_test")
        or pure.name.startswith("test_")
        or pure.parts[0] == "tests"
        or "tests" in pure.parts
    )


def read_repository(root):
    """Every tracked file, and every untracked one that is not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True,
    ).stdout.decode()
    files = {}
    for path in sorted(set(filter(None, listed.split("\0")))):
        full = pathlib.Path(root, path)
        # A tracked file may have been removed and not yet committed; a link has no text.
        if is_foreign(path) or full.is_symlink() or not full.is_file():
            continue
        data = full.read_bytes()
        if b"\0" not in data:
            files[path] = data.decode("utf-8", errors="replace")
    return files
