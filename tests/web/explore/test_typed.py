"""Other views of a case: games with joint stages as every case, games with private types on a page of their own."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest

import blocs
from blocs.forecast.solving import solve
from blocs.library import list_variants, variant_of, variants_of
from blocs.solve.private import Exact
from blocs.web.explore import typed
from blocs.web.explore.asking import Answers

TYPED = "/cases/sino-albanian-1961-resolve"


def test_variants_know_their_case():
    assert [variant_of(name) for name in list_variants()] == ["sino-albanian-1961"] * len(list_variants())
    assert variants_of("sino-albanian-1961") == list_variants()
    assert variants_of("guatemalan-1954") == [] and variant_of("sino-albanian-1961") == ""


def test_a_case_with_types_has_a_page_that_says_why_nothing_can_be_dragged(client):
    page = client.get(TYPED).text
    assert "so there are no sliders on this page" in page and 'type="range"' not in page
    assert "would use force" in page and "40.0 % beforehand" in page and "a rule of succession" in page
    assert f"blocs run {TYPED.rpartition('/')[2]} --report" in page
    assert 'href="/cases/sino-albanian-1961"' in page and client.get("/cases/sino-albanian-1961").text.count(TYPED) == 1
    assert client.get(f"{TYPED}/citation.bib").status_code == client.get(f"{TYPED}/case.yaml").status_code == 200
    answer = client.get(f"{TYPED}/live")
    assert answer.status_code == 400 and "private types" in answer.text


def test_what_is_drawn_is_what_is_solved(tmp_path, monkeypatch):
    from tests.typed import BORDER, BORDER_CASE

    (tmp_path / "border.yaml").write_text(BORDER, encoding="utf-8")
    (tmp_path / "case.yaml").write_text(BORDER_CASE, encoding="utf-8")
    case = blocs.load(tmp_path / "case.yaml")
    monkeypatch.setattr(typed, "Grid", lambda points: Exact())
    told = typed._solved(SimpleNamespace(answers=Answers()), "border", case)
    exact = solve(blocs.compile(case), None, beliefs=Exact(), threads=1)
    (path,) = [one for one in exact.beliefs if len(one.dates)]
    shown = re.findall(r"([0-9.]+|<0.1) % at the end", told["beliefs"][0]["picture"])
    wanted = [100 * float(path.by_step[-1, i, 0]) for i in range(len(path.types))]
    # once for a desk, once for a phone
    assert [float(one.strip("<")) for one in shown] == pytest.approx(wanted * 2, abs=0.11)
    assert np.sum(wanted) == pytest.approx(100)
    assert told["certificate"].startswith("residual")
    for name, spread in exact.forecast().outcomes.items():
        assert f"{name}: {100 * spread.mean:.1f} %" in told["endings"]
