"""Just enough of C++'s grammar to find where functions begin and end."""

import re

TOKEN = re.compile(
    r'R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"'  # raw string
    r'|"(?:\\.|[^"\\\n])*"'
    # Not a digit separator: those follow a digit or a letter.
    r"|(?<![0-9A-Za-z_])(?:u8|u|U|L)?'(?:\\.|[^'\\\n])+'"
    r"|//[^\n]*"
    r"|/\*.*?\*/"
    r"|^[ \t]*#(?:\\\n|[^\n])*",  # preprocessor directive
    re.DOTALL | re.MULTILINE,
)
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|concept)\b|\bextern\b\s*$")
ACCESS = re.compile(r"\b(public|private|protected)\s*:\s*$")


def blank_out(text):
    """The text with comments, strings and directives blanked; line breaks stay."""

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    return TOKEN.sub(blank, text)


def opens_function(head):
    """Whether the brace after HEAD, at namespace or class scope, opens a function's body."""
    head = head.strip()
    if "(" not in head or head[-1:] in ("=", ",", "("):
        return False
    # Templates may say "class" in their parameters; what counts is the declaration after them.
    declaration = re.sub(r"\btemplate\s*<[^{}]*?>\s*(?=\w)", "", head)
    if SCOPE.match(declaration):
        return False
    # In "Name() : first_(1), second_{2} {" only the last brace opens the body.
    in_initializers = re.search(r"\)[^()]*?(?<!:):(?!:)", head) is not None
    return not (in_initializers and re.search(r"[\w>]$", head))


def functions(text):
    """Yields (first line, last line, signature) of every outermost function."""
    code = blank_out(text)
    head, head_start = "", 1
    line = 1
    stack = []  # one letter per open brace: scope, function or initializer
    begun = None
    for character in code:
        if character == "{":
            if begun is not None or "i" in stack:
                stack.append("x")
            elif opens_function(head):
                begun = (len(stack), head_start, " ".join(head.split()))
                stack.append("f")
            elif SCOPE.search(head):
                stack.append("s")
                head = ""
            else:
                stack.append("i")
        elif character == "}" and stack:
            kind = stack.pop()
            if begun is not None and len(stack) == begun[0]:
                yield begun[1], line, begun[2]
                begun = None
            if kind in "sf":
                head = ""
            elif kind == "i":
                head += "}"
        elif begun is None and "i" not in stack:
            if character == ";":
                head = ""
            else:
                if not head.strip():
                    head_start = line
                head += character
                if character == ":" and ACCESS.search(head):
                    head = ""
        if character == "\n":
            line += 1
