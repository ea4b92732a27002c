"""Turns a shared library into a DuckDB extension file.

DuckDB reads the last 512 bytes of the file before it loads it: eight fields and a signature. An
unsigned extension has zeros where the signature would be. In front stands the header of a
WebAssembly custom section, because DuckDB keeps one footer for all of its platforms.

Run as: append_footer.py LIBRARY OUTPUT --duckdb-version 1.5.5 --extension-version 0.1.0
"""

import argparse
import os
import platform
from pathlib import Path

FIELD_BYTES = 32
SIGNATURE_BYTES = 256
SECTION_NAME = b"duckdb_signature"
# The two lengths are LEB128: 531 bytes after this point, then 512 of metadata.
SECTION_HEADER = b"\x00\x93\x04" + bytes([len(SECTION_NAME)]) + SECTION_NAME + b"\x80\x04"

PLATFORMS = {"x86_64": "linux_amd64", "aarch64": "linux_arm64"}


def field(text: str) -> bytes:
    encoded = text.encode("ascii")
    if len(encoded) > FIELD_BYTES:
        raise ValueError(f"footer field '{text}' is longer than {FIELD_BYTES} bytes")
    return encoded.ljust(FIELD_BYTES, b"\x00")


def footer(duckdb_platform: str, duckdb_version: str, extension_version: str) -> bytes:
    # "4" marks the layout; "CPP" that DuckDB's version must match exactly.
    fields = ["4", duckdb_platform, f"v{duckdb_version}", extension_version, "CPP", "", "", ""]
    metadata = b"".join(field(text) for text in reversed(fields))
    return SECTION_HEADER + metadata + bytes(SIGNATURE_BYTES)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--duckdb-version", required=True)
    parser.add_argument("--extension-version", required=True)
    arguments = parser.parse_args()

    end = footer(
        PLATFORMS[platform.machine()], arguments.duckdb_version, arguments.extension_version
    )
    # Renamed into place: a process that has the old file mapped keeps the old file.
    staged = arguments.output.with_suffix(".staged")
    staged.write_bytes(arguments.library.read_bytes() + end)
    os.replace(staged, arguments.output)


if __name__ == "__main__":
    main()
