"""Fingerprints of sentences: a hash that stays the same however a sentence was copied.

A case may not carry other people's text, so it carries fingerprints. Two copies of a sentence, one from a web page
and one from a plain-text file, differ in quotation marks, dashes, spacing, line breaks and ligatures; all of these
are levelled before hashing. A change of a letter, a digit or a decimal point changes the fingerprint.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

DIGITS = 16
"""Hexadecimal digits kept: 64 bits, far more than needed to tell the sentences of one document apart."""

# Unicode's canonical ordering is quadratic in runs of combining marks; cutting words bounds the cost for hostile text.
# No word of a natural language is as long.
_LONGEST_WORD = 256

_NOTE_MARK = re.compile(r"\[\d{1,3}\]")
_SEPARATED_DIGITS = re.compile(r"(?<=\d)[.,](?=\d)")
_KEPT_PUNCTUATION = frozenset("%&#@")
# stands for a decimal point or comma while the rest of the punctuation is levelled
_POINT, _COMMA = "\ue000", "\ue001"
# spacing accents stand in for quotation marks; NFKC would turn them into a space and a combining mark
_LEVELLED_FIRST = str.maketrans({"´": "'", "`": "'", "¨": '"', "″": '"', "′": "'", "‴": '"', _POINT: " ", _COMMA: " "})


def normalise(sentence: str) -> str:
    """Level everything about a sentence that copying changes, keep everything that carries meaning.

    Letters are case-folded and brought to Unicode's NFKC form; quotation marks, dashes, brackets and other
    punctuation become single spaces, except the percent sign, currency and mathematical signs, and the point or
    comma inside a number. Numbers of footnotes in square brackets disappear.

    Parameters
    ----------
    sentence : str

    Returns
    -------
    str
        Words joined by single spaces; ``normalise(normalise(x)) == normalise(x)``.
    """
    words: list[str] = []
    for raw in _NOTE_MARK.sub(" ", sentence.translate(_LEVELLED_FIRST)).split():
        for start in range(0, len(raw), _LONGEST_WORD):
            words.extend(_levelled(raw[start : start + _LONGEST_WORD]))
    return " ".join(words)


def fingerprint(sentence: str) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the normalised sentence."""
    return hashlib.sha256(normalise(sentence).encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def _levelled(word: str) -> list[str]:
    if word.isascii() and word.isalnum():
        return [word.lower()]
    word = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())
    word = _SEPARATED_DIGITS.sub(lambda found: _POINT if found[0] == "." else _COMMA, word)
    pieces: list[str] = []
    for character in word:
        if character in (_POINT, _COMMA):
            pieces.append("." if character == _POINT else ",")
            continue
        group = unicodedata.category(character)
        if group[0] in "LMN":
            pieces.append(character)
        elif group == "Cf":  # soft hyphens, zero-width spaces and joiners, directional marks
            continue
        elif group in ("Sc", "Sm", "So") or character in _KEPT_PUNCTUATION:
            pieces.append(f" {character} ")
        else:
            pieces.append(" ")
    return "".join(pieces).split()
