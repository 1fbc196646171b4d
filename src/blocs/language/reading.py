"""Read a YAML file as data with the place of every entry, safely: nothing in a file can run, refer or explode.

Only what a theory or a case needs is allowed: mappings with text as keys, lists, scalars of YAML 1.2's core schema.
References, anchors, tags, directives, several documents, tabs for indentation and unusual characters are refused, and
so are files that are too large, too deep or too finely cut. Every refusal names its line and column.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from blocs.errors import InputError, Problem, nearest
from blocs.language.composing import compose
from blocs.language.document import Document, shorten

# at this size a file is still read within a second of processor time, whatever it holds
MAX_BYTES = 1_048_576

Top = Literal["mapping", "list"]

# what no editor shows, with the line ends of YAML 1.1 that no editor counts
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_TAB = re.compile(r"^ *\t[ \t]*(?=[^\s#])", re.MULTILINE)


def read_document(path: str | os.PathLike[str], top: Top = "mapping") -> Document:
    """Read a file.

    Parameters
    ----------
    path : path
        A regular file in UTF-8 of at most 1 MiB.
    top : {"mapping", "list"}
        What the file must hold.

    Returns
    -------
    Document

    Raises
    ------
    InputError
        With every problem that was found (syntax: the first, since what follows it has no meaning).
    """
    file = os.fspath(path)
    return read_text(decode(_load(file), file), file, top)


def read_text(text: str, file: str = "", top: Top = "mapping") -> Document:
    """Read a document from text; see `read_document`."""
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES:
        raise InputError(Problem(f"{len(text):,} characters; expected at most {MAX_BYTES:,}", file))
    _refuse_characters(text, file)
    document = compose(text, file)
    if not isinstance(document.data, dict if top == "mapping" else list):
        raise InputError(Problem(_wrong_top(document.data, top), file, *document.locate(())))
    return document


def _wrong_top(data: object, top: Top) -> str:
    wanted = "entries such as `title: ...`" if top == "mapping" else "a list, each item beginning with `- `"
    if data is None:
        return f"the file is empty; expected {wanted}"
    found = "a mapping" if isinstance(data, dict) else "a list" if isinstance(data, list) else "a single value"
    return f"the file holds {found}; expected {wanted}"


def _load(file: str) -> bytes:
    try:
        # a pipe or a device would never end, and opening one may block
        if not stat.S_ISREG(os.stat(file).st_mode):
            kind = "a folder" if os.path.isdir(file) else "no ordinary file"
            raise InputError(Problem(f"this is {kind}; expected a YAML file", file))
        with open(file, "rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(Problem("there is no such file", file, hint=_neighbour(file))) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else "") or "this cannot be the name of a file"
        raise InputError(Problem(f"the file cannot be read: {reason}", shorten(file))) from None
    if len(raw) > MAX_BYTES:
        raise InputError(Problem(f"the file has more than {MAX_BYTES:,} bytes, which is the most that is read", file))
    return raw


def _neighbour(file: str) -> str:
    try:
        return nearest(Path(file).name, (entry.name for entry in Path(file).parent.iterdir()))
    except OSError:
        return ""


def decode(raw: bytes, file: str = "") -> str:
    """Return the bytes of a file as text.

    Raises
    ------
    InputError
        They are not in UTF-8, with the place of the first that is not.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(Problem("the file is in UTF-16 or UTF-32", file, 1, 1, hint="save it as UTF-8"))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _place(raw[: error.start].decode("utf-8"), error.start)
        message = f"the file is not text in UTF-8: byte 0x{raw[error.start]:02x}"
        raise InputError(Problem(message, file, line, column, hint="save it as UTF-8")) from None


def _place(text: str, index: int) -> tuple[int, int]:
    """Return line and column, from one, of a position in a text."""
    index = min(index, len(text))
    ends = text.count("\n", 0, index) + text.count("\r", 0, index) - text.count("\r\n", 0, index)
    start = max(text.rfind("\n", 0, index), text.rfind("\r", 0, index)) + 1
    return ends + 1, index - start + 1


def _refuse_characters(text: str, file: str) -> None:
    problems = []
    for found in _first(_REFUSED.finditer(text)):
        code = f"U+{ord(found[0]):04X}"
        name = {"\u2028": "a line separator", "\u2029": "a paragraph separator", "\x85": "a line end of old mainframes"}
        what = name.get(found[0], "a byte order mark" if found[0] == "\ufeff" else "a character that cannot be seen")
        place = _place(text, found.start())
        problems.append(Problem(f"{what} ({code}) stands here", file, *place, hint="remove it"))
    for found in _first(_TAB.finditer(text)):
        line, column = _place(text, found.start() + found[0].index("\t"))
        problems.append(Problem("a tab indents this line", file, line, column, hint="indent with spaces"))
    if problems:
        raise InputError(sorted(problems, key=lambda problem: (problem.line, problem.column)))


def _first(found: Iterator[re.Match[str]], most: int = 10) -> Iterator[re.Match[str]]:
    """Yield the first few matches: finding a line is linear in the file, and ten examples tell the story."""
    for _, match in zip(range(most), found, strict=False):
        yield match
