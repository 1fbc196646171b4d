"""Comparative statics: columns varied, equilibria followed, and figures of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fit.pictures import well_drawn

from blocs.errors import InputError, UsageError
from blocs.fit.estimation.curves import LARGEST_STEP, Curves, branches, curves, span, varied
from blocs.fit.signalling.equilibrium import equilibria
from blocs.fit.signalling.estimate import NestedPseudoLikelihood, fit_signalling
from blocs.fit.signalling.first_stage import Supplied
from blocs.fit.signalling.games import SignallingGames
from blocs.fit.signalling.predict import predict, statics
from blocs.fit.strategic.data import Outcomes, strategic_model
from blocs.fit.strategic.models import EGAME12
from blocs.fit.tables import table_from
from blocs.report.figures.palette import NARROW, WIDE
from blocs.report.figures.saving import figure_bytes
from blocs.report.figures.statics import statics_curves

# the Monte Carlo design of Crisman-Cox & Gibilisco (2021): three equilibria at X = 0
TRUTH = np.array([1.0, -1.9, -2.9, 0.1, -1.2, 1.0])


@pytest.fixture(scope="module")
def three():
    """A signalling fit put at the coefficients of the published design."""
    rows = 30
    table = table_from(
        {"X": np.linspace(0, 1, rows), "sq": [5] * rows, "cd": [3] * rows, "sf": [2] * rows, "bd": [2] * rows}
    )
    terms = {"VA": ["1"], "WA": ["1"], "WB": ["1", "X"], "a": ["1"], "VB": ["1"]}
    games = SignallingGames.from_table(table, terms)
    beliefs = Supplied(np.full(rows, 0.6), np.full(rows, 0.5))
    fit = fit_signalling(games, NestedPseudoLikelihood(beliefs))
    return replace(fit, estimates=replace(fit.estimates, values=TRUTH, covariance=1e-4 * np.eye(6)))


def test_all_equilibria_are_counted_and_told(three) -> None:
    told = three.equilibria_told()
    assert "30 of 30 games have 3" in told and told in three.summary()
    assert predict(three).count.tolist() == [3] * 30


def test_branches_end_where_two_equilibria_meet(three) -> None:
    along = np.linspace(-12, 12, 121)
    found = statics(three, "X", along).curves()
    one = np.ones_like(along)
    games = np.array([0 * one, one, 0 * one, -1.9 * one, -2.9 + 0.1 * along, -1.2 * one, one])
    assert len(found.values) == equilibria(games).count.sum()
    ends = {number: found.values[found.branch == number] for number in np.unique(found.branch)}
    assert len(ends) == 3
    spans = sorted((float(values.min()), float(values.max())) for values in ends.values())
    # one comes from the left, one goes on to the right, the middle one lies between the two folds
    assert (
        spans[0][0] == -12
        and spans[-1][1] == 12
        and {spans[0][1], spans[-1][0]} == {max(s[1] for s in spans[:2]), spans[1][0]}
    )
    # no branch jumps
    for number in ends:
        mine = found.chances[found.branch == number]
        assert np.abs(np.diff(mine, axis=0)).max() < 0.2
    with pytest.raises(UsageError, match="use `statics`"):
        predict(three).curves()


@given(st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=3, unique=True), min_size=1, max_size=8))
def test_each_branch_has_one_point_at_a_value_and_no_gap(levels) -> None:
    place = np.concatenate([np.full(len(one), k) for k, one in enumerate(levels)])
    position = np.concatenate([np.sort(one) for one in levels])
    branch = branches(place, position)
    assert set(branch) == set(range(branch.max() + 1))
    for number in range(branch.max() + 1):
        mine = np.flatnonzero(branch == number)
        assert (np.diff(place[mine]) == 1).all()
        assert (np.abs(np.diff(position[mine])) <= LARGEST_STEP).all()
    # curves do not cross: order within a value is order within the next
    for k in range(len(levels) - 1):
        both = [n for n in branch[place == k] if n in branch[place == k + 1]]
        assert both == [n for n in branch[place == k + 1] if n in both]


@pytest.fixture(scope="module")
def fitted():
    random = np.random.default_rng(6)
    rows = 300
    table = table_from(
        {
            "x": random.normal(size=rows),
            "z": random.normal(size=rows),
            "w": ["a", "b", "b"] * 100,
            "y": ["L", "RL", "RR"] * 100,
        },
        {"w": ["a", "b"]},
    )
    model = strategic_model(table, EGAME12, {"u11": ["1", "x"], "u24": ["1", "z", "w"]}, Outcomes("y"))
    model = model.with_outcomes(model.simulate([0.3, 0.8, 0.2, -0.6, 0.4], seed=1))
    return model, model.fit().estimates.require_maximum()


def test_the_other_columns_stay_at_their_middle(fitted) -> None:
    model, estimates = fitted
    found = curves(model, estimates, "x", [-1.0, 0.0, 2.0])
    table = model.table
    row = {name: [float(np.median(table.numbers(name)))] * 3 for name in ("z",)}
    made = table_from({**row, "x": [-1.0, 0.0, 2.0], "w": ["b"] * 3, "y": ["L"] * 3}, {"w": ["a", "b"]})
    _, logs = model.log_chances(estimates.values, made, 0)
    np.testing.assert_allclose(found.chances, np.exp([log.value for log in logs]).T, atol=1e-14)
    low, high = found.bounds()
    assert (low >= 0).all() and (high <= 1).all() and (low < found.chances).all() and (found.chances < high).all()
    assert len(found.to_pandas()) == 9
    # a value by name, or a whole row
    other = curves(model, estimates, "x", [0.0], {"z": 1.5})
    assert not np.allclose(other.chances, found.chances[1])
    line = curves(model, estimates, "x", [float(table.columns["x"][4])], 4)
    _, logs = model.log_chances(estimates.values, order=0)
    np.testing.assert_allclose(line.chances[0], [np.exp(log.value[4]) for log in logs], atol=1e-14)
    assert span(table, "x").min() == table.numbers("x").min()


def test_what_cannot_vary_is_told(fitted) -> None:
    table = fitted[0].table
    for message, column, values, base in (
        ("no column `q`", "q", [1.0], None),
        ("is a category", "w", [1.0], None),
        ("at least one value", "x", [], None),
        ("no row 300", "x", [1.0], 300),
        ("no column `q`", "x", [1.0], {"q": 1.0}),
    ):
        with pytest.raises((InputError, UsageError), match=message):
            varied(table, column, values, base)


def test_figures_are_drawn_within_their_frame(three, fitted) -> None:
    several = statics(three, "X", np.linspace(-12, 12, 61).tolist()).curves()
    single = curves(*fitted, "x")
    lonely = Curves(
        "x", np.array([0.0, 1.0]), ("A",), np.array([[0.5], [0.5]]), np.full((2, 1), np.nan), np.array([0, 1])
    )
    for drawn, width in ((several, WIDE), (several, NARROW), (single, WIDE), (lonely, NARROW)):
        assert well_drawn(statics_curves(drawn, width))
    assert "several equilibria" in figure_bytes(statics_curves(several), "svg").decode()
    assert "several equilibria" not in figure_bytes(statics_curves(single), "svg").decode()
