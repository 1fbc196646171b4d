"""Citations as people write them in cases: ``key``, ``key@pp. 117-119``, ``key@s9``, and back to text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

KEY_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,99}"
"""What a citation key may look like; it must not hold ``@``, ``,``, ``/`` or a space."""

HELP = (
    "write `key`, `key@p. 4`, `key@pp. 117-119`, `key@ch. 3`, `key@s9`, `key@s9-10`, `key@s9,s12`, "
    "or `key@s9b` for a clause"
)

# Sentence numbers above this are misprints: documents are read up to 5 MB, and a range must not fill the memory.
_MOST_SENTENCES = 1_000
# More places than anybody cites at once; together with the limits on numbers they bound the length of a citation.
_MOST_PLACES = 40
_LONGEST = 2_000

_KEY = re.compile(KEY_PATTERN)
_PAGE = r"(?:[A-Za-z]?\d{1,6}[a-z]?|[ivxlcdm]{1,12})"
_SPAN = re.compile(rf"({_PAGE})(?:\s*[-–]\s*({_PAGE}))?")
_LABEL = re.compile(r"(pp?|chs?)\s*\.?\s*(?=[\dA-Za-z])")
_SENTENCES = re.compile(r"s(\d{1,6})(?:([a-z])(?:\s*[-–]\s*([a-z]))?|\s*[-–]\s*s?(\d{1,6}))?")


@dataclass(frozen=True, order=True)
class Citation:
    """A source, and where in it.

    Parameters
    ----------
    key : str
        Key of the source in the bibliography of the case.
    pages : str
        ``"4"``, ``"117-119"``, ``"4, 7-9"``, ``"xii"``; empty when no page is given.
    chapter : str
        ``"3"``; empty when no chapter is given.
    sentences : tuple of int
        Numbers of sentences of the passage attached to the source, ascending.
    clauses : tuple of (int, str)
        Clauses, such as ``(9, "b")``, where only part of a sentence is meant; their numbers are in `sentences` too.
    """

    key: str
    pages: str = ""
    chapter: str = ""
    sentences: tuple[int, ...] = ()
    clauses: tuple[tuple[int, str], ...] = ()

    def __str__(self) -> str:
        """Render in the form that `parse_citation` reads."""
        place = self.locator
        return f"{self.key}@{place}" if place else self.key

    @property
    def locator(self) -> str:
        """The part after ``@``: ``pp. 117-119``, ``ch. 3``, ``s9-10``; empty for the whole source."""
        if self.pages:
            several = re.search(r"[-,]", self.pages) is not None
            return f"{'pp.' if several else 'p.'} {self.pages}"
        if self.chapter:
            return f"ch. {self.chapter}"
        return _render_sentences(self.sentences, self.clauses)

    def clauses_of(self, sentence: int) -> tuple[str, ...]:
        """Letters of the clauses that are meant in a sentence; empty when the whole sentence is meant."""
        return tuple(letter for number, letter in self.clauses if number == sentence)


def parse_citation(text: str) -> Citation:
    """Read one citation.

    Parameters
    ----------
    text : str
        ``key`` or ``key@locator``.

    Returns
    -------
    Citation

    Raises
    ------
    ValueError
        When `text` is no citation; the message says which part is wrong and what may be written.
    """
    if not isinstance(text, str):
        raise ValueError(f"a citation is text, not {type(text).__name__}; {HELP}")
    if len(text) > _LONGEST:
        raise ValueError(f"a citation of {len(text)} characters is too long (at most {_LONGEST}); {HELP}")
    key, at, locator = (part.strip() for part in text.partition("@"))
    if not _KEY.fullmatch(key):
        raise ValueError(f"`{_short(key)}` cannot be the key of a source; {HELP}" if key else f"no key; {HELP}")
    if not at:
        return Citation(key)
    if not locator:
        raise ValueError(f"nothing stands after `@` in `{_short(text)}`; {HELP}")
    if re.match(r"s\s*\d", locator):
        return _with_sentences(key, locator)
    label = _LABEL.match(locator)
    if label is None:
        raise ValueError(f"`{_short(locator)}` is no place in a source; {HELP}")
    spans = _spans(locator[label.end() :])
    return Citation(key, chapter=spans) if label[1].startswith("ch") else Citation(key, pages=spans)


def _spans(text: str) -> str:
    rendered = []
    for part in _places(text):
        found = _SPAN.fullmatch(part.strip())
        if found is None:
            raise ValueError(f"`{_short(part.strip())}` is no page, chapter or range of them; {HELP}")
        low, high = found[1], found[2]
        if high and low.isdigit() and high.isdigit() and len(high) >= len(low) and int(high) < int(low):
            raise ValueError(f"the range `{low}-{high}` runs backwards")
        rendered.append(f"{low}-{high}" if high else low)
    return ", ".join(rendered)


def _places(text: str) -> list[str]:
    places = text.split(",")
    if len(places) > _MOST_PLACES:
        raise ValueError(f"{len(places)} places in one citation are too many (at most {_MOST_PLACES})")
    return places


def _with_sentences(key: str, locator: str) -> Citation:
    whole: set[int] = set()
    parts: set[tuple[int, str]] = set()
    for piece in _places(locator):
        found = _SENTENCES.fullmatch(piece.strip())
        if found is None:
            raise ValueError(f"`{_short(piece.strip())}` is no sentence or range of sentences; {HELP}")
        low = int(found[1])
        if low == 0:
            raise ValueError("sentences are numbered from s1")
        if found[2]:
            first, last = ord(found[2]), ord(found[3] or found[2])
            if last < first:
                raise ValueError(f"the range `{piece.strip()}` runs backwards")
            parts.update((low, chr(letter)) for letter in range(first, last + 1))
            continue
        high = int(found[4]) if found[4] else low
        if high < low:
            raise ValueError(f"the range `{piece.strip()}` runs backwards")
        if high - low >= _MOST_SENTENCES:
            raise ValueError(f"the range `{piece.strip()}` is longer than {_MOST_SENTENCES} sentences")
        whole.update(range(low, high + 1))
    parts = {part for part in parts if part[0] not in whole}
    return Citation(key, sentences=tuple(sorted(whole | {number for number, _ in parts})), clauses=tuple(sorted(parts)))


def _render_sentences(sentences: Iterable[int], clauses: tuple[tuple[int, str], ...]) -> str:
    letters: dict[int, list[int]] = {}
    for number, letter in clauses:
        letters.setdefault(number, []).append(ord(letter))
    pieces: list[tuple[int, str]] = []
    for low, high in _runs([number for number in sentences if number not in letters], _MOST_SENTENCES):
        pieces.append((low, f"s{low}" if low == high else f"s{low}-{high}"))
    for number, codes in letters.items():
        for low, high in _runs(codes, 26):
            pieces.append((number, f"s{number}{chr(low)}" + (f"-{chr(high)}" if high > low else "")))
    return ",".join(text for _, text in sorted(pieces))


def _runs(numbers: Iterable[int], longest: int) -> Iterator[tuple[int, int]]:
    """Yield first and last of each run of consecutive numbers, cut where a run would be longer than can be read."""
    low = high = None
    for number in numbers:
        if low is not None and high is not None and number == high + 1 and number - low < longest:
            high = number
            continue
        if low is not None and high is not None:
            yield low, high
        low = high = number
    if low is not None and high is not None:
        yield low, high


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
