"""The list of what is left out of a suite, and why.

One entry a line, `path reason` or `"message" reason`. A path is a file or a folder of the suite; a
message, in double quotes, ends a file as skipped at a statement that fails, where it is in the
statement, in what was expected of it, or in what was found.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

ENTRY_COUNT_MAX = 100


@dataclass
class SkipList:
    paths: dict[str, str] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)

    def reason(self, name: str) -> str | None:
        """Why the file is left out; None when it is not."""
        for path, reason in self.paths.items():
            if name == path or name.startswith(path.rstrip("/") + "/"):
                return reason
        return None


def read_skip_list(path: Path) -> SkipList:
    skips = SkipList()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r'(?:"(?P<message>[^"]+)"|(?P<path>\S+))\s+(?P<reason>\S.*)', line)
        if match is None:
            raise ValueError(f"{path}:{number}: expected a path or \"message\", and a reason")
        entries = skips.messages if match["message"] else skips.paths
        entries[match["message"] or match["path"]] = match["reason"]
    count = len(skips.paths) + len(skips.messages)
    if count > ENTRY_COUNT_MAX:
        raise ValueError(f"{path}: {count} entries, at most {ENTRY_COUNT_MAX} are allowed")
    return skips
