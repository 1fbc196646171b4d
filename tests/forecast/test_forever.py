"""A case under a theory without a last step: what forecasts, reasons, drivers and courses make of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.forecast.conftest import CASE, QUARREL

import blocs
from blocs.errors import InputError
from blocs.fit.likelihood import HistoryLikelihood
from blocs.forecast.compare import WhatIf, compare
from blocs.forecast.ensembles.run import ensemble
from blocs.forecast.explain import explain
from blocs.forecast.inputs import baseline
from blocs.forecast.paths import likeliest_paths, sample_courses
from blocs.forecast.sensitivity import sensitivity
from blocs.forecast.tipping.run import tipping
from blocs.game.game import compile_theory
from blocs.game.history import lay_out
from blocs.interop.unfolding import unfold
from blocs.report.findings import Findings
from blocs.report.html.page import render
from blocs.solve import endless as module
from blocs.solve.draws import Draws, draw
from blocs.solve.sequential import Restriction, backward, residual

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
    assert len(likeliest_paths(endless, draw(endless, 1, 1))) > 1


def test_alternatives_and_forced_moves_are_those_of_a_calendar_without_an_end(endless, quarrel):
    """A forced move is known from the start and binds once; after it the game is the endless one again."""
    asked = WhatIf("they leave", force=("1960-03 client leave",))
    found = compare(endless.case, [asked, WhatIf("a border", set={"border": True})], draws=4, seed=1)
    draws = found.baseline.draws
    far = compile_theory(quarrel.theory_spec, quarrel, 1200, 1 / 12)
    leave = [one.name for _, one in far.layout.options].index("leave")
    forced = blocs.solve(far, draws, restrictions=[Restriction(leave, 2, 2, True)], with_history=False)
    assert found.alternatives[0].solution.values == pytest.approx(forced.values, rel=1e-8)
    assert found.alternatives[0].solution.ended == pytest.approx(forced.ended[:5], abs=1e-8)
    border = compile_theory(quarrel.theory_spec, blocs.changed(quarrel, facts={"border": True}), 1200, 1 / 12)
    other = blocs.solve(border, draws, with_history=False)
    assert found.alternatives[1].solution.ended == pytest.approx(other.ended[:5], abs=1e-8)


def test_the_likelihood_of_its_history_has_an_exact_gradient(endless):
    likelihood = HistoryLikelihood.of(endless)
    at = baseline(endless)
    names = [name for name, spec in endless.theory.parameters.items() if spec.prior.free]
    values = {name: np.array([value]) for name, value in at.items()}
    value, slopes = likelihood.gradient(values, names)
    assert value == pytest.approx(likelihood.value(values), abs=1e-12)
    for name in names:
        h = 1e-4
        four = [
            float(likelihood.value({**values, name: values[name] + s * h})[0]) * weight
            for s, weight in ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))
        ]
        assert slopes[name][0] == pytest.approx(sum(four) / h, rel=1e-6, abs=1e-8)


def test_an_ensemble_is_solved_as_a_run_is(endless):
    # a fact that shapes the game would be drawn too
    case = blocs.changed(endless.case, facts={"base": 0.6})
    found = ensemble(case, 16, seed=3, chunk=8)
    solution = blocs.solve(blocs.compile(case), 16, seed=3)
    outcomes = np.stack([found.column(f"outcome.{name}") for name in endless.outcomes])
    assert outcomes == pytest.approx(solution.outcome_draws(), abs=1e-10)


def test_tipping_points_are_verified(endless):
    found = tipping(endless, starts=1, limit=1.5)
    assert found.joint and all(tip.verified for tip in found.joint)
    assert any(tip is not None and tip.verified for tip in found.single.values())


def test_a_report_tells_reasons_and_drivers(endless):
    page = render(Findings(blocs.run(endless.case, draws=4), "blocs run small"))
    assert "values without a last step at rest after" in page
    assert 'id="reasons"' in page and "Inputs are not moved" not in page


def test_it_is_no_tree(endless):
    with pytest.raises(InputError, match="a tree has ends, but this game has no last step"):
        unfold(endless)


def test_draws_for_which_stepping_back_never_rests_are_solved_too(endless, monkeypatch):
    needed: list[int] = []
    one_draw = module.one_draw

    def watched(*arguments: Any, **named: Any) -> Any:
        needed.append(1)
        return one_draw(*arguments, **named)

    monkeypatch.setattr(module, "one_draw", watched)
    draws = draw(endless, 64, 0)
    done = backward(endless, endless.tables(draws.values, endless.columns(), 64), keep=True, threads=1)
    assert needed
    assert max(residual(endless, done, draw=d) for d in range(64)) < 1e-11
