"""References in APA style, against references written by hand after the Publication Manual (7th edition)."""

from __future__ import annotations

from typing import Any

import pytest

from blocs.errors import InputError
from blocs.sources.bibliography import bibliography_from_data

KOLA = {"family": "Kola", "given": "Ana M."}
HYSA = {"family": "Hysa", "given": "Besnik"}
PULA = {"family": "Pula", "given": "Jean-Paul"}
OFFICE = {"literal": "Central Office"}


def references(*items: dict[str, Any]) -> list[str]:
    numbered = [{"id": f"k{number}", **item} for number, item in enumerate(items)]
    bibliography, problems = bibliography_from_data(numbered)
    assert [problem for problem in problems if problem.severity == "error"] == []
    return bibliography.format("apa")


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param(
            {"type": "book", "title": "The harbour papers", "author": [KOLA], "issued": 1962,
             "publisher": "Example Press", "publisher-place": "London"},
            "Kola, A. M. (1962). The harbour papers. Example Press.",
            id="book",
        ),
        pytest.param(
            {"type": "book", "title": "The harbour papers", "author": [KOLA, HYSA], "issued": 1962, "edition": "2",
             "volume": "3", "publisher": "Example Press", "DOI": "10.1000/x"},
            "Kola, A. M., & Hysa, B. (1962). The harbour papers (2nd ed., Vol. 3). Example Press. "
            "https://doi.org/10.1000/x",
            id="book, two authors, edition, volume",
        ),
        pytest.param(
            {"type": "book", "title": "1968: The ports transformed", "editor": [KOLA, HYSA, PULA], "issued": 1998,
             "publisher": "Example Press"},
            "Kola, A. M., Hysa, B., & Pula, J.-P. (Eds.). (1998). 1968: The ports transformed. Example Press.",
            id="edited book",
        ),
        pytest.param(
            {"type": "book", "title": "The fleet", "author": [HYSA], "translator": [KOLA], "issued": 1980,
             "publisher": "Example Press", "original-date": 1962, "edition": "Rev."},
            "Hysa, B. (1980). The fleet (A. M. Kola, Trans.) (Rev. ed.). Example Press. "
            "(Original work published 1962)",
            id="translated book",
        ),
        pytest.param(
            {"type": "chapter", "title": "Why fleets leave", "author": [PULA], "editor": [KOLA, HYSA],
             "container-title": "The harbour papers", "page": "117-119", "issued": 1998, "publisher": "Example Press"},
            "Pula, J.-P. (1998). Why fleets leave. In A. M. Kola & B. Hysa (Eds.), The harbour papers (pp. 117–119). "
            "Example Press.",
            id="chapter",
        ),
        pytest.param(
            {"type": "chapter", "title": "Ports", "author": [PULA], "editor": [KOLA], "container-title": "The book",
             "page": "7", "volume": "2", "issued": 1998, "publisher": "Example Press"},
            "Pula, J.-P. (1998). Ports. In A. M. Kola (Ed.), The book (Vol. 2, p. 7). Example Press.",
            id="chapter, one editor, one page",
        ),
        pytest.param(
            {"type": "article-journal", "title": "Who left, and why?", "author": [KOLA, HYSA, PULA], "volume": 12,
             "container-title": "Journal of Ports", "issue": 3, "page": "1-20", "issued": "1963-04",
             "DOI": "10.1000/y"},
            "Kola, A. M., Hysa, B., & Pula, J.-P. (1963). Who left, and why? Journal of Ports, 12(3), 1–20. "
            "https://doi.org/10.1000/y",
            id="article",
        ),
        pytest.param(
            {"type": "article-journal", "title": "Ports", "author": [KOLA], "container-title": "Open Ports",
             "volume": 4, "number": "1143", "issued": 2019},
            "Kola, A. M. (2019). Ports. Open Ports, 4, Article 1143.",
            id="article with a number instead of pages",
        ),
        pytest.param(
            {"type": "report", "title": "The bloc", "author": [OFFICE], "number": "SNIE 12-61", "issued": "1961-04",
             "publisher": "Central Office", "URL": "https://example.org/r"},
            "Central Office. (1961, April). The bloc (SNIE 12-61). https://example.org/r",
            id="report by its publisher",
        ),
        pytest.param(
            {"type": "report", "title": "The bloc", "author": [KOLA], "number": "123", "issued": 1961,
             "publisher": "Central Office"},
            "Kola, A. M. (1961). The bloc (Report No. 123). Central Office.",
            id="report",
        ),
        pytest.param(
            {"type": "webpage", "title": "A page", "author": [KOLA], "issued": "2020-06-27",
             "container-title": "The Site", "URL": "https://example.org/x"},
            "Kola, A. M. (2020, June 27). A page. The Site. https://example.org/x",
            id="web page",
        ),
        pytest.param(
            {"type": "webpage", "title": "A page", "author": [OFFICE], "issued": "n.d.", "accessed": "2024-03-01",
             "container-title": "Central Office", "URL": "https://example.org/x"},
            "Central Office. (n.d.). A page. Retrieved March 1, 2024, from https://example.org/x",
            id="web page without a date, by its site",
        ),
        pytest.param(
            {"type": "article-newspaper", "title": "Fleet leaves the bay", "issued": "1961-12-11",
             "container-title": "The Daily", "page": "A1, A4"},
            "Fleet leaves the bay. (1961, December 11). The Daily, A1, A4.",
            id="newspaper, no author",
        ),
        pytest.param(
            {"type": "personal_communication", "genre": "Letter to Besnik Hysa", "author": [KOLA],
             "issued": "1960-08-13", "archive_collection": "Kola papers", "archive_location": "Box 3, Folder 7",
             "archive": "State Archive", "archive-place": "Tirana, Albania"},
            "Kola, A. M. (1960, August 13). [Letter to Besnik Hysa]. Kola papers (Box 3, Folder 7), State Archive, "
            "Tirana, Albania.",
            id="archival letter",
        ),
        pytest.param(
            {"type": "manuscript", "title": "Minutes of the meeting", "genre": "Minutes", "issued": "ca. 1961",
             "archive": "State Archive", "archive_location": "Fund 14"},
            "Minutes of the meeting [Minutes]. (ca. 1961). State Archive (Fund 14).",
            id="archival document, no author, estimated date",
        ),
        pytest.param(
            {"type": "thesis", "title": "On ports", "author": [KOLA], "issued": 1970, "publisher": "Example University",
             "genre": "Doctoral dissertation", "archive": "Thesis Server"},
            "Kola, A. M. (1970). On ports [Doctoral dissertation, Example University]. Thesis Server.",
            id="dissertation",
        ),
        pytest.param(
            {"type": "paper-conference", "title": "On ports", "author": [KOLA], "issued": 2015, "page": "1-6",
             "container-title": "Proceedings of the port workshop", "publisher": "Example Press"},
            "Kola, A. M. (2015). On ports. In Proceedings of the port workshop (pp. 1–6). Example Press.",
            id="paper in proceedings",
        ),
        pytest.param(
            {"type": "software", "title": "porter", "author": [OFFICE], "issued": 2024, "version": "1.2"},
            "Central Office. (2024). porter (Version 1.2) [Computer software].",
            id="software",
        ),
        pytest.param(
            {"type": "article", "title": "On ports", "author": [KOLA], "issued": 2018, "publisher": "arXiv",
             "DOI": "10.48550/arXiv.1804.0"},
            "Kola, A. M. (2018). On ports. arXiv. https://doi.org/10.48550/arXiv.1804.0",
            id="preprint",
        ),
        pytest.param(
            {"type": "book", "title": "Memoirs", "issued": {"literal": "Spring 1961"}, "publisher": "P",
             "author": [{"family": "Gaulle", "given": "Charles", "non-dropping-particle": "de"},
                        {"family": "King", "given": "M.L.", "suffix": "Jr."}]},
            "de Gaulle, C., & King, M. L., Jr. (1961, Spring). Memoirs. P.",
            id="particle and suffix, season",
        ),
        pytest.param(
            {"type": "webpage", "title": "Notes", "author": [KOLA], "issued": "1961-12-03/1961-12-09"},
            "Kola, A. M. (1961, December 3–9). Notes.",
            id="a range of days",
        ),
    ],
)  # fmt: skip
def test_a_reference(item: dict[str, Any], expected: str) -> None:
    assert references(item) == [expected]


