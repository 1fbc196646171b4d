"""From the events of libyaml's parser to data with marks, refusing whatever is not plain data.

Events come one at a time, so that a hostile file is refused at the place where it becomes one.
"""

from __future__ import annotations

import re
from typing import Any

from blocs.errors import InputError, Problem, UsageError
from blocs.language.document import Document, Mark, shorten, show_path
from blocs.language.scalars import Scalar, plain_value
from blocs.language.syntax_errors import in_plain_words

# a large case has some 10,000 entries and depth 8; at these limits a file is still read within a second
MAX_NODES = 60_000
MAX_DEPTH = 40
# names are shown in tables and messages; libyaml itself stops at 1,024 characters
MAX_KEY = 200
# after so many problems of one file a reader starts to mend it
MAX_PROBLEMS = 100

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n|\r|\n")


def compose(text: str, file: str = "") -> Document:
    """Build the data of a document.

    Parameters
    ----------
    text : str
        YAML; no byte order mark.
    file : str
        Name for messages.

    Raises
    ------
    InputError
        With every problem; the first one only where the text is not YAML, since what follows has no meaning.
    """
    composer = _Composer(file, text)
    composer.run()
    if composer.problems:
        raise InputError(composer.problems)
    return Document(composer.result, composer.top, file, text)


class _TooMuch(Exception):
    """The rest of the document is not read."""


class _Frame:
    """A mapping or list that is being read.

    Parameters
    ----------
    container, below
        What is read, and its marks.
    dead : bool
        What is read is thrown away.
    as_key : bool
        It stands where a name should.
    """

    __slots__ = ("as_key", "below", "column", "container", "dead", "discard", "key", "line", "mapping")

    def __init__(self, container: Any, below: Any, dead: bool, as_key: bool = False) -> None:
        self.container = container
        self.below = below
        self.dead = dead
        self.as_key = as_key
        self.mapping = isinstance(container, dict)
        # name of the entry whose value comes next, and its place; None when a name comes next
        self.key: str | None = None
        self.line = self.column = 0
        # the value that comes next is thrown away
        self.discard = False


