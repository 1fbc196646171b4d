"""Fingerprints: the same for every copy of a sentence, another for another sentence."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocs.sources.fingerprints import fingerprint, normalise

SENTENCE = "“The harbour-master’s ‘modern’ fleet — twelve boats — cost 16.5 million,” he said."


def test_it_is_the_beginning_of_the_hash_of_the_normalised_sentence() -> None:
    words = "the harbour master s modern fleet twelve boats cost 16.5 million he said"
    assert normalise(SENTENCE) == words
    assert fingerprint(SENTENCE) == hashlib.sha256(words.encode()).hexdigest()[:16]
    assert re.fullmatch("[0-9a-f]{16}", fingerprint(SENTENCE))


@pytest.mark.parametrize(
    "copy",
    [
        "\"The harbour-master's 'modern' fleet - twelve boats - cost 16.5 million,\" he said.",
        "The harbour-\nmaster’s ‘modern’ fleet—twelve boats—cost\u00a016.5  million, he said",
        "THE HARBOUR\u2011MASTER´S «MODERN» FLEET – TWELVE BOATS – COST 16.5 MILLION, HE SAID!",
        "“The har\u00adbour-master’s ‘modern’ \ufb02eet — twelve\u200b boats — cost 16.5 million,”[12] he said.",
        "The harbour-master`s “modern” fleet (twelve boats) cost １６.５ million; he said…",
    ],
)
def test_copies_have_the_same(copy: str) -> None:
    assert fingerprint(copy) == fingerprint(SENTENCE)


@pytest.mark.parametrize(
    "other",
    [
        SENTENCE.replace("16.5", "165"),
        SENTENCE.replace("16.5", "16,5"),
        SENTENCE.replace("twelve", "eleven"),
        SENTENCE.replace("million", "million $"),
        SENTENCE.replace("modern", "módern"),
        SENTENCE.replace("boats", "boat"),
        SENTENCE.replace("he said", ""),
    ],
)
def test_other_sentences_have_others(other: str) -> None:
    assert fingerprint(other) != fingerprint(SENTENCE)


def test_signs_with_meaning_are_kept_however_they_are_spaced() -> None:
    assert normalise("54 % of £5") == normalise("54% of £ 5") == "54 % of £ 5"
    assert fingerprint("54 per cent") != fingerprint("54 %")


def test_letters_of_all_scripts_count() -> None:
    assert normalise("Хрущёв — «Албания»") == "хрущёв албания"
    assert normalise("STRASSE") == normalise("Straße")
    assert fingerprint("Хрущёв") != fingerprint("Хрущев")


words = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), min_size=1, max_size=12)
spaces = st.sampled_from([" ", "  ", "\n", "\t ", "\u00a0", "\u2003", "\r\n"])
marks = st.sampled_from(["'", '"', "‘", "’", "“", "”", "«", "»", "—", "–", "- ", "(", ")", "…", "; "])


@given(words, st.data())
def test_spacing_and_quotation_marks_change_nothing(parts: list[str], data: st.DataObject) -> None:
    plain = " ".join(parts)
    copy = "".join(
        data.draw(marks) * data.draw(st.integers(0, 1)) + part.replace("'", "’") + data.draw(spaces) for part in parts
    )
    # a mark before a word may stand where a note mark or a number is cut in two only if the word itself begins so
    assert fingerprint(" ".join(copy.split())) == fingerprint(copy)
    if all(part.strip() and part[0].isalpha() for part in parts):
        assert fingerprint(copy) == fingerprint(plain)


@given(st.text(st.characters()))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert len(fingerprint(text)) == 16


def test_a_long_run_of_accents_is_no_trap() -> None:
    # Unicode's reordering of accents is quadratic; cut into words it is not
    assert len(fingerprint("a" + "\u0301\u0328" * 100_000)) == 16
