"""Which sentences of a document are quoted: quotation marks followed across sentences and paragraphs."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MARK = re.compile('[“”„«»"]')
_BEFORE_OPENING = frozenset(" ([{—–-‘'\u00a0")
# A quotation may run over this many paragraphs without a mark between; farther on, the mark belongs to something else.
_FARTHEST = 100
# Marks of another style looked past in one paragraph; more are no quotation.
_MOST_MARKS = 200

# place in the paragraph, whether it opens, its style
_Mark = tuple[int, bool, str]


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
    quoted: list[list[bool]] = []
    carried = ""
    for index, (sentences, text, found) in enumerate(zip(paragraphs, texts, marks, strict=True)):
        if not found and not carried and not text.startswith("‘"):
            quoted.append([False] * len(sentences))
            continue
        spans, still_open = _spans(found, len(text), carried, _wholly_in_single_marks(text))
        carried = still_open if still_open and _closed_later(marks, index + 1, still_open) else ""
        if still_open and not carried and len(spans) > 1:
            spans = spans[:-1]  # a mark that nothing closes quotes nothing, unless the paragraph begins with it
        quoted.append(_inside(sentences, spans))
    return quoted


def _marks(text: str) -> list[_Mark]:
    found: list[_Mark] = []
    german = False  # “ closes what „ opened
    for mark in _MARK.finditer(text):
        sign, place = mark[0], mark.start()
        if sign == '"':
            before = text[place - 1] if place else " "
            after = text[place + 1] if place + 1 < len(text) else " "
            found.append((place, before in _BEFORE_OPENING and not after.isspace(), "straight"))
        elif sign in "«»":
            found.append((place, sign == "«", "angular"))
        else:
            found.append((place, sign == "„" or (sign == "“" and not german), "curly"))
            german = sign == "„"
    return found


def _closed_later(marks: Sequence[Sequence[_Mark]], start: int, style: str) -> bool:
    """Tell whether the next mark of that style closes, after an opening one repeated at the head of a paragraph."""
    for found in marks[start : start + _FARTHEST]:
        same = [mark for mark in found[:_MOST_MARKS] if mark[2] == style]
        rest = same[1:] if same and same[0][:2] == (0, True) else same
        if rest:
            return not rest[0][1]
    return False


def _spans(marks: Sequence[_Mark], length: int, carried: str, single: bool) -> tuple[list[tuple[int, int]], str]:
    """Return the quoted stretches of a paragraph, and the style of mark that is still open at its end."""
    if single:
        return [(0, length)], ""
    spans: list[tuple[int, int]] = []
    start, style = 0, carried
    for place, opens, of_style in marks:
        if opens and not style:
            start, style = place, of_style
        elif not opens and style == of_style:
            spans.append((start, place + 1))
            style = ""
    if style:
        spans.append((start, length))
    return spans, style


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
