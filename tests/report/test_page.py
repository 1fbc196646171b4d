"""The page of a run: whole, escaped, alone, and the same every time."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

from tests.report.reader import Reader

from blocs.report.findings import Findings
from blocs.report.html.page import render, write_report
from blocs.report.html.references import short_name
from blocs.sources.items import Date, Item, Name

SECTIONS = [
    "outcomes",
    "course",
    "reasons",
    "what-if",
    "drivers",
    "dates",
    "relations",
    "facts",
    "methods",
    "references",
    "reproduce",
]


def test_the_page_is_well_formed_and_has_every_section(page: str) -> None:
    assert page.startswith("<!DOCTYPE html>")
    elements = Reader(page).elements
    headings = [attrs.get("id") for tag, attrs in elements if tag == "h2"]
    assert headings == SECTIONS
    levels = [int(tag[1]) for tag, _ in elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = Counter(attrs["id"] for _, attrs in elements if "id" in attrs)
    assert not [one for one, count in ids.items() if count > 1]
    targets = [
        str(attrs["href"])[1:] for tag, attrs in elements if tag == "a" and str(attrs.get("href")).startswith("#")
    ]
    assert targets and set(targets) <= set(ids)


def test_every_figure_has_its_numbers_in_a_table(page: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert len(figures) == 8
    assert all("<table>" in one and "<figcaption" in one and 'role="img" aria-label="' in one for one in figures)


def test_nothing_is_loaded_from_elsewhere(page: str) -> None:
    for tag, attrs in Reader(page).elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert "src" not in attrs and "xlink:href" not in attrs
        if "href" in attrs and not str(attrs["href"]).startswith("#"):
            assert tag == "a" and attrs["href"] == "https://example.org/harbour" and "noopener" in str(attrs["rel"])
        assert not [name for name in attrs if name.startswith("on")]
    assert "@import" not in page and not re.search(r"url\((?!#)", page)
    assert "default-src 'none'" in page


def test_words_of_a_case_stay_words(page: str) -> None:
    assert page.count("<script>") == 1, "only the page's own"
    assert "&lt;script&gt;alert(1)" in page and "&lt;script&gt;alert(3)" in page
    assert not re.search(r"<(img|b|i|u|em)\b", page)
    assert "$5 and $6" in page


def test_the_page_says_what_happened_and_on_what_it_rests(page: str) -> None:
    text = re.sub(r"\s+", " ", page)
    assert "Why there was no invasion" in text
    assert ">Kola 1962, p. 4</a>" in text and ">Pula 1963, pp. 1-2</a>" in text
    assert "Coded with confidence 0.5." in text and "Confidence 0.8." in text
    assert "Assumed: for the test" in text and "blocs run small" in text
    assert re.search(r"<pre>[0-9a-f]{64}</pre>", text)
    assert "McKelvey, R. D., &amp; Palfrey" in text


def test_the_page_is_the_same_every_time(findings: Findings, page: str, tmp_path: Path) -> None:
    assert render(findings) == page
    assert write_report(findings, tmp_path / "new" / "a.html").read_text(encoding="utf-8") == page
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.html"]


def test_short_names_of_works() -> None:
    def item(*authors: str, year: int | None = 1961) -> Item:
        names = tuple(Name(family=author) for author in authors)
        date = (("issued", Date((year,))),) if year else ()
        return Item("k", "book", (("author", names), ("title", "A Very Long Title Indeed of Something"), *date))

    assert short_name(item("Kola")) == "Kola 1961"
    assert short_name(item("Kola", "Pula")) == "Kola and Pula 1961"
    assert short_name(item("Kola", "Pula", "Bega", year=None)) == "Kola et al. n.d."
    assert short_name(item()) == "“A Very Long Title Indeed of Som…” 1961"
