"""BibTeX: what is written, read by another program, is what was meant; and what others write is read."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pybtex.database
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocs.sources.bibliography import Bibliography, bibliography_from_bibtex, bibliography_from_data
from blocs.sources.tex import decode, encode, encode_title


def bibliography(*items: dict[str, Any]) -> Bibliography:
    made, problems = bibliography_from_data(list(items))
    assert [problem for problem in problems if problem.severity == "error"] == []
    return made


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("Müller", r"M{\"{u}}ller"),
        ("Šatalin", r"{\v{S}}atalin"),
        ("Đilas & Łódź", r"{\DJ}ilas \& {\L}{\'{o}}d{\'{z}}"),
        ("Erdős, Ångström, Çelik, ñ, ø, ß", r"Erd{\H{o}}s, {\AA}ngstr{\"{o}}m, {\c{C}}elik, {\~{n}}, {\o}, {\ss}"),
        ("5 % of $3 #1 a_b", r"5 \% of \$3 \#1 a\_b"),
        ("a{b}~^\\", r"a{\textbraceleft}b{\textbraceright}{\textasciitilde}{\textasciicircum}{\textbackslash}"),
        ("1960–61 — “so”, ‘thus’ …", r"1960--61 --- ``so'', {`}thus' {\ldots}"),
        ("a -- b", r"a -{}- b"),
        ("Хрущёв 毛泽东", "Хрущёв 毛泽东"),
        ("R̂", r"{\^{R}}"),
        ("ǖ", r"{\={\"{u}}}"),
        ("a\u00a0b", "a~b"),
    ],
)
def test_text_in_tex(text: str, tex: str) -> None:
    assert encode(text) == tex


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"M\"uller and M{\"u}ller and M\"{u}ller", "Müller and Müller and Müller"),
        (r"\v{S}atalin, \v Satalin, {\v S}atalin", "Šatalin, Šatalin, Šatalin"),
        (r"\'{\i}, \'\i, {\'i}", "í, í, í"),
        (r"Erd{\H o}s, \AA ngstr\"om, \o{}re, {\ss}", "Erdős, Ångström, øre, ß"),
        (r"``so'' --- `thus' -- \ldots", "“so” — ‘thus' – …"),
        (r"{The {US} and} \emph{them}, \textbf{now}", "The US and them, now"),
        (r"5\,\% \& \$3~m$^2$ \url{a}", "5 % & $3 m^2 a"),
        (r"a \textbackslash b", "a \\b"),
        ("spread\n   over  lines", "spread over lines"),
        (r"\unknown{kept}", "kept"),
        (r"\"", ""),
    ],
)
def test_text_from_tex(tex: str, text: str) -> None:
    assert decode(tex) == text


# what TeX and BibTeX cannot tell apart: apostrophes and closing single quotation marks
readable = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z", "M"], exclude_characters="’'′ȷ\u1fef\u0340")
)


@given(st.lists(readable, max_size=5).map(" ".join))
def test_tex_is_read_back(text: str) -> None:
    assert decode(encode(text)) == unicodedata.normalize("NFC", " ".join(text.split()))


@given(st.text(max_size=60))
def test_braces_are_balanced_and_nothing_is_special(text: str) -> None:
    for tex in (encode(text), encode_title(text)):
        depth = 0
        for sign in tex:
            depth += {"{": 1, "}": -1}.get(sign, 0)
            assert depth >= 0
        assert depth == 0
        assert not re.search(r"(?<!\\)[%&#$]", tex)


def test_titles_keep_their_capitals() -> None:
    assert encode_title("The Sino-Albanian split in U.S. eyes") == "The {Sino-Albanian} split in {U.S.} eyes"
    assert encode_title("NATO and after") == "{NATO} and after"


ITEMS: list[dict[str, Any]] = [
    {
        "id": "kola1962", "type": "book", "title": "The Harbour of Vlorë & its Fleet: 5 % more",
        "author": [{"family": "Kola", "given": "Ana M."}, {"literal": "Ministry of Ports and Fleets"},
                   {"family": "Gaulle", "given": "Charles", "non-dropping-particle": "de"},
                   {"family": "King", "given": "Martin Luther", "suffix": "Jr."}],
        "issued": "1962-04-27", "publisher": "Müller and Sons", "publisher-place": "London", "edition": "2",
        "ISBN": "0-306-40615-2", "URL": "https://example.org/a_b%20c",
    },
    {
        "id": "hysa1963", "type": "article-journal", "title": "Why fleets leave", "issued": 1963, "volume": "12",
        "author": [{"family": "Hysa", "given": "B."}], "container-title": "Journal of Ports", "issue": "3",
        "page": "117-119", "DOI": "10.1000/a_b",
    },
    {
        "id": "pula1964", "type": "chapter", "title": "A Chapter", "issued": 1964, "page": "1-20",
        "author": [{"family": "Pula", "given": "C."}], "container-title": "The Book", "publisher": "Example Press",
        "editor": [{"family": "Kola", "given": "Ana"}, {"family": "Hysa", "given": "Besa"}],
    },
    {"id": "cia1961", "type": "report", "title": "The Bloc", "issued": "1961-04", "number": "SNIE 12-61",
     "author": [{"literal": "Central Office"}], "publisher": "Central Office"},
    {"id": "phd1970", "type": "thesis", "title": "On Ports", "issued": 1970, "publisher": "Example University",
     "author": [{"family": "Kola", "given": "Ana"}], "genre": "Doctoral dissertation"},
    {"id": "page", "type": "webpage", "title": "A page", "issued": "n.d.", "accessed": "2024-03-01",
     "URL": "https://example.org/x", "container-title": "The Site"},
    {"id": "letter", "type": "personal_communication", "genre": "Letter to a friend", "issued": "1960-08-13",
     "author": [{"family": "Kola", "given": "Ana"}], "archive": "State Archive", "archive_location": "Fund 1"},
    {"id": "news", "type": "article-newspaper", "title": "Fleet leaves", "issued": "1961-05-27",
     "container-title": "The Daily", "page": "A1, A4"},
]  # fmt: skip


def test_another_program_reads_what_is_written() -> None:
    """The program is pybtex, which follows BibTeX itself."""
    read = pybtex.database.parse_string(bibliography(*ITEMS).to_bibtex(), "bibtex").entries
    assert list(read) == [item["id"] for item in ITEMS]
    assert [read[key].type for key in read] == ["book", "article", "incollection", "techreport", "phdthesis", "misc",
                                               "unpublished", "article"]  # fmt: skip
    book = read["kola1962"]
    people = [(p.first_names + p.middle_names, p.prelast_names, p.last_names, p.lineage_names)
              for p in book.persons["author"]]  # fmt: skip
    assert people == [
        (["Ana", "M."], [], ["Kola"], []),
        ([], [], ["{Ministry of Ports and Fleets}"], []),
        (["Charles"], ["de"], ["Gaulle"], []),
        (["Martin", "Luther"], [], ["King"], ["Jr."]),
    ]
    fields = {name: pybtex.richtext.Text.from_latex(value) for name, value in book.fields.items()}
    assert str(fields["title"]) == "The Harbour of Vlorë & its Fleet: 5 % more"
    assert str(fields["publisher"]) == "Müller and Sons"
    assert book.fields["month"] == "April" and book.fields["year"] == "1962" and book.fields["address"] == "London"
    assert book.fields["url"] == "https://example.org/a_b%20c"
    article = read["hysa1963"]
    assert [article.fields[name] for name in ("journal", "volume", "number", "pages", "doi")] == [
        "Journal of Ports", "12", "3", "117--119", "10.1000/a_b"]  # fmt: skip
    assert read["pula1964"].fields["booktitle"] == "The Book"
    assert len(read["pula1964"].persons["editor"]) == 2
    assert read["cia1961"].fields["number"] == "SNIE 12-61"
    assert read["phd1970"].fields["school"] == "Example University"
    assert read["page"].fields["urldate"] == "2024-03-01" and read["page"].fields["year"] == "n.d."
    assert "Fund 1" in read["letter"].fields["note"]
    assert "27 May 1961" in read["news"].fields["note"]


def test_what_is_written_is_read_back() -> None:
    first = bibliography(*ITEMS[:5])
    again, problems = bibliography_from_bibtex(first.to_bibtex())
    assert problems == []
    for item in first:
        other = again[item.key]
        assert other.type == item.type
        for name, value in item.fields:
            if name == "issued":  # a book keeps no day in BibTeX
                assert other.date().year == item.date().year  # type: ignore[union-attr]
            else:
                assert dict(other.fields)[name] == value, name


OTHERS = r"""
This is free text with an @ in it.
@comment{anything {nested} @book{no, title={No}}}
@preamble{"\newcommand{\x}{y}"}
@string{cup = "Example University Press"}
@STRING{jan2 = {Jan} # "uary"}
@Book(Kola:62,
  Author = "Ana M. {Kola Hysa} and von der Pula, Besa and others",
  Title = "The {Harbour}" # { Papers},
  publisher = cup, year = {[1962]}, month = "27~" # apr, series = {Ports}, number = 4,
)
@inproceedings{p, title={T}, booktitle={Proceedings of {P}}, date={1999-05-03}, pages={3--9},
  author={{\"U}nal, J.-P.}, unknownfield={x}, }
@misc{m, title = {A page}, howpublished = "\url{https://example.org/a_b}", year = 2001}
@online{o, title = {B page}, url = {https://example.org/x\_y}, urldate = {2020-01-02}, year={n.d.}}
@mastersthesis{t, title={T}, school={U}, year=1990, author={A, B}}
"""


def test_what_others_write_is_read() -> None:
    read, problems = bibliography_from_bibtex(OTHERS)
    assert [str(problem) for problem in problems if problem.severity == "error"] == []
    data = {item["id"]: item for item in read.to_csl_json()}
    assert list(data) == ["Kola:62", "p", "m", "o", "t"]
    assert data["Kola:62"] == {
        "id": "Kola:62", "type": "book", "title": "The Harbour Papers",
        "author": [{"family": "Kola Hysa", "given": "Ana M."},
                   {"family": "Pula", "given": "Besa", "non-dropping-particle": "von der"}],
        "issued": {"date-parts": [[1962, 4, 27]]}, "publisher": "Example University Press",
        "collection-title": "Ports", "collection-number": "4",
    }  # fmt: skip
    assert data["p"]["type"] == "paper-conference" and data["p"]["page"] == "3-9"
    assert data["p"]["author"] == [{"family": "Ünal", "given": "J.-P."}]
    assert data["p"]["issued"] == {"date-parts": [[1999, 5, 3]]}
    assert data["m"]["URL"] == "https://example.org/a_b" and data["m"]["type"] == "document"
    assert data["o"]["URL"] == "https://example.org/x_y" and data["o"]["issued"] == {"literal": "n.d."}
    assert data["t"]["genre"] == "Master's thesis"


def test_our_reader_and_another_agree() -> None:
    ours, _ = bibliography_from_bibtex(OTHERS)
    # pybtex takes every @ for an entry, in free text and in comments too
    text = OTHERS.replace("an @ in it", "nothing").replace("@book{no, title={No}}", "")
    theirs = pybtex.database.parse_string(text, "bibtex").entries
    assert [key.lower() for key in ours.keys()] == [key.lower() for key in theirs]  # noqa: SIM118 - not a mapping
    for item in ours:
        entry = theirs[item.key]
        assert item.title == str(pybtex.richtext.Text.from_latex(entry.fields["title"]))
        families = [" ".join(p.prelast_names + p.last_names).strip("{}") for p in entry.persons.get("author", [])]
        written = [" ".join(part for part in (n.particle, n.family) if part) for n in item.names("author")]
        assert len(written) == len([f for f in families if f != "others"])


@pytest.mark.parametrize(
    "text",
    [
        "@string{a0 = {xx}}" + "".join(f"@string{{a{n + 1} = a{n} # a{n}}}\n" for n in range(5_000)),
        "@string{a = {" + "x" * 19_000 + "}}@book{b, title = a" + " # a" * 50_000 + "}",
        "@book{a, title = {" * 10_000,
        '@book{a, title = "{}' + "{}" * 50_000,
        "@book{x y}\n" * 10_000,
        "@" * 100_000,
    ],
)
def test_hostile_files_end_with_problems_and_little_memory(text: str) -> None:
    read, problems = bibliography_from_bibtex(text)
    assert len(read) == 0
    assert problems or set(text) == {"@"}
    assert len(problems) <= 201


@given(st.text(st.sampled_from('@{}",=#() \nabkx1%\\'), max_size=120))
def test_any_text_is_a_bibliography_or_problems(text: str) -> None:
    for start in ("", "@book{a, title = "):
        bibliography_from_bibtex(start + text)
