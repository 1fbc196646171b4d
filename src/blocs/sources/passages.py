"""Passages: a document read into numbered sentences, with what was recognised around them and what was dropped.

The numbers of sentences are what citations such as ``key@s9`` mean, so they depend on the document alone: the same
file always gives the same numbers, and the fingerprints tell when a document differs from the one a case was written
with.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from blocs.errors import InputError, Problem
from blocs.sources.blocks import MOST_BLOCKS, Block, Blocks, Dropped, plain_blocks
from blocs.sources.credits import SourceLine, byline, source_line
from blocs.sources.fingerprints import fingerprint
from blocs.sources.furniture import begins_comments, reason_to_drop
from blocs.sources.quotation import quoted_sentences
from blocs.sources.sentences import split_sentences

# A long book is 2 MB of text; more is not a passage.
MOST_BYTES = 5_000_000

# Headings and titles are shorter than this and end without a full stop.
_HEADING_WORDS = 16
# A note on the author below the text is shorter than this.
_ABOUT_WORDS = 70

_MARKUP = re.compile(r"<(?:!doctype html|html|head|body|div|p|article|main|section|blockquote|h[1-6])\b", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_OTHER_FORMATS = (
    (b"%PDF", "a PDF file"),
    (b"PK\x03\x04", "a compressed file (perhaps a document of a word processor)"),
    (b"{\\rtf", "an RTF file"),
    (b"\xd0\xcf\x11\xe0", "a document of an old word processor"),
)

SentenceKind = Literal["quotation", "text"]


@dataclass(frozen=True)
class Sentence:
    """One numbered sentence.

    Parameters
    ----------
    number : int
        Counted from one; cited as ``s1``, ``s2`` ...
    text : str
    paragraph : int
        Number of its paragraph, counted from one.
    kind : {"quotation", "text"}
        Whether all of it is quoted.
    """

    number: int
    text: str
    paragraph: int
    kind: SentenceKind = "text"

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the sentence; see `blocs.sources.fingerprints`."""
        return fingerprint(self.text)


@dataclass(frozen=True)
class Passage:
    """A document read into sentences.

    Parameters
    ----------
    title : str
    sentences : tuple of Sentence
    citations : tuple of SourceLine
        Lines that say where the text, or a quotation in it, was printed.
    byline : str
        Who wrote or published the page.
    about_author : str
        A note on that person.
    headings : tuple of (int, str)
        Headings, each with the number of the sentence that follows.
    dropped : tuple of Dropped
        Every line that was left out as furniture of the page, with the reason.
    """

    title: str = ""
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[SourceLine, ...] = ()
    byline: str = ""
    about_author: str = ""
    headings: tuple[tuple[int, str], ...] = ()
    dropped: tuple[Dropped, ...] = ()

    @property
    def citation(self) -> SourceLine | None:
        """The first line that says where the text was printed."""
        return self.citations[0] if self.citations else None

    @property
    def fingerprints(self) -> dict[int, str]:
        """Fingerprint of every sentence, by number."""
        return {sentence.number: sentence.fingerprint for sentence in self.sentences}

    def sentence(self, number: int) -> Sentence:
        """Return a sentence by its number."""
        if not 1 <= number <= len(self.sentences):
            raise InputError(f"there is no sentence s{number}; the passage has s1 to s{len(self.sentences)}")
        return self.sentences[number - 1]

    def record(self) -> dict[str, object]:
        """Return what a bibliography keeps of the passage: the key ``passage`` of an item, without the text."""
        prints = {f"s{number}": value for number, value in self.fingerprints.items()}
        return {"sentences": len(self.sentences), "fingerprints": prints}

    def to_json(self) -> dict[str, Any]:
        """Return the passage as plain values, which `passage_from_json` reads."""
        return {
            "title": self.title,
            "sentences": [
                {
                    "number": sentence.number,
                    "text": sentence.text,
                    "paragraph": sentence.paragraph,
                    "kind": sentence.kind,
                    "fingerprint": sentence.fingerprint,
                }
                for sentence in self.sentences
            ],
            "citations": [line.to_json() for line in self.citations],
            "byline": self.byline,
            "about_author": self.about_author,
            "headings": [list(heading) for heading in self.headings],
            "dropped": [line.to_json() for line in self.dropped],
        }


