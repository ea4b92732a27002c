"""Joins the sources of a target into fewer files, which compile in less than half the time: what
they include is read once.

    join_sources.py FOLDER SOURCE...

writes the joined files into FOLDER and prints what to compile, sources that stay alone among it, a
line each. Sources that one file could not hold stay apart: where the one has a name of its own, in
an unnamed namespace, that is a word anywhere in the other.
"""

import os
import re
import sys

COUNT_MAX = 6
SIZE_MAX = 60_000  # bytes; larger files would be what a build waits for in the end

SKIPPED = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|'
    r"(?<![0-9a-zA-Z])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)
TOKEN = re.compile(r'::|->|[A-Za-z_]\w*|[^\s\w]')
WORD = re.compile(r'[A-Za-z_]\w*\Z')
UNNAMED = re.compile(r'^(?:inline )?namespace \{$', re.MULTILINE)
OF_LANGUAGE = {
    'alignas', 'auto', 'bool', 'char', 'class', 'const', 'constexpr', 'decltype', 'default',
    'delete', 'double', 'else', 'enum', 'explicit', 'final', 'float', 'if', 'inline', 'int',
    'namespace', 'noexcept', 'operator', 'override', 'requires', 'return', 'sizeof', 'static',
    'static_assert', 'struct', 'template', 'this', 'typename', 'union', 'unsigned', 'using', 'void'
}


def names_of(tokens):
    """What these tokens, of an unnamed namespace, define at its own level."""
    names, depth, statement = set(), 0, []
    for token in tokens:
        if depth == 0 and token in '({=;[:' and statement and WORD.match(statement[-1]):
            names.update(named_by(statement))
        if token in ('{', '(', '['):
            depth += 1
        elif token in ('}', ')', ']'):
            depth -= 1
        if depth < 0:
            break
        if depth == 0:
            statement = [] if token in (';', '}') else statement + [token]
    return names


def named_by(statement):
    kinds = [i for i, token in enumerate(statement) if token in ('class', 'struct', 'enum', 'union')
             and '<' not in statement[:i][-2:] and ',' not in statement[:i][-1:]]
    if kinds:
        rest = [token for token in statement[kinds[0]:] if token not in OF_LANGUAGE]
        return rest[:1]
    name = statement[-1]
    is_macro = name.isupper() and '=' not in statement
    if name in OF_LANGUAGE or is_macro or statement[-2:-1] == ['::']:
        return []
    return [name]


class Source:
    def __init__(self, path):
        self.path = path
        with open(path, encoding='utf-8') as file:
            text = file.read()
        self.size = len(text)
        plain = SKIPPED.sub(' ', text)
        # Directives other than these could change what follows in a joined file.
        self.is_alone = bool(re.search(r'^\s*#\s*(?!include\b)\w|^using namespace |\bint main\(',
                                       plain, re.MULTILINE))
        self.names = set()
        for match in UNNAMED.finditer(plain):
            self.names |= names_of(TOKEN.findall(plain, match.end()))
        self.words = set()
        before = ''
        for token in TOKEN.findall(plain):
            if before not in ('.', '->', '::') and WORD.match(token):
                self.words.add(token)
            before = token

    def fits(self, others):
        return all(not (self.names & other.words or other.names & self.words) for other in others)


def groups_of(sources):
    groups = []
    for source in sources:
        for group in groups:
            if (len(group) < COUNT_MAX and not source.is_alone and not group[0].is_alone and
                    source.size + sum(other.size for other in group) <= SIZE_MAX and
                    source.fits(group)):
                group.append(source)
                break
        else:
            groups.append([source])
    return groups


def write_if_changed(path, text):
    try:
        with open(path, encoding='utf-8') as file:
            if file.read() == text:
                return
    except FileNotFoundError:
        pass
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def main():
    folder, *paths = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    for group in groups_of([Source(path) for path in paths]):
        if len(group) == 1:
            print(group[0].path)
            continue
        first = os.path.splitext(os.path.basename(group[0].path))[0]
        joined = os.path.join(folder, f'{first}_and_{len(group) - 1}_more.cc')
        # Relative, so that clones of the repository share what a compiler cache holds.
        includes = [os.path.relpath(source.path, folder) for source in group]
        write_if_changed(joined, ''.join(f'#include "{path}"\n' for path in includes))
        print(joined)


if __name__ == '__main__':
    main()
