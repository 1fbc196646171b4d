"""The literature of the methods, and what a paper must cite."""

from __future__ import annotations

import pytest

from blocs.errors import InputError
from blocs.sources.bibliography import bibliography_from_bibtex, bibliography_from_data
from blocs.sources.cite import what_to_cite
from blocs.sources.methods import FEATURES, methods_bibliography, methods_used, used_by

CASE = [
    {"id": "kola1962", "type": "book", "title": "The Harbour Papers", "issued": 1962, "publisher": "Example Press"},
    {"id": "hysa1963", "type": "book", "title": "Why Fleets Leave", "issued": 1963, "publisher": "Example Press"},
]


def test_every_reference_is_used_and_every_use_has_its_reference() -> None:
    keys = methods_bibliography().keys()
    assert {key for keys in FEATURES.values() for key in keys} == set(keys)
    assert len(set(keys)) == len(keys)


def test_every_reference_of_a_method_is_complete() -> None:
    for item in methods_bibliography():
        assert item.names("author") and item.title and item.date() is not None
        assert item.text("DOI", "URL") or item.key == "herings2004"
        if item.type == "article-journal":
            assert item.text("container-title") and item.text("volume") and item.text("page", "number")
        assert str(item.date().year) in item.key  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("feature", "reference"),
    [
        # as printed on the papers themselves
        ("logit", "McKelvey, R. D., & Palfrey, T. R. (1995). Quantal response equilibria for normal form games. Games "
                  "and Economic Behavior, 10(1), 6–38. https://doi.org/10.1006/game.1995.1023"),
        ("logit-path", "Turocy, T. L. (2005). A dynamic homotopy interpretation of the logistic quantal response "
                       "equilibrium correspondence. Games and Economic Behavior, 51(2), 243–263. "
                       "https://doi.org/10.1016/j.geb.2004.04.003"),
        ("sobol-draws", "Owen, A. B. (1998). Scrambling Sobol’ and Niederreiter–Xing points. Journal of Complexity, "
                        "14(4), 466–489. https://doi.org/10.1006/jcom.1998.0487"),
        ("psis", "Vehtari, A., Simpson, D., Gelman, A., Yao, Y., & Gabry, J. (2024). Pareto smoothed importance "
                 "sampling. Journal of Machine Learning Research, 25(72), 1–58. "
                 "https://jmlr.org/papers/v25/19-556.html"),
    ],
)  # fmt: skip
def test_references_of_features(feature: str, reference: str) -> None:
    assert reference in methods_used([feature]).format()


def test_an_unknown_feature_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean `sobol-draws`"):
        used_by("sobol-draw")
    with pytest.raises(InputError, match="did you mean `hoffman2014`"):
        methods_used(keys=["hofman2014"])


def test_what_a_paper_must_cite() -> None:
    case, _ = bibliography_from_data(CASE)
    cited = what_to_cite(case, "0.1.0", ["kola1962@s3", "kola1962@p. 4"], ["nuts"], ["talts2018"], 2026)
    assert cited.sources.keys() == ("kola1962",)
    assert set(cited.methods.keys()) == {"hoffman2014", "talts2018"}
    apa = cited.text("apa")
    assert "Kola" not in apa and "The Harbour Papers. (1962). Example Press." in apa
    assert "(2026). blocs:" in apa and "(Version 0.1.0) [Computer software]." in apa
    assert [title for title, _ in cited.groups] == ["Sources of the case", "Methods", "Software"]
    read, problems = bibliography_from_bibtex(cited.text("bibtex"))
    assert problems == [] and set(read.keys()) == {"kola1962", "hoffman2014", "talts2018", "blocs"}
    assert [item["id"] for item in cited.to_json()["sources"]] == ["kola1962"]


def test_all_sources_where_no_citations_are_given() -> None:
    case, _ = bibliography_from_data(CASE)
    assert what_to_cite(case, "0.1.0").sources.keys() == ("kola1962", "hysa1963")
    assert what_to_cite(case, "0.1.0", []).sources.keys() == ()


def test_all_mistakes_are_told_at_once() -> None:
    case, _ = bibliography_from_data(CASE, {}, "b.yaml")
    with pytest.raises(InputError) as caught:
        what_to_cite(case, "0.1.0", ["kola1926", "a b"], ["nut"])
    assert len(caught.value.problems) == 3
    assert "did you mean `kola1962`" in str(caught.value)


def test_only_styles_that_exist() -> None:
    case, _ = bibliography_from_data(CASE)
    with pytest.raises(InputError, match="did you mean `bibtex`"):
        what_to_cite(case, "0.1.0").text("bibtx")