def test_more_than_twenty_authors() -> None:
    people = [{"family": f"A{chr(97 + n)}", "given": "B."} for n in range(22)]
    (text,) = references({"type": "book", "title": "T", "author": people, "issued": 2000})
    assert text.startswith("Aa, B., Ab, B., ") and "As, B., . . . Av, B. (2000)." in text and "At" not in text


def test_the_list_is_in_order() -> None:
    base = {"type": "book", "publisher": "P"}
    texts = references(
        {**base, "title": "Zebra", "author": [KOLA], "issued": 1990},
        {**base, "title": "The armada", "issued": 1990},
        {**base, "title": "Beta", "author": [KOLA], "issued": 1980},
        {**base, "title": "Alpha", "author": [KOLA], "issued": 1990},
        {**base, "title": "Undated", "author": [KOLA], "issued": "n.d."},
        {**base, "title": "Other", "author": [{"family": "Çelik", "given": "D."}], "issued": 2000},
        {**base, "title": "Joint", "author": [KOLA, HYSA], "issued": 1970},
    )
    assert [text.split(" P.")[0] for text in texts] == [
        "The armada. (1990).",
        "Çelik, D. (2000). Other.",
        "Kola, A. M. (n.d.). Undated.",
        "Kola, A. M. (1980). Beta.",
        "Kola, A. M. (1990a). Alpha.",
        "Kola, A. M. (1990b). Zebra.",
        "Kola, A. M., & Hysa, B. (1970). Joint.",
    ]


def test_only_styles_that_exist() -> None:
    bibliography, _ = bibliography_from_data([])
    assert bibliography.format() == []
    with pytest.raises(InputError, match="no style `chicago`"):
        bibliography.format("chicago")
