"""The likelihood of public moves with private types summed out: by hand, by differences, and in a fit."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from tests.typed import BORDER, BORDER_CASE

import blocs
from blocs.errors import InputError
from blocs.fit.courses import lay_courses
from blocs.fit.likelihood import HistoryLikelihood
from blocs.fit.private_history import PrivateHistoryLikelihood
from blocs.fit.problem import FitProblem
from blocs.game.game import Game
from blocs.game.types import typed_columns, typed_tables
from blocs.language.load import load_case
from blocs.solve.private import Exact, Grid, private_solver

VALUES = {"gain": 0.4, "fear": 0.3, "daring": 0.8, "dread": 0.0}


@pytest.fixture
def game(tmp_path: Path) -> Game:
    (tmp_path / "border.yaml").write_text(BORDER, encoding="utf-8")
    (tmp_path / "case.yaml").write_text(BORDER_CASE, encoding="utf-8")
    return blocs.compile(load_case(tmp_path / "case.yaml"))


def test_types_are_summed_out_as_by_hand(game: Game) -> None:
    likelihood = HistoryLikelihood.of(game)
    tables = typed_tables(game, VALUES, typed_columns(game), 1)
    prior = tables.prior[0][:, 0]
    total = 0.0
    # the doubtful event: it happened, or south held
    for armed, weight in ((True, 0.6), (False, 0.4)):
        links = []
        for link in likelihood.courses.links:
            name = game.option_names[int(game.graph.arc_option[link.arc])]
            date, wanted = (link.step, link.stage), "arm" if armed else "hold"
            if date != (1, 1) or name == wanted:
                links.append(link)
        # from the second coding on, nodes differ: keep the links that hang together
        point, chain = 0, []
        for link in links:
            if link.source == point:
                chain.append(link)
                point = link.target
        walk = private_solver(game, Exact(starts=0)).filtered(tables, 0, ())
        at, by_type, south = walk.start(), np.ones(2), 1.0
        for link in chain:
            chosen = walk.choices(at, link.step, link.node)[1][:, link.arc - int(game.graph.arc_ptr[link.node])]
            if link.stage == 0:
                by_type = by_type * chosen
            else:
                south *= float(chosen[0])
            at = walk.after(at, link.step, link.node, link.arc, link.branch)[1]
        assert len(chain) == 6
        total += weight * south * float(prior @ by_type)
    assert float(likelihood.value(VALUES)[0]) == pytest.approx(np.log(total), abs=1e-12)


def test_the_gradient_is_that_of_the_value(game: Game) -> None:
    check_gradient(HistoryLikelihood.of(game), VALUES)


def check_gradient(likelihood: HistoryLikelihood, values: dict[str, float]) -> None:
    """Compare the derivatives by all parameters but the one that types alone change with central differences."""
    names = [name for name in values if name != "dread"]
    value, slopes = likelihood.gradient(values, names)
    assert value[0] == pytest.approx(float(likelihood.value(values)[0]), abs=1e-12)
    for name in names:
        ends = [float(likelihood.value({**values, name: values[name] + h})[0]) for h in (1e-5, -1e-5)]
        assert slopes[name][0] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-6)


def test_the_posterior_of_a_fit_has_the_gradient_that_differences_have(game: Game) -> None:
    problem = FitProblem([HistoryLikelihood.of(game)])
    rng = np.random.default_rng(0)
    u = rng.normal(size=problem.size)
    _, slope = problem.log_posterior(u)
    for i in range(problem.size):
        step = np.zeros(problem.size)
        step[i] = 1e-5
        ends = [problem.log_posterior(u + sign * step)[0] for sign in (1, -1)]
        assert slope[i] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-6, abs=1e-8)


def test_the_probabilities_of_all_histories_sum_to_one(game: Game) -> None:
    # every course of the first year, by the same likelihood
    tables = typed_tables(game, VALUES, typed_columns(game), 1)
    for walk in (private_solver(game, Exact(starts=0)).filtered(tables, 0, ()),):
        total = 0.0
        graph = game.graph
        for one, two in product(graph.arcs_of(graph.start), range(2)):
            p, at = walk.after(walk.start(), 0, graph.start, one, graph.branches_of(one)[0])
            node = int(graph.branch_next[graph.branches_of(one)[0]])
            arcs = graph.arcs_of(node)
            total += p * walk.after(at, 0, node, arcs[two], graph.branches_of(arcs[two])[0])[0]
        assert total == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("points", [3, 9])
def test_the_gradient_on_a_grid_is_that_of_the_value_there(game: Game, points: int) -> None:
    check_gradient(PrivateHistoryLikelihood(game, lay_courses(game), Grid(points)), VALUES)


def test_value_and_gradient_come_closer_to_the_exact_ones_on_a_finer_grid(game: Game) -> None:
    names = ["gain", "fear", "daring"]
    courses = lay_courses(game)
    exact, slopes = PrivateHistoryLikelihood(game, courses, Exact()).gradient(VALUES, names)
    gaps = []
    for points in (3, 9, 33):
        near, found = PrivateHistoryLikelihood(game, courses, Grid(points)).gradient(VALUES, names)
        gaps.append((abs(near[0] - exact[0]), max(abs(found[name][0] - slopes[name][0]) for name in names)))
    assert gaps[0][0] < 5e-3 and gaps[0][1] < 2e-2
    # values fall with the square of the width of cells, slopes with the width
    assert gaps[2][0] < gaps[1][0] / 9 < gaps[0][0] / 81
    assert gaps[2][1] < gaps[1][1] / 3 < gaps[0][1] / 9


def test_the_gradient_where_only_a_grid_solves_the_game() -> None:
    case = load_case("sino-albanian-1961-resolve")
    game = blocs.compile(case)
    likelihood = PrivateHistoryLikelihood(game, lay_courses(game), Grid(3))
    values = {name: spec.prior.median for name, spec in case.theory_spec.parameters.items()}
    names = [name for name, value in values.items() if value != 0]
    slopes = likelihood.gradient(values, names)[1]
    # one direction through all parameters, each in proportion to its size
    pull = dict(zip(names, np.random.default_rng(4).normal(size=len(names)), strict=True))
    expected = sum(pull[name] * values[name] * slopes[name][0] for name in names)

    def differs(h: float) -> bool:
        ends = []
        for sign in (1, -1):
            moved = {**values, **{name: values[name] * (1 + sign * h * pull[name]) for name in names}}
            ends.append(float(likelihood.value(moved)[0]))
        return abs((ends[0] - ends[1]) / (2 * h) - expected) > 1e-6 * abs(expected)

    # among half a million places one has a belief that passes a point of the grid within a large step, and a small
    # step has few digits: one of three must do
    assert not all(differs(h) for h in (1e-7, 1e-6, 1e-5))


def test_what_came_of_a_crisis_is_not_counted_with_private_types(game: Game) -> None:
    likelihood = HistoryLikelihood.of(game)
    with pytest.raises(InputError, match="not what came of the crisis"):
        likelihood.value(VALUES, outcome_weight=4.0)
    with pytest.raises(InputError, match="not what came of the crisis"):
        likelihood.gradient(VALUES, ["gain"], outcome_weight=4.0)


@pytest.mark.parametrize("method", [Exact(starts=0), Grid(5)])
def test_the_gradient_where_roles_act_on_occasion(tmp_path: Path, method: Exact | Grid) -> None:
    theory = BORDER.replace("dread: 0\n", "dread: 0\n  pace: Normal(0, 1)\n")
    for role, rate in (("north", "logistic(pace)"), ("south", "1 - exp(-step_years * exp(pace))")):
        theory = theory.replace(f"    role: {role}\n", f"    role: {role}\n    occasion: {rate}\n")
    (tmp_path / "border.yaml").write_text(theory, encoding="utf-8")
    (tmp_path / "case.yaml").write_text(BORDER_CASE, encoding="utf-8")
    game = blocs.compile(load_case(tmp_path / "case.yaml"))
    assert (game.graph.stage_otherwise >= 0).all()
    check_gradient(PrivateHistoryLikelihood(game, lay_courses(game), method), {**VALUES, "pace": -0.3})
