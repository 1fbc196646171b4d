"""Sentences: where they end and where they only seem to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocs.sources.sentences import split_sentences


@pytest.mark.parametrize(
    "sentences",
    [
        # abbreviations of titles, units, references
        ["Dr. Kola met Gen. Hysa and Mr. J. F. Pula.", "They spoke."],
        ["See Kola (Ed.) and Pula (Eds.), vol. 2, pp. 3-4, no. 5.", "It is clear."],
        ["Ships of the U.S. Navy stayed.", "The U.S.", "The rest left."],
        ["The U.S. Sixth Fleet came from the U.K. on 4 Jan. 1961.", "It left at 6 p.m.", "Nobody saw it."],
        ["N.S. Khrushchev and J. Stalin disagreed.", "So did I. P. Togliatti."],
        ["He left Washington, D.C. in May.", "He never came back."],
        ["The firm of Pula, Kola et al. bought grain, coal, etc. from abroad.", "Prices rose."],
        ["St. Petersburg and Ft. Knox are far, i.e. not near, e.g. by ship.", "Cf. the map."],
        ["Martin Hysa Jr. spoke.", "The meeting went on."],
        # numbers
        ["Output grew by 16.5 per cent, then by 6.8.", "In 1965 it fell to 3.", "Nobody knew."],
        ["No. 5 Corps moved.", "He said no.", "Then he sat down."],
        ["1. The party must decide.", "2. The army must wait."],
        ["It cost $3.5 million.", "£2 were left."],
        # quotations and brackets
        ["He called it ‘the best of all ports.’", "The navy agreed."],
        ["“Stop.”", "“Why?”", "Nobody answered."],
        ['"Did you see it?" she asked.', '"I did!" he cried.', "It was over."],
        ["It was there (see p. 4. Nobody disputes it) for years.", "Then it went."],
        ["(It was winter.", "It was cold.)", "They left."],
        ["He said: «Non.»", "Elle est partie."],
        ["The base was closed.[12]", "The fleet left.*", "It was May."],
        ["The base was closed. [3]", "The fleet left."],
        # ellipses, questions, exclamations
        ["He waited ... and then left.", "It was late…", "Nobody came."],
        ["Well... he did not know.", "Did he?!", "Perhaps."],
        ["What now? asked the clerk.", "Nothing."],
        # other scripts
        ["他们走了。", "港口空了。"],
        ["Er sagte: „Nein.“", "Dann ging er."],
    ],
)
def test_where_they_end(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences)) == sentences


def test_spacing_does_not_matter() -> None:
    assert split_sentences("One  came.\n\tTwo\u00a0left. ") == ["One came.", "Two left."]


def test_a_parenthesis_that_is_never_closed_ends_some_day() -> None:
    text = "He came (so they say" + " and so on" * 60 + ". She left. They stayed."
    assert split_sentences(text)[-1] == "They stayed."


def test_nothing_gives_nothing() -> None:
    assert split_sentences("") == split_sentences(" \n ") == []
    assert split_sentences("...") == ["..."]


@given(st.text(alphabet=st.sampled_from("aB1 .!?…“”‘’\"'()[]—。Mr") | st.characters(codec="utf-8"), max_size=300))
def test_nothing_is_lost(text: str) -> None:
    sentences = split_sentences(text)
    assert all(sentence == " ".join(sentence.split()) and sentence for sentence in sentences)
    assert "".join("".join(sentences).split()) == "".join(text.split())


@given(st.lists(st.sampled_from(["It was so.", "Was it?", "“It was!”", "Dr. Kola left."]), min_size=1, max_size=20))
def test_sentences_put_together_come_apart(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences)) == sentences
