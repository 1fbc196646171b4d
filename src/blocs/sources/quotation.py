"""Which sentences of a document are quoted: quotation marks followed across sentences and paragraphs."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MARK = re.compile('[“”„«»"]')
_BEFORE_OPENING = frozenset(" ([{—–-‘'\u00a0")
# A quotation may run over this many paragraphs without a mark between; farther on, the mark belongs to something else.
_FARTHEST = 100


def quoted_sentences(paragraphs: Sequence[Sequence[str]]) -> list[list[bool]]:
    """Tell for each sentence whether all of it stands in quotation marks.

    Parameters
    ----------
    paragraphs : sequence of sequences of str
        The sentences of each paragraph, in order.

    Returns
    -------
    list of lists of bool
        The same shape.

    Notes
    -----
    A quotation of several paragraphs may repeat the opening mark at the head of each (the usual way) or not; it is
    carried over to the next paragraph only when a closing mark follows there before another opening one.
    """
    texts = [" ".join(sentences) for sentences in paragraphs]
    marks = [_marks(text) for text in texts]
    closes_first = [_closes_first(found) for found in marks]
    quoted: list[list[bool]] = []
    carried = False
    for index, (sentences, text, found) in enumerate(zip(paragraphs, texts, marks, strict=True)):
        if not found and not carried and not text.startswith("‘"):
            quoted.append([False] * len(sentences))
            continue
        spans, still_open = _spans(found, len(text), carried, _wholly_in_single_marks(text))
        carried = still_open and _closed_later(closes_first, index + 1)
        if still_open and not carried and len(spans) > 1:
            spans = spans[:-1]  # a mark that nothing closes quotes nothing, unless the paragraph begins with it
        quoted.append(_inside(sentences, spans))
    return quoted


def _marks(text: str) -> list[tuple[int, bool]]:
    """Places of quotation marks, and whether each opens."""
    found: list[tuple[int, bool]] = []
    german = False  # “ closes what „ opened
    for mark in _MARK.finditer(text):
        sign, place = mark[0], mark.start()
        if sign == '"':
            before = text[place - 1] if place else " "
            after = text[place + 1] if place + 1 < len(text) else " "
            opens = before in _BEFORE_OPENING and not after.isspace()
        elif sign == "“":
            opens = not german
            german = False
        else:
            opens = sign in "„«"
            german = sign == "„"
        found.append((place, opens))
    return found


def _closes_first(marks: list[tuple[int, bool]]) -> bool | None:
    """Whether the first mark after a repeated opening one closes; None when there is none."""
    rest = marks[1:] if marks and marks[0] == (0, True) else marks
    return not rest[0][1] if rest else None


def _closed_later(closes_first: list[bool | None], start: int) -> bool:
    for verdict in closes_first[start : start + _FARTHEST]:
        if verdict is not None:
            return verdict
    return False


def _spans(
    marks: list[tuple[int, bool]], length: int, carried: bool, single: bool
) -> tuple[list[tuple[int, int]], bool]:
    """Return the quoted stretches of a paragraph, and whether the last is still open at its end."""
    if single:
        return [(0, length)], False
    spans: list[tuple[int, int]] = []
    start: int | None = 0 if carried else None
    for place, opens in marks:
        if opens and start is None:
            start = place
        elif not opens and start is not None:
            spans.append((start, place + 1))
            start = None
    if start is not None:
        spans.append((start, length))
    return spans, start is not None


def _wholly_in_single_marks(text: str) -> bool:
    return re.fullmatch(r"‘[^‘]*[.!?…]’", text) is not None


def _inside(sentences: Sequence[str], spans: list[tuple[int, int]]) -> list[bool]:
    result: list[bool] = []
    place, which = 0, 0
    for sentence in sentences:
        first = next((index for index, sign in enumerate(sentence) if sign.isalnum()), 0)
        last = next(
            (index for index in range(len(sentence) - 1, -1, -1) if sentence[index].isalnum()), len(sentence) - 1
        )
        while which < len(spans) and spans[which][1] <= place + first:
            which += 1
        inside = which < len(spans) and spans[which][0] <= place + first and place + last < spans[which][1]
        result.append(inside)
        place += len(sentence) + 1
    return result
