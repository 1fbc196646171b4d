"""Splitting a paragraph into sentences by rules, in one pass over the text.

The rules are those of printed English, the language of most of our sources: what ends a sentence (with the quotation
marks and brackets that follow), and what only looks like an end (abbreviations, initials, numbers, ellipses, a
parenthesis inside a sentence). No model is needed, and the same text always gives the same sentences, so that
a citation of sentence nine stays true.
"""

from __future__ import annotations

import re

from blocs.sources.wordlists import words

OPENERS = "\"'“‘„‚«‹([{"
CLOSERS = "\"'”’»›)]}“‘"

# The run of marks and closers always matches whole, so that a megabyte of dots is read once.
_END = re.compile(r"[.!?…]+(?:\[\d{1,3}\]|[\"'”’»›)\]}“‘*†‡¹²³⁰⁴-⁹])*(?: \[\d{1,3}\])*|[。！？｡]+[」』”’）]*")
_AFTER_BREAK = re.compile(r"^.*[—–/]")
_LETTERS = re.compile(r"[^\W\d_]+")
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_PARENTHESIS = re.compile(r"[()]")
# A parenthesis longer than this was most likely never closed; ends of sentences inside it count again.
_LONGEST_PARENTHESIS = 400
# Longest abbreviation looked for before a full stop, in characters.
_LOOK_BACK = 24

# Never end a sentence: a name, a number or a title follows.
_ALWAYS = words(
    "mr mrs ms dr prof rev hon st ste sr fr messrs mme mlle gen lt col maj capt cmdr adm sgt cpl pvt brig gov sen rep "
    "pres amb supt insp vs cf viz eg ie e.g i.e ca approx resp op cit loc ibid pp p fol ff vol vols ch chap chaps sec "
    "secs fig figs eq eqs art arts para paras app appx bk pt pts ed eds trans transl comp comps rev repr nr mt ft "
    "vgl bzw bd hrsg tov akad"
)
# End no sentence where a number follows: "No. 5", "c. 1960", "Sept. 3".
_BEFORE_NUMBERS = words(
    "no nos n c circa art jan feb mar apr jun jul aug sep sept oct nov dec par col l ll s ss d b abs doc docs"
)
# May end a sentence or not: the next word decides.
_EITHER = words(
    "jr sr esq inc ltd co corp bros etc al u.s u.k u.n u.s.s.r p.r.c g.d.r f.r.g e.u d.c a.m p.m b.c a.d ph.d m.a b.a "
    "ave blvd rd univ dept dist assn est min max rpt no"
)
# Words that begin sentences far more often than they follow an abbreviation inside one.
_STARTERS = words(
    "the a an in on at as by for from with without to of this that these those there here it its he his she her they "
    "their we our you your i but and or nor so yet however moreover furthermore nevertheless nonetheless meanwhile "
    "then thus therefore hence when while where after before since until if although though because despite during "
    "under over between among both each every all some many most few several no not none one two three what who why "
    "how such also even only still already later soon once again finally first second third nobody everybody everyone "
    "somebody someone nothing everything something others neither either whether perhaps now today"
)


def split_sentences(text: str, most: int | None = None) -> list[str]:
    """Split one paragraph into its sentences.

    Parameters
    ----------
    text : str
        One paragraph; runs of white space count as one space.
    most : int, optional
        Give up the rest of the paragraph after so many sentences.

    Returns
    -------
    list of str
        The sentences in order, none empty; joined by spaces they give back the paragraph, except that scripts
        written without spaces may gain them.

    Notes
    -----
    Cost: linear in the length of the text, hostile text included.
    """
    text = " ".join(text.split())
    sentences: list[str] = []
    start = 0
    parenthesis = _Parentheses(text) if "(" in text else None
    for found in _END.finditer(text):
        end = found.end()
        if end < len(text):
            if parenthesis is not None and parenthesis.inside_one_opened_after(start, end):
                continue
            if not _ends_here(text, found, start):
                continue
        sentence = text[start:end].strip()
        if sentence:
            sentences.append(sentence)
        start = end
        if len(sentences) == most:
            return _joined_leftovers(sentences)
    rest = text[start:].strip()
    if rest:
        sentences.append(rest)
    return _joined_leftovers(sentences)


class _Parentheses:
    """Tells whether a place lies inside a parenthesis that was opened in mid-sentence; moves forwards only."""

    def __init__(self, text: str) -> None:
        self._marks = [(found.start(), found[0] == "(") for found in _PARENTHESIS.finditer(text)]
        self._next = 0
        self._open: list[int] = []

    def inside_one_opened_after(self, start: int, place: int) -> bool:
        while self._next < len(self._marks) and self._marks[self._next][0] < place:
            position, opens = self._marks[self._next]
            if opens:
                self._open.append(position)
            elif self._open:
                self._open.pop()
            self._next += 1
        # a sentence that begins with the parenthesis is itself inside it and may end there
        return bool(self._open) and start + 1 < self._open[-1] and place - self._open[-1] <= _LONGEST_PARENTHESIS


def _ends_here(text: str, found: re.Match[str], start: int) -> bool:
    mark, end = found[0], found.end()
    if mark[0] in "。！？｡":
        return True
    if not text[end].isspace():
        return False
    following = text[end + 1 : end + 24]
    if not following[:1].isalpha():
        following = text[end + 1 : end + 40].lstrip(OPENERS + " ")
        if not following:
            return True
    first = following[0]
    if first.islower():
        return False
    if not (first.isalnum() or first in "—–-•§$£€¥#"):
        return False
    if mark[0] != "." or mark.startswith(".."):
        return True
    return _full_stop_ends(text, start, found.start(), following, mark)


def _full_stop_ends(text: str, start: int, place: int, following: str, mark: str) -> bool:
    """Decide whether a single full stop ends a sentence, from the word before it and the word after it."""
    begin = max(start, place - _LOOK_BACK, text.rfind(" ", start, place) + 1)
    word = _AFTER_BREAK.sub("", text[begin:place]).lstrip(OPENERS)
    bare = word.lower()
    next_word = _LETTERS.match(following)
    starter = next_word is not None and next_word[0].lower() in _STARTERS
    if not word:
        return place - start > 1
    if word.isdigit() and begin - start <= 1:  # a sentence begins with the space before it
        return False  # "1. The ..." numbers a paragraph
    if len(mark) > 1 and mark[1] in ")]":
        return bare not in ("e.g", "i.e") and not (bare in ("ed", "eds", "trans") and not starter)
    if bare in _ALWAYS:
        return False
    if bare in _BEFORE_NUMBERS and following[0].isdigit():
        return False
    if bare in _EITHER:
        return starter
    if len(word) == 1 and word.isalpha() and word.isupper():
        # an initial, as in "J. F. Kennedy"; but "Annex B. The ..." and "he and I. The ..."
        return starter
    if _DOTTED.fullmatch(word):
        return starter  # dotted letters: "N.S. Khrushchev", "the C.P.S.U. The ..."
    return True


def _joined_leftovers(sentences: list[str]) -> list[str]:
    """Give a piece without a letter or digit (a stray quotation mark, three dots) to the sentence before it."""
    joined: list[list[str]] = []
    for sentence in sentences:
        if joined and not any(character.isalnum() for character in sentence):
            joined[-1].append(sentence)
        else:
            joined.append([sentence])
    return [" ".join(pieces) for pieces in joined]
