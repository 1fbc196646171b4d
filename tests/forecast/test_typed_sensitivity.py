"""What drives the outcomes of games with private types: derivatives, bars and tipping points, by the types' odds too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from tests.typed import BORDER, BORDER_CASE

import blocs
from blocs.forecast.inputs import inputs_of
from blocs.forecast.sensitivity import sensitivity
from blocs.forecast.sobol import sobol_indices
from blocs.forecast.tipping.run import tipping
from blocs.forecast.tornado import tornado
from blocs.game.game import Game
from blocs.solve.draws import draw
from blocs.solve.private import Exact, Grid

NORTH = {"bold": {"prior": 0.3, "set": {"dread": "-daring"}}, "timid": {"prior": "rest", "set": {"dread": "daring"}}}
THREE = {
    "bold": {"prior": 0.3, "set": {"dread": "-daring"}},
    "timid": {"prior": 0.2, "set": {"dread": "daring"}},
    "calm": {"prior": "rest", "set": {"dread": 0.1}},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odds")


def border(folder: Path, north: dict[str, Any], **priors: float) -> Game:
    """Return the border under other types of the north, whose probabilities the case may give."""
    theory = yaml.safe_dump({**yaml.safe_load(BORDER), "types": {"north": north} if north else {}}, sort_keys=False)
    case = yaml.safe_load(BORDER_CASE)
    if priors:
        case["types"] = {"north": {name: {"prior": p, "assumed": "for the test"} for name, p in priors.items()}}
    (folder / "border.yaml").write_text(theory, encoding="utf-8")
    (folder / "case.yaml").write_text(yaml.safe_dump(case, sort_keys=False), encoding="utf-8")
    return blocs.compile(blocs.load(folder / "case.yaml"))


def outcomes(game: Game) -> np.ndarray:
    return blocs.solve(game, None, with_history=False, beliefs=Exact(starts=0)).outcome_draws()[:, 0]


def slopes_of(game: Game, **options: Any) -> dict[str, np.ndarray]:
    found = sensitivity(game, **options)
    return {one.name: found.slope[:, i, 0] for i, one in enumerate(found.inputs)}


def test_derivatives_by_the_probability_of_a_type(folder: Path) -> None:
    found = sensitivity(border(folder, NORTH))
    assert found.certificate.residual < 1e-9
    kinds = {one.name: one.kind for one in found.inputs}
    assert kinds["north: bold"] == "type" and "north: timid" not in kinds
    h = 1e-4
    ends = [outcomes(border(folder, NORTH, bold=0.3 + s * h)) for s in (1, -1)]
    at = list(kinds).index("north: bold")
    assert found.slope[:, at, 0] == pytest.approx((ends[0] - ends[1]) / (2 * h), abs=1e-7)
    assert abs(found.slope[0, at, 0]) > 0.1
    driver = next(one for one in found.ranked("taken") if one.input.name == "north: bold")
    assert driver.elasticity is not None
    assert driver.elasticity.mean == pytest.approx(found.slope[0, at, 0] * 0.3 / found.probability[0, 0])
    assert driver.to_json()["kind"] == "type"


def test_of_three_types_the_others_give_way_in_proportion(folder: Path) -> None:
    found = slopes_of(border(folder, THREE))
    h = 1e-4
    for name, p in (("bold", 0.3), ("timid", 0.2), ("calm", 0.5)):
        ends = []
        for sign in (1, -1):
            share = (1 - p - sign * h) / (1 - p)
            moved = {one: q * share for one, q in (("bold", 0.3), ("timid", 0.2), ("calm", 0.5))}
            moved[name] = p + sign * h
            del moved["calm"]
            ends.append(outcomes(border(folder, THREE, **moved)))
        assert found[f"north: {name}"] == pytest.approx((ends[0] - ends[1]) / (2 * h), abs=1e-7)


def test_where_types_are_alike_the_drivers_are_those_of_the_game_without_types(folder: Path) -> None:
    alike = {"one": {"prior": 0.3, "set": {"dread": 0}}, "other": {"prior": "rest", "set": {"dread": 0}}}
    typed = border(folder, alike)
    draws = draw(typed, 3, 0)
    found = sensitivity(typed, draws)
    plain = border(folder, {})
    expected = sensitivity(plain, draws)
    names = [one.name for one in found.inputs]
    assert names == [*(one.name for one in expected.inputs), "north: one"]
    assert found.slope[:, :-1] == pytest.approx(expected.slope, abs=1e-9)
    assert found.slope[:, -1] == pytest.approx(np.zeros((2, 3)), abs=1e-9)


def test_on_a_grid_derivatives_are_those_of_the_grid_and_come_closer_as_it_is_refined(folder: Path) -> None:
    game = border(folder, NORTH)
    exact = slopes_of(game)
    found = slopes_of(game, beliefs=Grid(5))
    h = 1e-4
    ends = [
        blocs.solve(border(folder, NORTH, bold=0.3 + s * h), None, with_history=False, beliefs=Grid(5)) for s in (1, -1)
    ]
    quotient = (ends[0].outcome_draws() - ends[1].outcome_draws())[:, 0] / (2 * h)
    assert found["north: bold"] == pytest.approx(quotient, abs=1e-6)
    finer = slopes_of(game, beliefs=Grid(65))
    for name, slope in exact.items():
        coarse, fine = (float(np.abs(one[name] - slope).max()) for one in (found, finer))
        assert fine < 1e-3 and (fine < coarse / 3 or coarse < 1e-4)


def test_a_formula_stands_for_its_parameters(folder: Path) -> None:
    game = border(folder, {**NORTH, "bold": {**NORTH["bold"], "prior": "logistic(fear)"}})
    assert [one.name for one in inputs_of(game)] == ["gain", "fear", "daring"]


@pytest.mark.parametrize("method", [Exact(starts=0), Grid(3)], ids=["exact", "grid"])
def test_bars_reach_to_a_tenth_more_and_less(folder: Path, method: Exact | Grid) -> None:
    found = tornado(border(folder, NORTH), beliefs=method)
    bar = next(one for one in found.ranked("taken") if one.name == "north: bold")
    assert (bar.low, bar.high) == pytest.approx((0.2, 0.4))
    for p, reached in ((0.2, bar.at_low), (0.4, bar.at_high)):
        case = border(folder, NORTH, bold=p)
        solved = blocs.solve(case, None, with_history=False, beliefs=method).outcome_draws()[0, 0]
        # the grid of the belief has the prior among its points, whichever way it is given
        assert reached == pytest.approx(solved, abs=1e-10)


def test_tipping_points_are_verified(folder: Path) -> None:
    game = border(folder, NORTH)
    # one outcome towards which to look, and not far: each place is solved
    found = tipping(game, starts=1, limit=3)
    assert found.joint and all(tip.verified for tip in found.joint)
    alone = found.single["north: bold"]
    assert alone is not None and alone.verified
    here, there = outcomes(game), outcomes(border(folder, NORTH, bold=alone.changes[0].after))
    assert np.argmax(here) != np.argmax(there)
    before = alone.changes[0].after - np.sign(alone.changes[0].position) * 1e-4
    assert np.argmax(outcomes(border(folder, NORTH, bold=float(before)))) == np.argmax(here)
    # all together reach as far with less than any one alone
    least = min(tip.distance for tip in found.single.values() if tip is not None)
    assert found.joint[0].distance < least


def test_shares_of_variance(folder: Path) -> None:
    found = sobol_indices(border(folder, NORTH), 4)
    # what has no distribution has no share
    assert set(found.names) == {"gain", "fear", "daring"}
