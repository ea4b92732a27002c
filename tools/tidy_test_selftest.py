"""Every rule of the tidy test fires on a bad sample and stays silent on a good one."""

import unittest

from tidy import cpp_source, size_rules, source_rules, text_rules
from tidy_test import RULES

TABLE = {source_rules.DEPENDENCY_TABLE: "base:\nstore: base\nsql: base store\n"}


def rules_broken(path, text, others=None):
    files = {**TABLE, **(others or {}), path: text}
    return {finding.rule for rule in RULES for finding in rule(files) if finding.path == path}


def cpp_function(lines, head="int F(int a) {"):
    return head + "\n" + "  Use(a);\n" * (lines - 2) + "}\n"


class SizeRules(unittest.TestCase):
    def test_long_files(self):
        for path, limit in [("src/cli/a.h", 250), ("src/cli/a.cc", 600), ("src/cli/a_test.cc", 600),
                            ("tools/a.py", 400), ("scripts/a.sh", 600)]:
            line = "# x\n" if path.endswith((".py", ".sh")) else "// x\n"
            self.assertNotIn("file-size", rules_broken(path, line * limit), path)
            self.assertIn("file-size", rules_broken(path, line * (limit + 1)), path)

    def test_long_functions(self):
        limit = size_rules.FUNCTION_LINES_MAX
        for path in ("src/cli/a.cc", "src/cli/a.h"):
            self.assertNotIn("function-size", rules_broken(path, cpp_function(limit)))
            self.assertIn("function-size", rules_broken(path, cpp_function(limit + 1)))
        body = "    pass\n"
        self.assertNotIn("function-size", rules_broken("a.py", "def f():\n" + body * (limit - 1)))
        self.assertIn("function-size", rules_broken("a.py", "def f():\n" + body * limit))
        self.assertIn("function-size", rules_broken("a.py", "def f(:\n"))

    def test_wide_lines(self):
        wide = "x" * 101
        self.assertIn("line-width", rules_broken("src/cli/a.cc", f"// {wide}\n"))
        self.assertIn("line-width", rules_broken("docs/a.md", wide + "\n"))
        for fine in (f"| {wide} |\n", f"see http://example/{wide}\n", f"```\n{wide}\n```\n"):
            self.assertNotIn("line-width", rules_broken("docs/a.md", fine))
        self.assertNotIn("line-width", rules_broken("src/cli/a.cc", f"// @generated\n// {wide}\n"))
        self.assertNotIn("line-width", rules_broken("src/cli/a.cc", "// " + "é" * 97 + "\n"))


class FunctionDetector(unittest.TestCase):
    def lengths(self, text):
        return [last - first + 1 for first, last, _ in cpp_source.functions(text)]

    def test_finds_functions_in_scopes(self):
        text = "namespace a {\nclass B : public C {\n public:\n"
        text += cpp_function(5, "  Result<int> F(int a) const override {") + "};\n"
        text += cpp_function(4, "template <class T>\nauto G(T a) -> Result<T> {") + "}\n"
        self.assertEqual(self.lengths(text), [5, 5])

    def test_constructors_and_operators(self):
        text = "A::A(int a)\n    : first_(a), second_{a}, third_{\n          a} {\n  Use(a);\n}\n"
        text += "bool operator==(const A& a, const B& b) {\n  return true;\n}\n"
        text += "struct P {\n  int x = F(1);\n  std::vector<int> y{1, 2};\n};\n"
        text += "const std::map<int, F> kTable = {\n    {1, [](int a) { return a; }},\n};\n"
        self.assertEqual(self.lengths(text), [5, 3])

    def test_ignores_braces_in_literals_and_comments(self):
        text = "int F(int a) {\n  // }\n  Use('{', \"}\\\"{\", R\"x(}}} \")x\", 1'000);\n#if A(}\n"
        text += "#endif\n  /* } */\n}\nint G(int a) {\n  if (a) {\n  }\n}\n"
        self.assertEqual(self.lengths(text), [7, 4])

    def test_long_test_bodies_count(self):
        self.assertEqual(self.lengths(cpp_function(80, "TEST(Suite, Name) {")), [80])


