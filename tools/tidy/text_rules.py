"""What no line of the repository may hold."""

import pathlib
import re

from tidy.tree import Finding, is_test

VAGUE_NAME = re.compile(r"(^|_|-)(utils?|helpers?|common)($|_|-)", re.IGNORECASE)
CAMEL_VAGUE_NAME = re.compile(r"(Utils?|Helpers?|Common)")
# Put together from parts, so that the rules may be committed under themselves.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")
SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep|time\.sleep)\b")
REGISTRY = re.compile(
    "|".join([
        r"pypi\." + "org", "python" + "hosted", r"npmjs\." + "(org|com)", r"debian\." + "org",
        r"crates\." + "io", r"proxy\." + "golang", r"anaconda\." + "org", r"repo1?\." + "maven",
    ])
)
MACHINE_PATH = re.compile(
    r"(?<![\w.$}/*-])/(" + "|".join(["wo" + "rk/", "tmp/d" + "ep", "opt/wh" + "eels", "ro" + "ot/"])
    + ")"
)
TABS_ALLOWED = ("Makefile", ".mk", ".tsv", ".tbl", ".test", ".patch")
SPACES_ALLOWED = (".tsv", ".csv", ".tbl", ".patch")


def file_names(files):
    for path in files:
        stem = pathlib.PurePosixPath(path).name.split(".")[0]
        if VAGUE_NAME.search(stem) or CAMEL_VAGUE_NAME.search(stem):
            yield Finding(path, 1, "file-name", "a name says what is inside the file")


def white_space(files):
    for path, text in files.items():
        for number, line in enumerate(text.split("\n"), 1):
            if "\t" in line and not path.endswith(TABS_ALLOWED):
                yield Finding(path, number, "white-space", "tab")
            if line != line.rstrip() and not path.endswith(SPACES_ALLOWED):
                yield Finding(path, number, "white-space", "white space at the end of the line")
        if text and not text.endswith("\n"):
            yield Finding(path, text.count("\n") + 1, "white-space", "no line break at the end")


def matching(rule, expression, message, applies=lambda path: True):
    """A rule: no line of a file that it applies to matches EXPRESSION."""

    def check(files):
        for path, text in files.items():
            if not applies(path):
                continue
            for number, line in enumerate(text.split("\n"), 1):
                found = expression.search(line)
                if found:
                    yield Finding(path, number, rule, f"{message}: {found.group(0)}")

    return check


def may_not_sleep(path):
    return is_test(path) and not path.startswith("tools/")


RULES = [
    file_names,
    white_space,
    matching("unfinished", UNFINISHED, "finish it, or open an issue"),
    matching("sleep", SLEEP, "tests wait for a condition or inject time", may_not_sleep),
    matching("registry", REGISTRY, "a registry's host name; name the client and the package"),
    matching("machine-path", MACHINE_PATH, "a path of one machine"),
]
