"""Files and functions stay small enough to read in one sitting."""

import ast
import pathlib

from tidy import cpp_source
from tidy.tree import Finding, is_test

FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100
HEADER_LINES_MAX = 250
FILE_LINES_MAX = 600
PYTHON_LINES_MAX = 400
WIDE_TEXT = (".lock", ".tsv", ".csv", ".json", ".jsonl", ".test")


def file_lines_max(path):
    suffix = pathlib.PurePosixPath(path).suffix
    if suffix in (".h", ".hpp"):
        return HEADER_LINES_MAX
    if suffix == ".py":
        return FILE_LINES_MAX if is_test(path) else PYTHON_LINES_MAX
    if suffix in (".cc", ".sh", ".cmake", ".test"):
        return FILE_LINES_MAX
    return None


def file_size(files):
    for path, text in files.items():
        limit = file_lines_max(path)
        lines = text.count("\n")
        if limit is not None and lines > limit:
            yield Finding(path, lines, "file-size", f"{lines} lines, at most {limit}")


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno, node.name


def function_size(files):
    for path, text in files.items():
        suffix = pathlib.PurePosixPath(path).suffix
        try:
            if suffix in (".cc", ".h", ".hpp"):
                found = list(cpp_source.functions(text))
            elif suffix == ".py":
                found = list(python_functions(text))
            else:
                continue
        except SyntaxError as error:
            yield Finding(path, error.lineno or 1, "function-size", f"does not parse: {error.msg}")
            continue
        for first, last, name in found:
            lines = last - first + 1
            if lines > FUNCTION_LINES_MAX:
                message = f"function of {lines} lines, at most {FUNCTION_LINES_MAX}: {name[:60]}"
                yield Finding(path, first, "function-size", message)


def may_be_wide(path, line, in_code_block):
    if path.endswith(WIDE_TEXT) or "://" in line:
        return True
    return path.endswith(".md") and (in_code_block or line.lstrip().startswith("|"))


def line_width(files):
    for path, text in files.items():
        if "@generated" in text[:300]:
            continue
        in_code_block = False
        for number, line in enumerate(text.split("\n"), 1):
            if line.lstrip().startswith("```"):
                in_code_block = not in_code_block
            if len(line) > COLUMNS_MAX and not may_be_wide(path, line, in_code_block):
                message = f"{len(line)} columns, at most {COLUMNS_MAX}"
                yield Finding(path, number, "line-width", message)


RULES = [file_size, function_size, line_width]
