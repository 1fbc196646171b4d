"""The tokens of Gambit's extensive-form format (EFG 2): patterns, numbers, labels, positions, and what was expected.

A whole node is matched by one regular expression (`NODE`), which is what makes reading fast. Only where that fails
does `explain` walk the tokens one by one, to say at which line and column what should have stood.
"""

from __future__ import annotations

import re

from blocs.errors import InputError, Problem

# Every quantifier is possessive: no input can make the matcher go back and try again
_STRING = rb'"(?:[^"\\]|\\.)*+"'
_INTEGER = rb"[0-9]++(?![0-9A-Za-z_.+/-])"
_NUMBER = rb"[+-]?+(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+-]?+[0-9]++)?+(?:/[0-9]++)?+"
_BLOCK = rb'\{(?:[^"{}]|' + _STRING + rb")*+\}"

HEADER = re.compile(
    rb"\s*+EFG\s++(?P<version>[0-9]++)\s++(?P<numbers>[RD])\s*+(?P<title>" + _STRING + rb")\s*+"
    rb"(?P<players>" + _BLOCK + rb")\s*+(?P<comment>" + _STRING + rb")?+",
    re.DOTALL,
)
# groups: 1 name of an end | 2 name, 3 number, 4 label, 5 actions of a chance move
#       | 6 name, 7 player, 8 number, 9 label, 10 actions of a decision | then 11 outcome, 12 its label, 13 its payoffs
NODE = re.compile(
    rb"\s*+(?:t\s*+(" + _STRING + rb")"
    rb"|c\s*+(" + _STRING + rb")\s*+(" + _INTEGER + rb")(?:\s*+(" + _STRING + rb"))?+(?:\s*+(" + _BLOCK + rb"))?+"
    rb"|p\s*+(" + _STRING + rb")\s*+(" + _INTEGER + rb")\s*+(" + _INTEGER + rb")"
    rb"(?:\s*+(" + _STRING + rb"))?+(?:\s*+(" + _BLOCK + rb"))?+"
    rb")\s*+(" + _INTEGER + rb")(?:\s*+(" + _STRING + rb"))?+(?:\s*+(" + _BLOCK + rb"))?+(?!\s*+[{\"])",
    re.DOTALL,
)
# the common payoffs: decimals of a size that needs no check
DECIMALS = re.compile(rb"\{(?:[\s,]*+[+-]?+[0-9]{1,20}+(?:\.[0-9]{0,40}+)?+(?![0-9A-Za-z_.+/-]))*+[\s,]*+\}")
BLANK = re.compile(rb"\s*+")
_TOKEN = re.compile(
    rb"\s*+(?:(?P<string>" + _STRING + rb")|(?P<integer>" + _INTEGER + rb")|(?P<number>" + _NUMBER + rb")"
    rb"|(?P<open>\{)|(?P<close>\})|(?P<comma>,)|(?P<word>[A-Za-z_]++)|(?P<other>.))",
    re.DOTALL,
)
# no payoff or probability needs more digits than this, and Python refuses to convert far longer ones
_LONGEST_NUMBER = 400
# more than nine digits do not fit the 32-bit indices of the arrays
_LONGEST_INTEGER = 9


def fault(data: bytes, at: int, file: str, message: str, hint: str = "") -> InputError:
    """Return the error `message` for byte `at` of `data`, with line and column counted from one."""
    line = data.count(b"\n", 0, at) + 1
    start = data.rfind(b"\n", 0, at) + 1
    column = len(data[start:at].decode("utf-8", "replace")) + 1
    return InputError(Problem(message, file=file, line=line, column=column, hint=hint))


def label(raw: bytes | None) -> str:
    r"""Return the text of a quoted label; ``\"`` stands for a quotation mark and ``\\`` for a backslash."""
    if raw is None or len(raw) == 2:
        return ""
    text = raw[1:-1].decode("utf-8")
    return re.sub(r'\\(["\\])', r"\1", text) if "\\" in text else text


