"""Citations: what may be written, what it means, and that writing it back changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocs.sources.citations import Citation, parse_citation


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kola1962", Citation("kola1962")),
        ("kola1962@pp. 117-119", Citation("kola1962", pages="117-119")),
        ("kola1962@pp. 117–119", Citation("kola1962", pages="117-119")),
        ("kola1962@p. 4", Citation("kola1962", pages="4")),
        ("kola1962@p.4", Citation("kola1962", pages="4")),
        ("kola1962@pp. xii, 4-7", Citation("kola1962", pages="xii, 4-7")),
        ("kola1962@p. A12", Citation("kola1962", pages="A12")),
        ("kola1962@ch. 3", Citation("kola1962", chapter="3")),
        ("kola1962@s9", Citation("kola1962", sentences=(9,))),
        ("kola1962@s9-10", Citation("kola1962", sentences=(9, 10))),
        ("kola1962@s9-s11", Citation("kola1962", sentences=(9, 10, 11))),
        ("kola1962@s12,s9", Citation("kola1962", sentences=(9, 12))),
        ("kola1962@s9b", Citation("kola1962", sentences=(9,), clauses=((9, "b"),))),
        ("kola1962@s8a-c", Citation("kola1962", sentences=(8,), clauses=((8, "a"), (8, "b"), (8, "c")))),
        # the whole sentence says more than a clause of it
        ("kola1962@s9b,s9", Citation("kola1962", sentences=(9,))),
        (" kola1962 @ s9 ", Citation("kola1962", sentences=(9,))),
        ("DBLP:a.b-c+d_1", Citation("DBLP:a.b-c+d_1")),
    ],
)
def test_what_may_be_written(text: str, expected: Citation) -> None:
    assert parse_citation(text) == expected


@pytest.mark.parametrize(
    ("citation", "text"),
    [
        (Citation("k", pages="4"), "k@p. 4"),
        (Citation("k", pages="4-5"), "k@pp. 4-5"),
        (Citation("k", pages="4, 9"), "k@pp. 4, 9"),
        (Citation("k", sentences=(1, 2, 3, 7)), "k@s1-3,s7"),
        (Citation("k", sentences=(1, 2), clauses=((2, "a"), (2, "b"), (2, "d"))), "k@s1,s2a-b,s2d"),
        (Citation("k", chapter="3"), "k@ch. 3"),
    ],
)
def test_how_it_is_rendered(citation: Citation, text: str) -> None:
    assert str(citation) == text
    assert parse_citation(text) == citation


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "no key"),
        ("@s1", "no key"),
        ("a b", "cannot be the key"),
        ("../../etc", "cannot be the key"),
        ("a/b", "cannot be the key"),
        ("k@", "nothing stands after"),
        ("k@s0", "numbered from s1"),
        ("k@s9-3", "runs backwards"),
        ("k@s3c-a", "runs backwards"),
        ("k@pp. 9-3", "runs backwards"),
        ("k@s1-99999", "longer than"),
        ("k@page 4", "is no page"),
        ("k@zz", "is no place in a source"),
        ("k@s1,,s2", "is no sentence"),
        ("k@s1@s2", "is no sentence"),
        ("k@" + ",".join(f"s{n}" for n in range(1, 90, 2)), "too many"),
        ("k" * 5000, "too long"),
    ],
)
def test_what_may_not(text: str, part: str) -> None:
    with pytest.raises(ValueError, match=part):
        parse_citation(text)


def test_only_text_is_a_citation() -> None:
    with pytest.raises(ValueError, match="a citation is text"):
        parse_citation(9)  # type: ignore[arg-type]


def test_clauses_of_a_sentence() -> None:
    citation = parse_citation("k@s8a,s8c,s9")
    assert citation.clauses_of(8) == ("a", "c")
    assert citation.clauses_of(9) == ()


keys = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,20}", fullmatch=True)
numbers = st.integers(1, 99_999)
pieces = st.one_of(
    numbers.map(lambda n: f"s{n}"),
    st.tuples(numbers, st.integers(0, 900)).map(lambda pair: f"s{pair[0]}-{pair[0] + pair[1]}"),
    st.tuples(numbers, st.sampled_from("abcxyz")).map(lambda pair: f"s{pair[0]}{pair[1]}"),
    st.tuples(numbers, st.sampled_from("abc"), st.sampled_from("cxz")).map(lambda t: f"s{t[0]}{t[1]}-{t[2]}"),
)


@given(keys, st.lists(pieces, max_size=40))
def test_reading_what_was_rendered_gives_the_same(key: str, places: list[str]) -> None:
    citation = parse_citation(key + ("@" + ",".join(places) if places else ""))
    assert parse_citation(str(citation)) == citation


@given(st.text(max_size=80) | st.from_regex(r"k@[sp]p?\.? ?[0-9a-z,. -]{0,30}", fullmatch=True))
def test_any_text_is_a_citation_or_a_clear_error(text: str) -> None:
    try:
        citation = parse_citation(text)
    except ValueError as error:
        assert str(error)
    else:
        assert parse_citation(str(citation)) == citation
