"""A case under a theory without a last step: what forecasts, reasons, drivers and courses make of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.forecast.conftest import CASE, QUARREL

import blocs
from blocs.errors import InputError
from blocs.forecast.explain import explain
from blocs.forecast.inputs import baseline
from blocs.forecast.paths import sample_courses
from blocs.forecast.sensitivity import sensitivity
from blocs.game.game import compile_theory
from blocs.game.history import lay_out
from blocs.interop.unfolding import unfold
from blocs.solve import endless as module
from blocs.solve.draws import Draws, draw
from blocs.solve.sequential import backward, residual

DRAWS = 8


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> blocs.Game:
    """The small case, whose calendar has five months, under the theory without a last step."""
    folder: Path = tmp_path_factory.mktemp("endless")
    theory = QUARREL.replace("horizon: {after_last_step: continue}", "horizon: forever")
    (folder / "quarrel.yaml").write_text(theory, encoding="utf-8")
    (folder / "case.yaml").write_text(CASE.format(base="[0.4, 0.9]"), encoding="utf-8")
    return blocs.compile(blocs.load(folder / "case.yaml"))


def test_a_forecast_is_that_of_a_calendar_without_an_end_cut_off_where_the_case_ends(endless, quarrel):
    draws = draw(endless, DRAWS, 1)
    solution = blocs.solve(endless, draws)
    game = blocs.compile(quarrel)
    long = compile_theory(game.theory, quarrel, 1200, 1 / 12)
    far = blocs.solve(long, draws, with_history=False)
    assert solution.values == pytest.approx(far.values, rel=1e-8)
    assert solution.taken == pytest.approx(far.taken[:5], abs=1e-8)
    assert solution.ended == pytest.approx(far.ended[:5], abs=1e-8)
    assert solution.outcome_draws().sum(axis=0) == pytest.approx(1.0)


def test_the_certificate_says_how_the_values_were_found(endless):
    certificate = blocs.solve(endless, DRAWS).certificate
    assert certificate.residual < 1e-11
    assert certificate.iterations > 3
    assert certificate.starts_agree is True
    assert "values without a last step at rest after" in certificate.to_json()["message"]  # type: ignore[operator]


def test_reasons_add_up(endless):
    draws = draw(endless, DRAWS, 1)
    decisions = [one for one in lay_out(endless).decisions if one.open]
    solution = blocs.solve(endless, draws)
    assert solution.history is not None
    chosen = {(d.step, d.stage): c for d, c in zip(solution.history.decisions, solution.choices, strict=True)}
    for decision, one in zip(decisions, explain(endless, draws, decisions), strict=True):
        assert one.error < 1e-9
        assert one.probability == pytest.approx(chosen[(decision.step, decision.stage)], abs=1e-10)


def test_drivers_agree_with_difference_quotients(endless):
    found = sensitivity(endless)
    assert found.certificate.residual < 1e-6
    at = {name: np.array([value]) for name, value in baseline(endless).items()}
    name = "patience"
    h = 1e-5
    up, down = (blocs.solve(endless, Draws({**at, name: at[name] + s * h}, None, "test", 1)) for s in (1, -1))
    quotient = (up.outcome_draws() - down.outcome_draws())[:, 0] / (2 * h)
    place = [one.name for one in found.inputs].index(name)
    assert found.slope[:, place, 0] == pytest.approx(quotient, abs=1e-7)


def test_courses_are_told_within_the_calendar(endless):
    courses = sample_courses(endless, draw(endless, DRAWS, 1), 20, seed=0)
    assert len(courses) == 20


def test_it_is_no_tree(endless):
    with pytest.raises(InputError, match="a tree has ends, but this game has no last step"):
        unfold(endless)


def test_draws_for_which_stepping_back_never_rests_are_solved_too(endless, monkeypatch):
    needed: list[int] = []
    one_draw = module._one_draw

    def watched(*arguments: Any) -> Any:
        needed.append(1)
        return one_draw(*arguments)

    monkeypatch.setattr(module, "_one_draw", watched)
    draws = draw(endless, 64, 0)
    done = backward(endless, endless.tables(draws.values, endless.columns(), 64), keep=True, threads=1)
    assert needed
    assert max(residual(endless, done, draw=d) for d in range(64)) < 1e-11