def quoted(text: str) -> str:
    """Return `text` as a quoted label of the format; the inverse of `label`."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def integer(data: bytes, at: int, raw: bytes, file: str) -> int:
    """Return the whole number `raw` that stands at byte `at`."""
    if len(raw) > _LONGEST_INTEGER:
        raise fault(data, at, file, f"the number {raw[:20].decode()}... is too large for a player or a set")
    return int(raw)


def number(data: bytes, at: int, raw: bytes, file: str) -> float:
    """Return the decimal or rational number `raw` that stands at byte `at`, correctly rounded."""
    if len(raw) > _LONGEST_NUMBER:
        raise fault(data, at, file, f"a number of {len(raw)} digits; at most {_LONGEST_NUMBER} are read")
    above, _, below = raw.partition(b"/")
    try:
        if below and above.lstrip(b"+-").isdigit():
            value = int(above) / int(below)
        else:
            value = float(above) / (int(below) if below else 1)
    except ZeroDivisionError:
        raise fault(data, at, file, f"`{raw.decode()}` divides by zero") from None
    except OverflowError:
        value = float("inf")
    if value in (float("inf"), float("-inf")):
        raise fault(data, at, file, f"`{raw[:40].decode()}` is larger than any number that can be computed with")
    return value


def tokens(data: bytes, start: int, stop: int, file: str) -> list[tuple[str, bytes, int]]:
    """Return (kind, text, position) of every token between two positions; commas are left out."""
    found = []
    at = start
    while at < stop:
        match = _TOKEN.match(data, at, stop)
        if match is None:
            break
        kind = match.lastgroup or ""
        if kind != "comma":
            found.append((kind, match.group(kind), match.start(kind)))
        at = match.end()
    del file
    return found


def explain(data: bytes, at: int, file: str, header: bool = False) -> InputError:
    """Return the error for a node (or the header) at byte `at` that is not of the form that it should have."""
    walk = _Walk(data, at, file)
    try:
        if header:
            walk.header()
        else:
            walk.node()
    except InputError as error:
        return error
    return fault(data, walk.start, file, "expected the next node, `c`, `p` or `t`" + walk.found())


class _Walk:
    """Reads token by token and stops with an error at the first one that the format does not allow."""

    def __init__(self, data: bytes, at: int, file: str) -> None:
        self.data, self.at, self.file = data, at, file
        self.kind, self.text, self.start = "", b"", at
        self.look()

    def look(self) -> None:
        match = _TOKEN.match(self.data, self.at)
        if match is None:
            self.kind, self.text, self.start = "end", b"", len(self.data)
            return
        self.kind = match.lastgroup or ""
        self.text, self.start = match.group(self.kind), match.start(self.kind)
        self.next = match.end()

    def found(self) -> str:
        if self.kind == "end":
            return ", found the end of the file"
        if self.kind == "other" and self.text == b'"':
            return ", found a quotation mark that is never closed"
        return f", found `{self.text[:40].decode('utf-8', 'replace')}`"

    def take(self, kinds: tuple[str, ...], what: str) -> bytes:
        if self.kind not in kinds:
            raise fault(self.data, self.start, self.file, f"expected {what}{self.found()}")
        text, self.at = self.text, self.next
        self.look()
        return text

    def block(self, inside: tuple[str, ...], what: str) -> None:
        self.take(("open",), "`{`")
        while self.kind in inside:
            self.take(inside, what)
        self.take(("close",), f"{what} or `}}`")

    def header(self) -> None:
        if self.kind != "word" or self.text != b"EFG":
            raise fault(
                self.data,
                self.start,
                self.file,
                f'expected a Gambit extensive game, which begins with `EFG 2 R "title"`{self.found()}',
            )
        self.take(("word",), "`EFG`")
        self.take(("integer",), "the version of the format, `2`")
        if self.kind != "word" or self.text not in (b"R", b"D"):
            raise fault(self.data, self.start, self.file, f"expected `R` after the version{self.found()}")
        self.take(("word",), "`R`")
        self.take(("string",), 'the title in quotation marks, `"..."`')
        self.block(("string",), "the name of a player in quotation marks")

    def node(self) -> None:
        if self.kind != "word" or self.text not in (b"c", b"p", b"t"):
            raise fault(
                self.data,
                self.start,
                self.file,
                f"expected a node, `c` (chance), `p` (player) or `t` (end){self.found()}",
            )
        letter = self.take(("word",), "a node")
        self.take(("string",), 'the name of the node in quotation marks (`""` for none)')
        if letter == b"p":
            self.take(("integer",), "the number of the player, a whole number")
        if letter != b"t":
            self.take(("integer",), "the number of the information set, a whole number")
            if self.kind == "string":
                self.take(("string",), "a label")
            if self.kind == "open":
                inside = ("string", "integer", "number") if letter == b"c" else ("string",)
                self.block(inside, "the label of an action in quotation marks")
        self.take(("integer",), "the number of the outcome, a whole number (0 for none)")
        if self.kind == "string":
            self.take(("string",), "a label")
        if self.kind == "open":
            self.block(("integer", "number", "comma"), "a payoff, a decimal number or a fraction")
