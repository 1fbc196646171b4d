"""Text to TeX and back, as far as bibliographies need it: accents, special letters, quotation marks, dashes.

Scripts that TeX's accents cannot write (Cyrillic, Greek, Chinese) stay as they are: BibTeX and biber read UTF-8.
"""

from __future__ import annotations

import re
import unicodedata

_ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0308": '"', "\u0304": "=", "\u0307": ".",
    "\u0306": "u", "\u030c": "v", "\u030b": "H", "\u030a": "r", "\u0327": "c", "\u0328": "k", "\u0323": "d",
    "\u0331": "b",
}  # fmt: skip
_LETTERS = {
    "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "å": "aa", "Å": "AA", "ł": "l",
    "Ł": "L", "đ": "dj", "Đ": "DJ", "ð": "dh", "Ð": "DH", "þ": "th", "Þ": "TH", "ı": "i", "ȷ": "j",
}  # fmt: skip
_SIGNS = {
    "\\": "textbackslash", "{": "textbraceleft", "}": "textbraceright", "~": "textasciitilde",
    "^": "textasciicircum", "`": "textasciigrave", "…": "ldots", "§": "S", "¶": "P", "£": "pounds", "€": "texteuro",
    "©": "copyright", "°": "textdegree", "×": "texttimes", "·": "textperiodcentered", "«": "guillemotleft",
    "»": "guillemotright", "„": "quotedblbase", "‚": "quotesinglbase", "†": "dag", "‡": "ddag", "•": "textbullet",
    "′": "textquotesingle",
}  # fmt: skip
_PLAIN = {
    "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", '"': '{"}', "\u00a0": "~", "–": "--", "—": "---",
    "“": "``", "”": "''", "‘": "{`}", "’": "'",
}  # fmt: skip

_FROM_ACCENT = {mark: combining for combining, mark in _ACCENTS.items()}
_FROM_COMMAND = {
    **{command: letter for letter, command in _LETTERS.items()},
    **{command: sign for sign, command in _SIGNS.items()},
    "dots": "…", "textellipsis": "…", "textendash": "–", "textemdash": "—", "textquoteleft": "‘",
    "textquoteright": "’", "textquotedblleft": "“", "textquotedblright": "”", "textquotedbl": '"', "euro": "€",
    "textquotesingle": "'", "space": " ", "newline": " ", "par": " ", "slash": "/", "flqq": "«", "frqq": "»",
    "glqq": "„", "grqq": "“", "textunderscore": "_", "textdollar": "$", "textless": "<", "textgreater": ">",
}  # fmt: skip
_KEPT_SPACE = "\ue000"
_CLUSTER = re.compile(r".[\u0300-\u036f]*", re.DOTALL)
_TOKEN = re.compile(r"\\([A-Za-z]+)[ \t\n]*|\\([^A-Za-z])|---|--|``|''|[`~{}$]|[^\\`~{}$'-]+|.", re.DOTALL)


def encode(text: str) -> str:
    """Write text so that TeX prints it.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Braces are always balanced, so that the result may stand in a field of BibTeX.
    """
    text = " ".join(text.replace("\u00a0", _KEPT_SPACE).split()).replace(_KEPT_SPACE, "\u00a0")
    pieces: list[str] = []
    # letters with their accents, composed where Unicode can: R with a circumflex has no character of its own
    for character in _CLUSTER.findall(unicodedata.normalize("NFC", text)):
        if character == "-" and pieces and pieces[-1].endswith("-"):
            pieces.append("{}-")  # two hyphens are not a dash
        elif character == "'" and pieces and pieces[-1].endswith("'"):
            pieces.append("{}'")
        else:
            pieces.append(_encoded(character))
    return "".join(pieces)


def encode_title(text: str) -> str:
    """Write a title with its capitalised words in braces, so that styles which lower the case of titles keep them."""
    words = []
    for index, word in enumerate(text.split()):
        capitals = any(character.isupper() for character in (word if index else word[1:]))
        words.append(f"{{{encode(word)}}}" if capitals else encode(word))
    return " ".join(words)


def decode(text: str) -> str:
    """Read text out of TeX: accents become letters, braces and unknown commands go, their arguments stay.

    Parameters
    ----------
    text : str
        Value of a field of BibTeX.

    Returns
    -------
    str
        Plain text in NFC, white space levelled.

    Notes
    -----
    Cost: linear in the length of the text.
    """
    pieces: list[str] = []
    accents: list[str] = []  # commands that wait for the letter they stand on
    for found in _TOKEN.finditer(text):
        token, word, sign = found[0], found[1], found[2]
        if word is not None or sign is not None:
            mark = word or sign
            if mark in _FROM_ACCENT and not (word and mark in ("o", "l")):
                accents.append(_FROM_ACCENT[mark])
                continue
            plain = (
                _FROM_COMMAND.get(mark, "") if word else (" " if mark in "\\ \n,;:" else "" if mark in "/-!" else mark)
            )
            # a space after a command only ends its name
            pieces.append(_under(plain, accents) if plain in ("ı", "ȷ") else plain)
            continue
        if token in ("{", "}", "$"):
            continue
        if accents and not token.isspace():
            token = token.lstrip()
            pieces.append(_under(token[:1], accents) + token[1:])
            continue
        pieces.append({"---": "—", "--": "–", "``": "“", "''": "”", "`": "‘", "~": " "}.get(token, token))
    return unicodedata.normalize("NFC", " ".join("".join(pieces).split()))


def _encoded(character: str) -> str:
    if character in _PLAIN:
        return _PLAIN[character]
    if character.isascii() and len(character) == 1 and character not in _SIGNS:
        return character
    command = _LETTERS.get(character) or _SIGNS.get(character)
    if command:
        return f"{{\\{command}}}"
    parts = unicodedata.normalize("NFD", character)
    if len(parts) > 1 and parts[0].isascii() and all(mark in _ACCENTS for mark in parts[1:]):
        written = parts[0]
        for mark in parts[1:]:
            written = f"\\{_ACCENTS[mark]}{{{written}}}"
        return f"{{{written}}}"
    return character


def _under(letter: str, accents: list[str]) -> str:
    """Put the waiting accents on a letter; the innermost command was read last."""
    if accents:
        letter = {"ı": "i", "ȷ": "j"}.get(letter, letter) + "".join(reversed(accents))
        accents.clear()
    return letter