class _Composer:
    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.problems: list[Problem] = []
        self.frames: list[_Frame] = []
        self.nodes = 0
        self.documents = 0
        self.result: Any = None
        self.top = Mark(1, 1, 1, 1)

    def add(self, message: str, hint: str, line: int, column: int, name: str | None = None) -> None:
        """Note a problem with the next value, or with the name of an entry; stop when there are too many."""
        steps = [one.key if one.mapping else len(one.container) for one in self.frames]
        place = show_path(tuple(step for step in (*steps, name) if step is not None))
        self.problems.append(Problem(message, self.file, line, column, place, hint))
        if len(self.problems) >= MAX_PROBLEMS:
            raise _TooMuch

    def run(self) -> None:
        """Take all events."""
        import yaml

        try:
            from yaml._yaml import CParser
        except ImportError:
            raise UsageError("PyYAML was installed without libyaml; install one of its wheels") from None
        take = {
            yaml.ScalarEvent: self.scalar,
            yaml.MappingStartEvent: self.begin_mapping,
            yaml.SequenceStartEvent: self.begin_list,
            yaml.MappingEndEvent: self.end,
            yaml.SequenceEndEvent: self.end,
            yaml.AliasEvent: self.alias,
            yaml.DocumentStartEvent: self.document,
        }
        parser: Any = CParser(self.text)
        try:
            while (event := parser.get_event()) is not None:
                if (method := take.get(type(event))) is not None:
                    mark = event.start_mark
                    method(event, mark.line + 1, mark.column + 1)
        except _TooMuch:
            pass
        except yaml.MarkedYAMLError as error:
            self.syntax(error)
        except yaml.YAMLError as error:
            self.problems.append(Problem(f"this is not YAML: {shorten(str(error))}", self.file))

    def syntax(self, error: Any) -> None:
        """Note why the parser stopped."""
        mark = error.problem_mark or error.context_mark
        lines = _LINE_END.split(self.text)
        number, column = mark.line, mark.column
        if number >= len(lines):
            # behind the end of the text: point at its last character
            number, column = len(lines) - 1, len(lines[-1])
        opened = error.context_mark.line + 1 if error.context_mark else 0
        message, hint = in_plain_words(error.problem or "", opened, lines[number], column)
        self.problems.append(Problem(message, self.file, number + 1, column + 1, hint=hint))

    def document(self, event: Any, line: int, column: int) -> None:
        """Begin the document; there is one, without directives."""
        self.documents += 1
        if self.documents > 1:
            self.add("a second document begins here", "one file holds one document", line, column)
            raise _TooMuch
        if event.tags or (event.version and tuple(event.version) != (1, 2)):
            self.add("a directive", "remove the line that begins with `%`; files are YAML 1.2", line, column)

    def enter(self, event: Any, line: int, column: int) -> None:
        """Count a node against the limits, and refuse anchors and tags."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            most = f"the file has more than {MAX_NODES:,} entries, which is the most that is read"
            self.add(most, "", line, column)
            raise _TooMuch
        if event.anchor:
            self.add(f"the anchor `&{shorten(event.anchor)}`", "references are refused; remove it", line, column)
        if event.tag:
            self.add(f"the tag `{shorten(event.tag)}`", "a file is plain data; remove it", line, column)

    def alias(self, event: Any, line: int, column: int) -> None:
        """Refuse a reference."""
        self.add(f"`*{shorten(event.anchor)}` refers to another place", "write the value out here", line, column)
        frame = self.frames[-1] if self.frames else None
        if frame and frame.mapping and frame.key is None:
            frame.key, frame.discard = "", True
        else:
            self.put(None, line, column, "", None)

    def scalar(self, event: Any, line: int, column: int) -> None:
        """Take a name or a single value."""
        self.enter(event, line, column)
        frame = self.frames[-1] if self.frames else None
        if frame and frame.mapping and frame.key is None:
            self.key(frame, event.value, line, column)
        else:
            self.put(self.value(event, line, column), line, column, event.style or "", None)

    def key(self, frame: _Frame, text: str, line: int, column: int) -> None:
        """Take the name of an entry."""
        wrong = not text or len(text) > MAX_KEY or "\n" in text or _CONTROL.search(text) is not None
        twice = text in frame.container
        if (wrong or twice) and not frame.dead:
            name = shorten(text)
            if wrong:
                most = f"a name has 1 to {MAX_KEY} characters on one line"
                self.add(f"`{name}` cannot be a name", most, line, column)
            else:
                first = frame.below[text].line
                message = f"the name `{name}` stands here twice; the first is on line {first}"
                self.add(message, "keep one of them", line, column, text)
        frame.key, frame.line, frame.column, frame.discard = text, line, column, wrong or twice

    def value(self, event: Any, line: int, column: int) -> Scalar:
        """Return what a single value stands for."""
        text = event.value
        if event.implicit[0]:
            try:
                return plain_value(text)
            except ValueError as error:
                self.add(str(error), "", line, column)
                return None
        if event.style == '"' and (found := _CONTROL.search(text)):
            self.add(f"the text holds a control character (U+{ord(found[0]):04X})", "remove it", line, column)
        return text

    def put(self, value: Any, line: int, column: int, style: str, below: Any) -> None:
        """Put a value in its place and note where it stands."""
        if not self.frames:
            self.result, self.top = value, Mark(line, column, line, column, style, below)
            return
        frame = self.frames[-1]
        if not frame.mapping:
            frame.container.append(value)
            frame.below.append(Mark(line, column, line, column, style, below))
            return
        if not frame.discard:
            frame.container[frame.key] = value
            frame.below[frame.key] = Mark(frame.line, frame.column, line, column, style, below)
        frame.key = None

    def begin_mapping(self, event: Any, line: int, column: int) -> None:
        """Begin a mapping."""
        self.enter(event, line, column)
        self.open({}, {}, line, column, "{")

    def begin_list(self, event: Any, line: int, column: int) -> None:
        """Begin a list."""
        self.enter(event, line, column)
        self.open([], [], line, column, "[")

    def open(self, container: Any, below: Any, line: int, column: int, style: str) -> None:
        """Go into a mapping or a list."""
        if len(self.frames) >= MAX_DEPTH:
            self.add(f"nested more than {MAX_DEPTH} deep, which is the most that is read", "", line, column)
            raise _TooMuch
        above = self.frames[-1] if self.frames else None
        dead = above is not None and (above.dead or above.discard)
        as_key = above is not None and above.mapping and above.key is None
        if as_key:
            what = "mapping" if style == "{" else "list"
            self.add(f"a {what} cannot be the name of an entry", "put it behind a name and a colon", line, column)
        else:
            self.put(container, line, column, style, below)
        self.frames.append(_Frame(container, below, dead or as_key, as_key))

    def end(self, event: Any, line: int, column: int) -> None:
        """Come out of a mapping or a list."""
        del event, line, column
        if self.frames.pop().as_key:
            self.frames[-1].key, self.frames[-1].discard = "", True
