"""Blocks: the paragraphs, headings and quotations that a document is made of, before anything is numbered.

A reader of a format (`plain`, `web`) turns a document into blocks and tells what it dropped; the rest is the same for
all formats.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from blocs.sources.furniture import reason_to_drop

Kind = Literal["text", "title", "heading", "quote", "citation", "byline"]

_SOFT_BREAK = re.compile(r"\u00ad\s*\n\s*")
_LINE_BREAK = re.compile(r"\r\n?|[\u2028\x0b\x0c\x85]")
_INVISIBLE = re.compile(r"[\u200b\u200e\u200f\u2060\ufeff\x00-\x08\x0e-\x1f\x7f]")
_ENDS = re.compile(r"[.!?…:;][\"'”’»›)\]]*$")
_STARTS_ASIDE = re.compile(r"^(?:[—–]|--)\s?\S")
# A book of 5 MB has about 40,000 sentences; a file with more was made to keep the reader busy.
MOST_BLOCKS = 50_000

# Lines of text files are wrapped at up to this many characters; a longer line is a paragraph of its own.
_WRAP = 100
# Where no line is as long as this and none begins with a small letter, nothing was wrapped: a list of links or names.
_NARROW = 45
# A wrapped line this much shorter than the longest is the last of its paragraph.
_SHORT = 0.55


@dataclass(frozen=True)
class Block:
    """A paragraph or a heading.

    Parameters
    ----------
    text : str
        White space levelled, no line breaks.
    kind : {"text", "title", "heading", "quote", "citation", "byline"}
        What the format says it is; ``text`` where it says nothing.
    line : int
        Line of the file on which it begins, counted from one.
    """

    text: str
    kind: Kind = "text"
    line: int = 0


@dataclass(frozen=True)
class Dropped:
    """A line that is not part of the document, and why."""

    text: str
    reason: str
    line: int = 0

    def to_json(self) -> dict[str, object]:
        """Return the line as plain values."""
        return {"text": self.text, "reason": self.reason, "line": self.line}


@dataclass
class Blocks:
    """What a reader of a format gives.

    Parameters
    ----------
    kept : list of Block
    dropped : list of Dropped
    title : str
        Title from the head of the page, where the body has none.
    """

    kept: list[Block] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    title: str = ""

    @property
    def too_many(self) -> bool:
        """Whether reading was given up because no document has so many paragraphs."""
        return len(self.kept) + len(self.dropped) > MOST_BLOCKS


def level(text: str) -> str:
    """Level white space and remove characters that nobody sees."""
    return " ".join(_INVISIBLE.sub("", text).split())


def plain_blocks(text: str) -> Blocks:
    """Divide plain text into blocks.

    Parameters
    ----------
    text : str
        Paragraphs separated by empty lines; or one paragraph a line; or lines wrapped at a width, with or without
        empty lines between paragraphs.

    Returns
    -------
    Blocks
    """
    blocks = Blocks()
    text = _LINE_BREAK.sub("\n", _SOFT_BREAK.sub("", text))
    group: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        line = level(line)
        if line:
            group.append((number, line))
        elif group:
            if blocks.too_many:
                return blocks
            _paragraphs(group, blocks)
            group = []
    _paragraphs(group, blocks)
    return blocks


def joined_lines(lines: list[str]) -> list[str]:
    """Join lines that were broken inside a sentence; a line that ends a sentence ends its paragraph."""
    paragraphs: list[list[str]] = []
    for line in lines:
        if paragraphs and not _ENDS.search(paragraphs[-1][-1]) and not _STARTS_ASIDE.match(line):
            paragraphs[-1].append(line)
        else:
            paragraphs.append([line])
    return [" ".join(lines) for lines in paragraphs]


def _paragraphs(group: list[tuple[int, str]], blocks: Blocks) -> None:
    """Divide lines between two empty lines into paragraphs."""
    width = max((len(line) for _, line in group), default=0)
    wrapped = width <= _WRAP and (width >= _NARROW or any(line[0].islower() for _, line in group[1:]))
    paragraphs: list[tuple[int, list[str]]] = []
    ended = True
    for number, line in group:
        # a line that begins with a small letter goes on with the sentence of the line before
        reason = reason_to_drop(line) if len(group) > 1 and not line[0].islower() else ""
        if reason:
            blocks.dropped.append(Dropped(line, reason, number))
            ended = True
            continue
        if len(paragraphs) + len(blocks.dropped) > MOST_BLOCKS:
            break  # `Blocks.too_many` tells
        if ended or _STARTS_ASIDE.match(line):
            paragraphs.append((number, [line]))
        else:
            paragraphs[-1][1].append(line)
        ended = not wrapped or len(line) < _SHORT * width
    blocks.kept.extend(Block(" ".join(lines), "text", number) for number, lines in paragraphs)
