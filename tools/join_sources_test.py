"""Which sources cmake/join_sources.py lets one file hold."""

import os
import subprocess
import sys
import tempfile
import unittest

SCRIPT = os.path.join(os.path.dirname(__file__), '..', 'cmake', 'join_sources.py')


def unnamed(text):
    return f'namespace icefall {{\nnamespace {{\n{text}\n}}  // namespace\n}}\n'


class JoinSources(unittest.TestCase):
    def joined(self, *texts):
        """The groups of numbers of `texts` that are compiled together."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, f'source_{i}.cc') for i in range(len(texts))]
            for path, text in zip(paths, texts):
                with open(path, 'w', encoding='utf-8') as file:
                    file.write(text)
            command = [sys.executable, '-B', SCRIPT, os.path.join(folder, 'joined'), *paths]
            groups = []
            for path in subprocess.check_output(command, text=True).split():
                if path in paths:
                    groups.append([paths.index(path)])
                    continue
                with open(path, encoding='utf-8') as file:
                    groups.append([int(line.split('source_')[1].split('.')[0]) for line in file])
            return groups

    def test_strangers_are_joined(self):
        one = unnamed('int A() { return 1; }')
        self.assertEqual(self.joined(one, unnamed('int B();')), [[0, 1]])

    def test_a_name_of_both_keeps_them_apart(self):
        definitions = [
            'int Taken(int x) { return x; }', 'std::vector<std::pair<int, A>> Taken(const B& b);',
            'constexpr double Taken = 1;', 'const A Taken{1, 2};', 'struct Taken { int x; };',
            'class Taken final : public Base {\n public:\n  int x() { return 0; }\n};',
            'enum class Taken : uint8_t { kA };', 'using Taken = int;', 'int Taken[3];',
            'int Taken;',
            'template <typename T>\n  requires std::integral<T>\nT Taken(T a);',
            'template <class T>\nclass Taken {};', 'struct First { int x = 1; };\nint Taken();'
        ]
        for definition in definitions:
            with self.subTest(definition):
                self.assertEqual(self.joined(unnamed(definition), unnamed('void Taken();')),
                                 [[0], [1]])

    def test_a_name_that_the_other_uses_keeps_them_apart(self):
        self.assertEqual(self.joined(unnamed('int Own();'), 'int x = Own();\n'), [[0], [1]])
        self.assertEqual(self.joined('int x = Own();\n', unnamed('int Own();')), [[0], [1]])

    def test_members_comments_and_texts_are_no_uses(self):
        other = "int x = a.Own() + b->Own() + c::Own();  // Own\nauto s = \"Own\"; char c = '\"';\n"
        self.assertEqual(self.joined(unnamed('int Own();'), other), [[0, 1]])

    def test_names_inside_of_a_definition_are_free(self):
        one = unnamed('int First() {\n  int inner = 1;\n  return inner;\n}\nTEST(Suite, Case) {}')
        self.assertEqual(self.joined(one, unnamed('int Second(int inner);\nTEST(Suite, Other) {}')),
                         [[0, 1]])

    def test_what_could_change_the_rest_stays_alone(self):
        changing = ['#define A 1\n', 'using namespace std;\n', 'int main() {}\n', '#if B\n#endif\n']
        for text in changing:
            with self.subTest(text):
                self.assertEqual(self.joined('int a();\n', text, 'int b();\n'), [[0, 2], [1]])

    def test_files_stay_small(self):
        self.assertEqual(self.joined(*['int a();\n'] * 7), [[0, 1, 2, 3, 4, 5], [6]])
        self.assertEqual(self.joined('int a();\n' * 5000, 'int b();\n' * 5000), [[0], [1]])


if __name__ == '__main__':
    unittest.main()
