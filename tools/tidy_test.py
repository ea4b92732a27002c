"""Style as a test: prints every breach of the repository's rules and fails if there is one.

The rules are in tools/tidy/. Run it from anywhere: python3 tools/tidy_test.py
"""

import pathlib
import sys

from tidy import size_rules, source_rules, text_rules
from tidy.tree import read_repository

RULES = size_rules.RULES + text_rules.RULES + source_rules.RULES


def breaches(files):
    return sorted((finding for rule in RULES for finding in rule(files)), key=str)


def main():
    files = read_repository(pathlib.Path(__file__).resolve().parent.parent)
    found = breaches(files)
    for finding in found:
        print(finding)
    print(f"tidy: {len(files)} files, {len(found)} breaches")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main())
