"""From the events of libyaml's parser to data with marks, refusing whatever is not plain data.

Events come one at a time, so that a hostile file is refused at the place where it becomes one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from blocs.errors import InputError, Problem, UsageError
from blocs.language.document import Document, Path, Spot, shorten, show_path
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
    return Document(composer.result, composer.marks, composer.values, file, text)


class _TooMuch(Exception):
    """The rest of the document is not read."""


@dataclass
class _Frame:
    """A mapping or list that is being read.

    Parameters
    ----------
    path : Path or None
        None where what is read is thrown away.
    as_key : bool
        It stands where a name should.
    key : str or None
        Name of the entry whose value comes next; None when a name comes next.
    discard : bool
        The value that comes next is thrown away.
    lines : dict
        On which line each name stands.
    """

    container: dict[str, Any] | list[Any]
    path: Path | None
    as_key: bool = False
    key: str | None = None
    discard: bool = False
    lines: dict[str, int] = field(default_factory=dict)
    mapping: bool = field(init=False)

    def __post_init__(self) -> None:
        self.mapping = isinstance(self.container, dict)

    def below(self) -> Path | None:
        """Return the path of the value that comes next; None where it is thrown away."""
        if self.path is None or self.discard:
            return None
        return (*self.path, len(self.container) if self.key is None else self.key)


class _Composer:
    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.marks: dict[Path, tuple[int, int]] = {}
        self.values: dict[Path, Spot] = {}
        self.problems: list[Problem] = []
        self.frames: list[_Frame] = []
        self.nodes = 0
        self.documents = 0
        self.result: Any = None

    def add(self, message: str, hint: str, spot: Spot, path: Path | None = ()) -> None:
        """Note a problem; stop when there are too many."""
        self.problems.append(Problem(message, self.file, spot.line, spot.column, show_path(path or ()), hint))
        if len(self.problems) >= MAX_PROBLEMS:
            raise _TooMuch

    def run(self) -> None:
        """Take all events."""
        import yaml

        try:
            from yaml.cyaml import CParser
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
        parser = CParser(self.text)
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
            self.add("a second document begins here", "one file holds one document", Spot(line, column))
            raise _TooMuch
        if event.tags or (event.version and tuple(event.version) != (1, 2)):
            self.add("a directive", "remove the line that begins with `%`; files are YAML 1.2", Spot(line, column))

    def enter(self, event: Any, line: int, column: int) -> None:
        """Count a node against the limits, and refuse anchors and tags."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            most = f"the file has more than {MAX_NODES:,} entries, which is the most that is read"
            self.add(most, "", Spot(line, column))
            raise _TooMuch
        if event.anchor:
            name = shorten(event.anchor)
            self.add(f"the anchor `&{name}`", "references are refused; remove it", Spot(line, column))
        if event.tag:
            name = shorten(event.tag)
            self.add(f"the tag `{name}`", "a file is plain data; remove it", Spot(line, column))

    def alias(self, event: Any, line: int, column: int) -> None:
        """Refuse a reference."""
        name = shorten(event.anchor)
        self.add(f"`*{name}` refers to another place", "write the value out here", Spot(line, column))
        frame = self.frames[-1] if self.frames else None
        if frame and frame.mapping and frame.key is None:
            frame.key, frame.discard = "", True
        else:
            self.put(None, Spot(line, column))

    def scalar(self, event: Any, line: int, column: int) -> None:
        """Take a name or a single value."""
        self.enter(event, line, column)
        frame = self.frames[-1] if self.frames else None
        if frame and frame.mapping and frame.key is None:
            self.key(frame, event.value, line, column)
        else:
            spot = Spot(line, column, event.style or "")
            path = frame.below() if frame else ()
            self.put(self.value(event, spot, path), spot)

    def key(self, frame: _Frame, text: str, line: int, column: int) -> None:
        """Take the name of an entry."""
        frame.key, frame.discard = text, frame.path is None
        if frame.path is None:
            return
        if not text or len(text) > MAX_KEY or "\n" in text or _CONTROL.search(text):
            frame.discard = True
            most = f"a name has 1 to {MAX_KEY} characters on one line"
            self.add(f"`{shorten(text)}` cannot be a name", most, Spot(line, column), frame.path)
        elif text in frame.lines:
            frame.discard = True
            twice = f"the name `{shorten(text)}` stands here twice; the first is on line {frame.lines[text]}"
            self.add(twice, "keep one of them", Spot(line, column), (*frame.path, text))
        else:
            frame.lines[text] = line
            self.marks[(*frame.path, text)] = (line, column)

    def value(self, event: Any, spot: Spot, path: Path | None) -> Scalar:
        """Return what a single value stands for."""
        text = event.value
        if event.implicit[0]:
            try:
                return plain_value(text)
            except ValueError as error:
                self.add(str(error), "", spot, path)
                return None
        if spot.style == '"' and (found := _CONTROL.search(text)):
            self.add(f"the text holds a control character (U+{ord(found[0]):04X})", "remove it", spot, path)
        return text

    def put(self, value: Any, spot: Spot) -> Path | None:
        """Put a value in its place and note where it stands; return its path."""
        if not self.frames:
            self.result = value
            self.values[()], self.marks[()] = spot, (spot.line, spot.column)
            return ()
        frame = self.frames[-1]
        path = frame.below()
        if path is not None:
            self.values[path] = spot
        if isinstance(frame.container, list):
            frame.container.append(value)
            if path is not None:
                self.marks[path] = (spot.line, spot.column)
        else:
            if path is not None and frame.key is not None:
                frame.container[frame.key] = value
            frame.key = None
        return path

    def begin_mapping(self, event: Any, line: int, column: int) -> None:
        """Begin a mapping."""
        self.enter(event, line, column)
        self.open({}, Spot(line, column, "{"))

    def begin_list(self, event: Any, line: int, column: int) -> None:
        """Begin a list."""
        self.enter(event, line, column)
        self.open([], Spot(line, column, "["))

    def open(self, container: dict[str, Any] | list[Any], spot: Spot) -> None:
        """Go into a mapping or a list."""
        if len(self.frames) >= MAX_DEPTH:
            self.add(f"nested more than {MAX_DEPTH} deep, which is the most that is read", "", spot)
            raise _TooMuch
        above = self.frames[-1] if self.frames else None
        if above and above.mapping and above.key is None:
            what = "mapping" if spot.style == "{" else "list"
            self.add(f"a {what} cannot be the name of an entry", "put it behind a name and a colon", spot, above.path)
            self.frames.append(_Frame(container, None, as_key=True))
        else:
            self.frames.append(_Frame(container, self.put(container, spot)))

    def end(self, event: Any, line: int, column: int) -> None:
        """Come out of a mapping or a list."""
        del event, line, column
        if self.frames.pop().as_key:
            self.frames[-1].key, self.frames[-1].discard = "", True
