"""Bibliographies: every problem at once and in its place; YAML, CSL-JSON and BibTeX give the same sources."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocs.errors import InputError
from blocs.sources.bibliography import (
    Bibliography,
    bibliography_from_bibtex,
    bibliography_from_data,
    bibliography_from_json,
    read_bibliography,
)
from blocs.sources.items import Date, Name, PassageRecord
from blocs.sources.validation import MOST_PROBLEMS

BOOK: dict[str, Any] = {
    "id": "kola1962",
    "type": "book",
    "title": "The Harbour Papers",
    "author": [{"family": "Kola", "given": "Ana M."}, {"literal": "Institute of Ports"}],
    "issued": 1962,
    "publisher": "Example Press",
}
PRINT = "0123456789abcdef"


def problems_of(*items: Any) -> list[tuple[str, str, str, str]]:
    _, problems = bibliography_from_data(list(items))
    return [(problem.severity, problem.path, problem.message, problem.hint) for problem in problems]


def test_a_right_item() -> None:
    bibliography, problems = bibliography_from_data([BOOK], {}, "b.yaml")
    assert problems == []
    item = bibliography["kola1962"]
    assert item.title == "The Harbour Papers"
    assert item.names("author") == (Name("Kola", "Ana M."), Name(literal="Institute of Ports"))
    assert item.date() == Date((1962,))
    assert item.text("publisher") == "Example Press"
    assert item.text("URL") == "" and item.names("editor") == () and item.date("accessed") is None
    assert bibliography.keys() == ("kola1962",) and "kola1962" in bibliography and len(bibliography) == 1


def test_bibliographies_can_be_copied_and_compared() -> None:
    bibliography, _ = bibliography_from_data([BOOK])
    assert copy.deepcopy(bibliography) == bibliography == pickle.loads(pickle.dumps(bibliography))
    assert hash(bibliography.items[0]) == hash(copy.deepcopy(bibliography).items[0])


def test_an_unknown_key_names_the_nearest() -> None:
    bibliography, _ = bibliography_from_data([BOOK], {}, "b.yaml")
    with pytest.raises(InputError, match=r"`kola1926` is not in b.yaml; did you mean `kola1962`\?"):
        bibliography["kola1926"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1961, Date((1961,))),
        ("1961", Date((1961,))),
        ("1961-04", Date((1961, 4))),
        ("1961-04-27", Date((1961, 4, 27))),
        ("1961-04/1961-05", Date((1961, 4), (1961, 5))),
        ("ca. 1961", Date((1961,), circa=True)),
        ("c. 1961", Date((1961,), circa=True)),
        ("n.d.", Date()),
        ({"date-parts": [[1961, 4, 27]]}, Date((1961, 4, 27))),
        ({"date-parts": [["1961", "4"]]}, Date((1961, 4))),
        ({"date-parts": [[1961], [1963]], "circa": True}, Date((1961,), (1963,), True)),
        ({"raw": "1961-04"}, Date((1961, 4))),
        ({"literal": "Spring 1961"}, Date(literal="Spring 1961")),
        ({"date-parts": [[1961]], "season": 1}, Date((1961,), literal="Spring 1961")),
    ],
)
def test_dates(value: Any, expected: Date) -> None:
    bibliography, problems = bibliography_from_data([BOOK | {"issued": value}])
    assert problems == []
    date = bibliography["kola1962"].date()
    assert date == expected
    again, problems = bibliography_from_data(bibliography.to_csl_json())
    assert problems == [] and again.items == bibliography.items


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("1961-13", "no month 13"),
        ("1961-02-29", "no day 29"),
        ("27 April 1961", "is no date"),
        (61, "is no date"),
        (3001, "outside"),
        (True, "is no date"),
        (None, "is no date"),
        ([1961], "is no date"),
        ("1963/1961", "runs backwards"),
        ({"date-parts": [1961]}, "lists in a list"),
        ({"date-parts": [[1961, 4, 27, 1]]}, "a year, a month and a day"),
        ({"date-parts": [[1961.5]]}, "whole numbers"),
        ({"year": 1961}, "`year` is no part of a date"),
        ({}, "holds no date"),
    ],
)
def test_wrong_dates(value: Any, part: str) -> None:
    found = problems_of(BOOK | {"issued": value})
    assert len(found) == 1 and found[0][:2] == ("error", "[0].issued") and part in found[0][2]


@pytest.mark.parametrize(
    ("change", "path", "part", "hint"),
    [
        ({"id": None}, "[0]", "no `id`", ""),
        ({"id": "a b"}, "[0].id", "cannot be an id", "letters"),
        ({"type": None}, "[0]", "no `type`", "book"),
        ({"type": "bok"}, "[0].type", "unknown type `bok`", "did you mean `book`?"),
        ({"titel": "x"}, "[0].titel", "unknown field", "did you mean `title`?"),
        ({"title": ["x"]}, "[0].title", "must be text, not a list", ""),
        ({"title": True}, "[0].title", "must be text, not true or false", ""),
        ({"author": "Kola, Ana"}, "[0].author", "list of names, not text", "{family:"),
        ({"author": ["Kola"]}, "[0].author[0]", "must be a name, not text", "{family:"),
        ({"author": [{"given": "Ana"}]}, "[0].author[0]", "needs `family` or `literal`", "{family:"),
        ({"author": [{"famly": "K", "family": "K"}]}, "[0].author[0].famly", "no part of a name", "`family`?"),
        ({"author": [{"family": 3}]}, "[0].author[0].family", "must be text, not a number", ""),
        ({"URL": "example.org"}, "[0].URL", "is no address", "https://"),
        ({"DOI": "abc"}, "[0].DOI", "is no DOI", "10."),
        ({"passage": 3}, "[0].passage", "must be a mapping", ""),
        ({"passage": {"sentences": 0}}, "[0].passage.sentences", "at least 1", ""),
        ({"passage": {"sentences": 1, "print": {}}}, "[0].passage.print", "unknown field", ""),
        ({"passage": {"sentences": 1, "fingerprints": {"s2": PRINT}}}, "[0].passage.fingerprints.s2", "only 1", ""),
        ({"passage": {"sentences": 1, "fingerprints": {"1": PRINT}}}, "[0].passage.fingerprints.1", "no sentence", ""),
        ({"passage": {"sentences": 1, "fingerprints": {"s1": 1234}}}, "[0].passage.fingerprints.s1", "16", "quotation"),
        ({"passage": {"sentences": 1, "clauses": {"s1": 99}}}, "[0].passage.clauses.s1", "from 1 to 26", ""),
    ],
)
def test_what_is_wrong_is_told_where_it_is(change: dict[str, Any], path: str, part: str, hint: str) -> None:
    item = {name: value for name, value in (BOOK | change).items() if value is not None}
    found = [one for one in problems_of(item) if one[0] == "error"]
    assert len(found) == 1
    assert found[0][1] == path and part in found[0][2] and hint in found[0][3]


def test_all_problems_come_at_once_with_their_lines() -> None:
    marks = {(): (1, 1), (0,): (1, 3), (0, "type"): (2, 3), (1,): (9, 3), (1, "id"): (9, 5)}
    items = [{"id": "a", "type": "bok", "title": "T", "issued": "x"}, {"id": "A", "type": "book", "title": "T"}]
    _, problems = bibliography_from_data(items, marks, "b.yaml")
    told = [(p.line, p.column, p.severity, p.path) for p in problems]
    assert told == [(2, 3, "error", "[0].type"), (1, 3, "error", "[0].issued"), (9, 3, "warning", "[1]"),
                    (9, 5, "error", "[1].id")]  # fmt: skip
    assert "on line 1" in problems[-1].message


@pytest.mark.parametrize("data", [None, 3, "text", {"id": "a"}])
def test_a_bibliography_is_a_list(data: Any) -> None:
    bibliography, problems = bibliography_from_data(data)
    assert len(bibliography) == 0 and "a list of items" in problems[0].message


def test_an_item_with_a_mistake_can_still_be_cited() -> None:
    bibliography, problems = bibliography_from_data([BOOK | {"issued": "x"}])
    assert problems and "kola1962" in bibliography


def test_warnings() -> None:
    chapter = {"id": "a", "type": "chapter", "title": "T", "issued": "n.d."}
    assert [one[0] for one in problems_of(chapter)] == ["warning"]
    undated = {"id": "a", "type": "book", "title": "T"}
    assert [(one[0], one[3]) for one in problems_of(undated)] == [("warning", "write `issued: n.d.` if it bears none")]
    # the last digit of 978-3-16-148410-0 and 0-306-40615-2 is right, of the third wrong
    for isbn, count in (("978-3-16-148410-0", 0), ("0-306-40615-2", 0), ("0-306-40615-3", 1)):
        assert len(problems_of(BOOK | {"ISBN": isbn})) == count


def test_a_hostile_file_is_given_up() -> None:
    items = [{"id": f"k{n}", "type": "bok", "titel": "x"} for n in range(20_000)]
    _, problems = bibliography_from_data(items)
    assert len(problems) == MOST_PROBLEMS + 1 and "not checked" in problems[-1].message


def test_the_record_of_a_passage() -> None:
    record = {"sentences": 2, "fingerprints": {"s2": PRINT, "s1": PRINT}, "clauses": {"s1": 3}}
    bibliography, problems = bibliography_from_data([BOOK | {"passage": record}])
    assert problems == []
    assert bibliography["kola1962"].passage == PassageRecord(2, ((1, PRINT), (2, PRINT)), ((1, 3),))
    again, problems = bibliography_from_data(bibliography.to_csl_json())
    assert again.items == bibliography.items and problems == []


def test_a_doi_may_be_written_as_an_address() -> None:
    bibliography, problems = bibliography_from_data([BOOK | {"DOI": "https://doi.org/10.1000/a.b"}])
    assert problems == [] and bibliography["kola1962"].text("DOI") == "10.1000/a.b"


def test_only_and_joined() -> None:
    other = BOOK | {"id": "pula1963"}
    bibliography, _ = bibliography_from_data([BOOK, other])
    assert bibliography.only(["pula1963", "nobody"]).keys() == ("pula1963",)
    third, _ = bibliography_from_data([other | {"title": "Other"}, BOOK | {"id": "hysa1964"}])
    joined = bibliography.joined(third)
    assert joined.keys() == ("kola1962", "pula1963", "hysa1964")
    assert joined["pula1963"].title == "The Harbour Papers"


# --- files ----------------------------------------------------------------------------------------------------------


def test_csl_json() -> None:
    text = (
        '[\n  {"id": "a", "type": "book", "title": "T", "issued": 1962},\n  {"id": "b", "type": "bok", "title": "T"}\n]'
    )
    bibliography, problems = bibliography_from_json(text, "b.json")
    assert bibliography.keys() == ("a", "b")
    assert [(p.line, p.column) for p in problems] == [(3, 3), (3, 3)]


@pytest.mark.parametrize(
    ("text", "part", "line"),
    [
        ("", "a list of items", 1),
        ("{}", "a list of items", 1),
        ("[\n{]", "not valid JSON", 2),
        ('[{"id": "a"},]', "not valid JSON", 1),
        ('[{"id": "a"}', "not valid JSON", 1),
        ('[{"id": "a"}] x', "not valid JSON", 1),
        ('[\n{"id": "a",\n"id": "b"}]', "`id` is given twice", 2),
        ('[{"id": NaN}]', "NaN", 1),
        ("[" * 100_000, "nested too deeply", 1),
        ("[1" + "0" * 10_000 + "]", "digits", 1),
    ],
)
def test_wrong_json(text: str, part: str, line: int) -> None:
    bibliography, problems = bibliography_from_json(text, "b.json")
    assert len(bibliography) == 0
    assert part in problems[0].message and problems[0].line == line and problems[0].file == "b.json"


@given(st.text(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["id", "type", "title", "author", "family", "issued", "date-parts", "passage", "sentences",
                         "fingerprints", "s1", "URL", "ISBN", "x"]), inner, max_size=5),
    max_leaves=25,
).map(lambda data: json.dumps([data] if not isinstance(data, list) else data)))  # fmt: skip
def test_any_json_is_a_bibliography_or_problems(text: str) -> None:
    bibliography, problems = bibliography_from_json(text)
    assert problems or len(bibliography) or text.strip() == "[]" or json.loads(text) == []
    bibliography.format()
    bibliography.to_bibtex()


@dataclass
class Read:
    data: Any
    marks: dict[tuple[str | int, ...], tuple[int, int]]


def test_files_of_all_kinds(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(json.dumps([BOOK]))
    (tmp_path / "b.bib").write_text(
        "@book{kola1962, author = {Kola, Ana M. and {Institute of Ports}}, title = {The {Harbour} Papers},\n"
        "year = 1962, publisher = {Example Press}}"
    )
    by_json, problems = read_bibliography(tmp_path / "b.json")
    assert problems == []
    by_bib, problems = read_bibliography(tmp_path / "b.bib")
    assert problems == []
    by_yaml, problems = read_bibliography(tmp_path / "b.yaml", lambda path: Read([BOOK], {}))
    assert problems == []
    assert {key: value for key, value in by_json.items[0].fields} == dict(by_bib.items[0].fields)
    assert by_yaml.items == by_json.items
    assert by_yaml.file == str(tmp_path / "b.yaml")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.json").write_bytes(b'[\n{"id": "caf\xe9"}]')
    (tmp_path / "large.bib").write_bytes(b" " * 1_000_001)
    for name, part, line in [
        ("none.json", "cannot be read", 0),
        ("latin.json", "is not UTF-8", 2),
        ("large.bib", "larger than", 0),
        ("b.yaml", "needs a reader", 0),
        ("b.docx", "is no bibliography", 0),
    ]:
        bibliography, problems = read_bibliography(tmp_path / name)
        assert bibliography == Bibliography(file=str(tmp_path / name))
        assert len(problems) == 1 and part in problems[0].message and problems[0].line == line


def test_a_reader_that_fails_is_told(tmp_path: Path) -> None:
    def read(path: Path) -> Read:
        raise InputError("tabs are no spaces")

    _, problems = read_bibliography(tmp_path / "b.yaml", read)
    assert [problem.message for problem in problems] == ["tabs are no spaces"]


def test_bibtex_problems_come_with_their_lines() -> None:
    text = (
        "% note\n@book{a,\n  title = missing,\n  title = {T}, year = 1962 }\n\n@book{b, title {T}}\n@book{c, title = {T"
    )
    bibliography, problems = bibliography_from_bibtex(text, "b.bib")
    told = [(problem.line, problem.message.split("`")[1] if "`" in problem.message else "") for problem in problems]
    assert told[:3] == [(3, "missing"), (4, "title"), (6, "=")]
    assert (problems[3].line, problems[3].column) == (7, 18) and "never closed" in problems[3].message
    assert bibliography.keys() == ("a",)