class TextRules(unittest.TestCase):
    def test_vague_names(self):
        for name in ("string_utils.cc", "test_helpers.h", "common.h", "TableUtils.cc", "a_util.py"):
            self.assertIn("file-name", rules_broken(f"src/cli/{name}", ""), name)
        for name in ("utility_bill.cc", "uncommon.h", "table.cc"):
            self.assertNotIn("file-name", rules_broken(f"src/cli/{name}", ""), name)

    def test_white_space(self):
        for bad in ("\tint a;\n", "int a; \n", "int a;"):
            self.assertIn("white-space", rules_broken("src/cli/a.cc", bad), repr(bad))
        self.assertNotIn("white-space", rules_broken("Makefile", "all:\n\ttrue\n"))

    def test_unfinished_work(self):
        for word in ("TO" + "DO", "FIX" + "ME", "X" * 3):
            self.assertIn("unfinished", rules_broken("src/cli/a.cc", f"// {word}: later\n"))
        self.assertNotIn("unfinished", rules_broken("a.sh", "mktemp work." + "X" * 6 + "\n"))

    def test_sleeps(self):
        cpp = "std::this_thread::sleep_for(1ms);\n"
        self.assertIn("sleep", rules_broken("src/cli/a_test.cc", cpp))
        self.assertIn("sleep", rules_broken("tests/crash/a.cc", cpp))
        self.assertIn("sleep", rules_broken("python/tests/test_a.py", "time." + "sleep(1)\n"))
        self.assertNotIn("sleep", rules_broken("src/cli/a.cc", cpp))

    def test_registries_and_machine_paths(self):
        for host in ("pypi." + "org", "files.python" + "hosted.net", "registry.npmjs." + "org"):
            self.assertIn("registry", rules_broken("docs/a.md", f"from {host}\n"))
        for path in ("/wo" + "rk/main", "/tmp/d" + "ep/u", "/ro" + "ot/.cache"):
            self.assertIn("machine-path", rules_broken("docs/a.md", f"see {path}\n"), path)
        fine = "see ${DEPS}/wo" + "rk/x and /tmp/mydb\n"
        self.assertEqual(rules_broken("docs/a.md", fine), set())


class SourceRules(unittest.TestCase):
    def test_includes_start_at_a_root(self):
        others = {"src/store/b.h": ""}
        self.assertIn("include-root", rules_broken("src/store/a.h", '#include "b.h"\n', others))
        good = '#include "store/b.h"\n#include "duckdb.hpp"\n#include <vector>\n'
        self.assertNotIn("include-root", rules_broken("src/store/a.h", good, others))

    def test_includes_point_down(self):
        others = {"src/store/b.h": "", "src/base/c.h": ""}
        for form in ('"store/b.h"', "<store/b.h>"):
            broken = rules_broken("src/base/a.h", f"#include {form}\n", others)
            self.assertIn("include-direction", broken)
        good = rules_broken("src/store/a.h", '#include "base/c.h"\n', others)
        self.assertNotIn("include-direction", good)
        unlisted = rules_broken("src/odd/a.h", '#include "base/c.h"\n', others)
        self.assertIn("include-direction", unlisted)

    def test_duckdb_stays_in_its_folders(self):
        for text in ('#include "duckdb.hpp"\n', "#include <duckdb/common/types.hpp>\n"):
            self.assertIn("duckdb-include", rules_broken("src/store/a.h", text))
            for path in ("src/sql/a.h", "src/store/a_test.cc", "tests/sql/a.cc"):
                self.assertNotIn("duckdb-include", rules_broken(path, text))

    def test_sources_have_tests(self):
        source, test = "src/store/a.cc", {"src/store/a_test.cc": ""}
        self.assertIn("untested", rules_broken(source, ""))
        self.assertNotIn("untested", rules_broken(source, "", test))
        self.assertNotIn("untested", rules_broken("src/cli/a.cc", ""))

    def test_types_are_defined_once(self):
        text = "namespace icefall {\nstruct A {\n  int a = 0;\n};\n}\n"
        others = {"src/store/a.h": text}
        self.assertIn("type-twice", rules_broken("src/store/b.h", text, others))
        for fine in (text.replace("icefall", "icefall::other"), text.replace("A", "B"),
                     "namespace icefall {\nstruct A;\n}\n"):
            self.assertNotIn("type-twice", rules_broken("src/store/b.h", fine, others))

    def test_allow_file(self):
        source = {"src/store/a.cc": ""}
        allow = source_rules.ALLOW_FILE
        reasoned = "src/store/a.cc the conformance suite runs every line\n"
        self.assertEqual(rules_broken(allow, reasoned, source), set())
        self.assertEqual(rules_broken("src/store/a.cc", "", {allow: reasoned}), set())
        self.assertIn("untested", rules_broken(allow, "src/store/a.cc\n", source))
        self.assertIn("untested", rules_broken(allow, reasoned))


class Completeness(unittest.TestCase):
    def test_a_clean_file_breaks_nothing(self):
        self.assertEqual(rules_broken("src/cli/a.h", "#pragma once\n\nint F(int a);\n"), set())

    def test_every_module_is_run(self):
        for module in (size_rules, text_rules, source_rules):
            self.assertLessEqual(set(module.RULES), set(RULES), module.__name__)


if __name__ == "__main__":
    unittest.main(verbosity=0)