def passage_from_json(data: Mapping[str, Any]) -> Passage:
    """Make a passage of what `Passage.to_json` gave."""
    try:
        return Passage(
            str(data["title"]),
            tuple(
                Sentence(int(one["number"]), str(one["text"]), int(one["paragraph"]), one["kind"])
                for one in data["sentences"]
            ),
            tuple(SourceLine(**line) for line in data["citations"]),
            str(data["byline"]),
            str(data["about_author"]),
            tuple((int(number), str(text)) for number, text in data["headings"]),
            tuple(Dropped(**line) for line in data["dropped"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("the stored passage is damaged; attach it again") from error


def read_passage(path: str | Path) -> Passage:
    """Read a plain-text or HTML document.

    Parameters
    ----------
    path : path
        At most 5 MB, in UTF-8 or another encoding that the document declares.

    Returns
    -------
    Passage

    Raises
    ------
    InputError
        When the file cannot be read, is no text, is too large, or holds no sentence.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(
                Problem(f"larger than {MOST_BYTES:,} bytes; attach the part that is cited", file=str(path))
            )
        data = path.read_bytes()
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror or error}", file=str(path))) from error
    except ValueError as error:  # a zero byte in the name
        raise InputError(Problem("is no name of a file")) from error
    return passage_from_bytes(data, str(path))


def passage_from_bytes(data: bytes, file: str = "") -> Passage:
    """Read a plain-text or HTML document that is already in memory; `file` names it in problems.

    HTML is recognised by the ending of the name or by its first tag.
    """
    if len(data) > MOST_BYTES:
        raise InputError(Problem(f"larger than {MOST_BYTES:,} bytes; attach the part that is cited", file=file))
    text = _decoded(data, file)
    web = file.lower().endswith((".html", ".htm", ".xhtml")) or _begins_as_markup(text)
    return passage_from_text(text, "html" if web else "text", file)


def passage_from_text(text: str, form: Literal["text", "html"] = "text", file: str = "") -> Passage:
    """Read a document given as text.

    Parameters
    ----------
    text : str
    form : {"text", "html"}
    file : str
        Name of the document, for problems.
    """
    if form == "html":
        from blocs.sources.web import web_blocks

        blocks = web_blocks(text)
    else:
        blocks = plain_blocks(text)
    passage = _assembled(blocks, file)
    if not passage.sentences:
        what = f" ({len(passage.dropped)} lines were dropped as furniture of the page)" if passage.dropped else ""
        raise InputError(Problem(f"holds no running text{what}", file=file, hint="save the document itself as text"))
    return passage


def _decoded(data: bytes, file: str) -> str:
    for signature, what in _OTHER_FORMATS:
        if data.startswith(signature):
            raise InputError(Problem(f"is {what}, not text", file=file, hint="save it as plain text or HTML"))
    encoding = "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif not data.startswith(codecs.BOM_UTF8):
        declared = _CHARSET.search(data, 0, 4_096)
        if declared and _begins_as_markup(data[:4_096].decode("latin-1")):
            encoding = _known_encoding(declared[1].decode("ascii"), file)
    try:
        text = data.decode(encoding)
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = data.count(b"\n", 0, start) + 1
        name = "UTF-8" if encoding == "utf-8-sig" else encoding
        raise InputError(Problem(f"is not {name}", file=file, line=line, hint="save it as UTF-8")) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(Problem("holds zero bytes, so it is no text", file=file, line=line))
    return text


def _known_encoding(name: str, file: str) -> str:
    try:
        found = codecs.lookup(name)
    except LookupError as error:
        raise InputError(
            Problem(f"declares the unknown encoding `{name}`", file=file, hint="save it as UTF-8")
        ) from error
    if not getattr(found, "_is_text_encoding", True):
        raise InputError(
            Problem(f"declares `{name}`, which is no encoding of text", file=file, hint="save it as UTF-8")
        )
    return "utf-8-sig" if found.name == "utf-8" else found.name


def _begins_as_markup(text: str) -> bool:
    start = text[:4_096].lstrip("\ufeff \t\r\n")
    return start.startswith("<") and _MARKUP.search(start) is not None


def _assembled(blocks: Blocks, file: str) -> Passage:
    """Tell body, headings, credits and furniture apart, and number the sentences of the body."""
    too_many = Problem(
        f"has more than {MOST_BLOCKS:,} paragraphs or sentences", file=file, hint="attach the part that is cited"
    )
    if blocks.too_many:
        raise InputError(too_many)
    sorter = _Sorter()
    for block in blocks.kept:
        sorter.take(block)
    sorter.end()
    splits: list[list[str]] = []
    count = 0
    for text, _ in sorter.body:
        splits.append(split_sentences(text, MOST_BLOCKS + 1 - count))
        count += len(splits[-1])
        if count > MOST_BLOCKS:
            raise InputError(too_many)
    quoted = quoted_sentences(splits)
    sentences: list[Sentence] = []
    first_of: list[int] = []
    for paragraph, (texts, marks, (_, block_quoted)) in enumerate(zip(splits, quoted, sorter.body, strict=True), 1):
        first_of.append(len(sentences) + 1)
        for text, mark in zip(texts, marks, strict=True):
            kind: SentenceKind = "quotation" if mark or block_quoted else "text"
            sentences.append(Sentence(len(sentences) + 1, text, paragraph, kind))
    first_of.append(len(sentences) + 1)
    return Passage(
        sorter.title or blocks.title,
        tuple(sentences),
        tuple(sorter.citations),
        sorter.byline,
        sorter.about_author,
        tuple((first_of[paragraph], text) for paragraph, text in sorter.headings),
        tuple([*blocks.dropped, *sorter.dropped]),
    )


class _Sorter:
    """Takes the blocks of a document one by one."""

    def __init__(self) -> None:
        self.title = self.byline = self.about_author = ""
        self.body: list[tuple[str, bool]] = []  # text, whether the format says that it is quoted
        self.headings: list[tuple[int, str]] = []  # how many paragraphs came before, text
        self.citations: list[SourceLine] = []
        self.dropped: list[Dropped] = []
        self._ended = False
        self._about_may_follow = False
        self._about = ""  # a note on the author, unless the document goes on after it
        self._headings_before_about = 0

    def take(self, block: Block) -> None:
        """Put a block where it belongs."""
        text = block.text
        if self._ended:
            self._drop(block, reason_to_drop(text) or "comments")
            return
        reason = reason_to_drop(text)
        if self.body and begins_comments(text):
            self._ended = True
        if reason:
            self._drop(block, reason)
            self._about_may_follow = False
            return
        line = source_line(text, self._after_quotation(), block.kind == "citation") if self.body else None
        if line is not None:
            self.citations.append(line)
            return
        name = byline(text)
        if name or block.kind == "byline":
            self._credit(name or text)
            return
        if self._about_may_follow and block.kind == "text" and len(text.split()) <= _ABOUT_WORDS:
            self._about = text
            self._headings_before_about = len(self.headings)
            self._about_may_follow = False
            return
        if block.kind == "heading" or (block.kind == "text" and self._looks_like_heading(text)):
            self._head(text)
            return
        self._no_end_yet()
        self.body.append((text, block.kind == "quote"))

    def end(self) -> None:
        """Say that there are no more blocks."""
        self.about_author = ". ".join(part for part in (self.about_author, self._about) if part)

    def _no_end_yet(self) -> None:
        """Take back what looked like a note on the author below the document: the document goes on."""
        if self._about:
            self.body.append((self._about, False))
            later = self.headings[self._headings_before_about :]
            self.headings[self._headings_before_about :] = [(place + 1, text) for place, text in later]
            self._about = ""
        self._about_may_follow = False

    def _credit(self, name: str) -> None:
        if self.byline:
            self.about_author = self.about_author or name
        else:
            self.byline = name
        # below the document a note on the author may follow its name; above it the document follows
        self._about_may_follow = bool(self.body) and not self._about

    def _head(self, text: str) -> None:
        if not self.title and not self.body:
            self.title = text
        else:
            self.headings.append((len(self.body), text))

    def _after_quotation(self) -> bool:
        text, block_quoted = self.body[-1]
        return block_quoted or text.rstrip().endswith(("”", "’", "»", '"', "“"))

    def _looks_like_heading(self, text: str) -> bool:
        if len(text.split()) > _HEADING_WORDS or len(text) > 160:
            return False
        if re.search(r"[.!?…:;,][\"'”’»)\]]*$", text) or text[0] in '“"‘«(•*-–—':
            return False
        return (text[0].isupper() or text[0].isdigit()) and not _opens_quotation(self.body)

    def _drop(self, block: Block, reason: str) -> None:
        self.dropped.append(Dropped(block.text[:200], reason, block.line))


def _opens_quotation(body: list[tuple[str, bool]]) -> bool:
    """Tell whether the last paragraph left a quotation open, so that a short line is part of it."""
    return bool(body) and body[-1][0].count("“") > body[-1][0].count("”")
