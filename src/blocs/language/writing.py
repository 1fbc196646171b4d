"""Change a file and leave the rest of it alone: comments, order and indentation stay."""

from __future__ import annotations

import io
import os
import tempfile
from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from blocs.errors import BlocsError, InputError, Problem
from blocs.language.document import Document, Path, show_path
from blocs.language.reading import read_document, read_text

# wider than any line that people write, so that none is folded
_WIDTH = 10_000


def edit(path: str | os.PathLike[str], changes: Mapping[Path, Any]) -> None:
    """Set values in a file, which is replaced at once or not at all.

    Parameters
    ----------
    path : path
    changes : mapping from path to value
        Where in the document, and plain data to put there. An entry that is missing is added behind the others, and so
        is the item of a list whose position is the list's length; None takes an entry away.

    Raises
    ------
    InputError
        The file is no plain YAML, a path leads through a single value, or the file cannot be written.
    """
    document = read_document(path, _top(path))
    write_atomically(path, edit_text(document, changes))


def _top(path: str | os.PathLike[str]) -> Any:
    try:
        with open(path, "rb") as stream:
            # the first line that is no comment tells a list from a mapping
            first = next((line for line in stream if line.strip() and not line.startswith((b"#", b"---"))), b"")
    except OSError:
        return "mapping"
    return "list" if first.startswith((b"- ", b"-\n", b"[")) else "mapping"


def edit_text(document: Document, changes: Mapping[Path, Any]) -> str:
    """Return the text of a document with changes made; see `edit`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    wanted = deepcopy(document.data)
    for path, value in changes.items():
        _set(wanted, path, value, document.file)
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    step, offset = _indents(document)
    yaml.indent(mapping=step, sequence=offset + 2, offset=offset)
    # references are refused when a file is read, so none may be written either
    yaml.representer.ignore_aliases = lambda *_: True
    stream = io.StringIO()
    try:
        tree = yaml.load(document.text.replace("\r\n", "\n"))
        for path, value in changes.items():
            _set(tree, path, deepcopy(value), document.file)
        yaml.dump(tree, stream)
    except YAMLError as error:
        raise InputError(Problem(f"the file cannot be written back: {error}", document.file)) from None
    text = stream.getvalue()
    if isinstance(document.data, list) and offset:
        # the items of a list at the top begin in the first column
        text = "".join(line.removeprefix(" " * offset) for line in text.splitlines(keepends=True))
    if "\r\n" in document.text:
        text = text.replace("\n", "\r\n")
    if read_text(text, document.file, "list" if isinstance(wanted, list) else "mapping").data != wanted:
        raise BlocsError(f"{document.file} could not be changed without changing something else; it was left as it is")
    return text


def _set(tree: Any, path: Path, value: Any, file: str) -> None:
    """Put a value in its place, making the mappings that lead there."""
    if not path:
        raise InputError(Problem("the whole document cannot be replaced", file))
    node = tree
    for number, part in enumerate(path):
        last = number == len(path) - 1
        inside = isinstance(node, list) if isinstance(part, int) else isinstance(node, dict)
        if not inside or (isinstance(part, int) and not 0 <= part <= len(node)):
            where = show_path(path[:number]) or "the document"
            raise InputError(Problem(f"`{where}` has no entry `{part}` that could be set", file, path=show_path(path)))
        missing = part == len(node) if isinstance(part, int) else part not in node
        if not last:
            if missing:
                _put(node, part, {})
            node = node[part]
        elif value is not None:
            _put(node, part, value)
        elif not missing:
            del node[part]


def _put(node: Any, part: str | int, value: Any) -> None:
    if isinstance(part, int) and part == len(node):
        node.append(value)
    else:
        node[part] = value


def _indents(document: Document) -> tuple[int, int]:
    """Return by how much entries of mappings and dashes of lists are indented, as most of the file has it."""
    steps: Counter[int] = Counter()
    offsets: Counter[int] = Counter()
    lines = document.text.splitlines()
    for path, mark in document.entries():
        if not path or not isinstance(path[-1], str) or mark.below is None or mark.value_line == mark.line:
            continue
        if lines[mark.value_line - 1][mark.value_column - 1 : mark.value_column] not in ("{", "["):
            (steps if mark.style == "{" else offsets)[mark.value_column - mark.column] += 1
    step = steps.most_common(1)[0][0] if steps else 2
    return max(step, 2), max(offsets.most_common(1)[0][0], 0) if offsets else 2


def write_atomically(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file under another name beside it and rename it, so that nobody ever sees half of it; text as UTF-8.

    Raises
    ------
    InputError
        The folder cannot be written to.
    """
    file = os.path.realpath(path)
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=os.path.dirname(file), prefix=".", suffix=".part")
        with os.fdopen(handle, "wb") as stream:
            stream.write(content.encode("utf-8") if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        # a temporary file is private; keep what the file had, or what a new file gets
        os.chmod(temporary, os.stat(file).st_mode & 0o777 if os.path.exists(file) else 0o666 & ~_umask())
        os.replace(temporary, file)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise InputError(Problem(f"the file cannot be written: {error.strerror or error}", os.fspath(path))) from None


def _umask() -> int:
    # the only way to ask for it is to set it
    mask = os.umask(0)
    os.umask(mask)
    return mask
