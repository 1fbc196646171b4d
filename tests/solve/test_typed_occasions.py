"""Private types of roles that choose on occasion only: against hidden chance, the games without, and differences."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.solve.test_private_types import check_refinement, draws_of, every_move, solved, tree_of, without_types
from tests.solve.test_typed_gradient import made
from tests.typed import BORDER, BORDER_CASE, TypedGame, typed_game

import blocs
from blocs.errors import NumericalError
from blocs.forecast.explain import choose_decisions
from blocs.forecast.solving import solve
from blocs.forecast.typed_explain import explain_types
from blocs.game.columns import Column
from blocs.game.extensive import ExtensiveGame
from blocs.game.game import Game, compile_theory
from blocs.game.history import lay_out
from blocs.game.public_tree import count_histories
from blocs.game.types import typed_columns, typed_tables
from blocs.language.load import load_case, under_theory
from blocs.language.theory import Theory
from blocs.solve.draws import medians
from blocs.solve.extensive import solve_extensive
from blocs.solve.filtering import Filter, TreeFilter
from blocs.solve.private import Beliefs, Exact, Grid, private_solver
from blocs.solve.sequential import Restriction
from blocs.solve.start_gradient import start_gradient

FORMULAS = ("0.3", "0.85", "logistic(p0)", "1 - exp(-exp(p0 / 2))")
few = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def with_occasions(found: TypedGame | None, seed: int, formulas: tuple[str, ...] = FORMULAS) -> TypedGame | None:
    """Return the game with occasions in some of its stages, at least in one of a role with types."""
    if found is None:
        return None
    pick = Random(seed)
    stages = [dict(stage) for stage in found.data["stages"]]
    typed = [stage for stage in stages if stage["role"] in found.data["types"]]
    for stage in [pick.choice(typed), *(stage for stage in stages if pick.random() < 0.5)]:
        stage["occasion"] = pick.choice(formulas)
    return found.changed(stages=stages)


def on_occasion(*formulas: str) -> st.SearchStrategy[Any]:
    """Return random games with at most two types of a role."""
    seeds = st.integers(0, 2**32 - 1)
    made_of = seeds.map(lambda seed: with_occasions(typed_game(seed, 2, ("1", "0.9")), seed, formulas or FORMULAS))
    return made_of.filter(lambda one: one is not None and count_histories(one.game) <= 200)


def always(found: TypedGame) -> TypedGame:
    return found.changed(
        stages=[{key: value for key, value in stage.items() if key != "occasion"} for stage in found.data["stages"]]
    )


# ---- against hidden moves of chance, written by hand for the solver of games in extensive form


QUARREL: dict[str, Any] = {
    "theory": "quarrel",
    "roles": {"a": "", "b": ""},
    "parameters": {"gain": 0.0, "rate": 0.4, "alert": 0.7},
    "state": {"raised": {"range": [0, 2]}, "resisted": {"type": "boolean"}},
    "stages": [
        {
            "stage": "raise?",
            "role": "a",
            "occasion": "rate",
            "options": {"hold": {}, "raise": {"when": "raised < 2", "set": {"raised": "next"}, "cost": {"a": 0.25}}},
        },
        {
            "stage": "resist?",
            "role": "b",
            "occasion": "alert",
            "options": {
                "hold": {},
                "resist": {"when": "not resisted", "set": {"resisted": True}, "cost": {"a": 0.5, "b": 0.375}},
            },
        },
    ],
    "payoffs": {
        "a": {"land": "gain * raised - 0.75 * raised * resisted"},
        "b": {"loss": "0.5 * raised * resisted - 0.75 * raised"},
    },
    "types": {
        "a": {"keen": {"prior": "0.4", "set": {"gain": "gain + 1"}}, "cool": {"prior": "rest", "set": {"gain": "-0.5"}}}
    },
    "play": {"precision": {"a": 2, "b": 2}},
    "horizon": {"after_last_step": "1"},
    "outcomes": {"high": "raised == 2", "low": "otherwise"},
}
QUARREL_VALUES = {"gain": 0.25, "rate": 0.4, "alert": 0.7}


def quarrel(steps: int = 2, **parts: Any) -> Game:
    return compile_theory(Theory.model_validate({**QUARREL, **parts}), None, steps)


class HiddenChance:
    """The quarrel as a tree: chance draws the type of a, and whether there is an occasion, seen by the mover alone."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.infoset: list[int] = []
        self.outcome: list[int] = []
        self.sets: dict[Any, tuple[int, int, list[str], list[float]]] = {}
        self.payoffs: list[list[float]] = []
        self.labels: list[str] = []
        self.node("type", -1, ["keen", "cool"], [0.4, 0.6])
        for kind, gain in (("keen", 1.25), ("cool", -0.5)):
            self.step(0, kind, gain, 0, False, np.zeros(2), "", {"a": "", "b": ""})

    def node(self, key: Any, player: int, actions: list[str], chance: list[float]) -> None:
        number = self.sets.setdefault(key, (len(self.sets), player, actions, chance))[0]
        self.infoset.append(number)
        self.outcome.append(-1)

    def pay(self, gain: float, raised: int, resisted: bool) -> np.ndarray:
        return np.array([gain * raised - 0.75 * raised * resisted, 0.5 * raised * resisted - 0.75 * raised])

    def step(self, t: int, kind: str, gain: float, raised: int, resisted: bool, earned: Any, past: str, own: Any):
        earned = earned + self.pay(gain, raised, resisted)
        if t == self.steps:
            self.infoset.append(-1)
            self.outcome.append(len(self.payoffs))
            self.payoffs.append(earned.tolist())
            self.labels.append("high" if raised == 2 else "low")
            return
        self.turn(t, "a", kind, gain, raised, resisted, earned, past, own)

    def turn(self, t, role, kind, gain, raised, resisted, earned, past, own) -> None:  # type: ignore[no-untyped-def]
        rate = QUARREL_VALUES["rate" if role == "a" else "alert"]
        legal = ["hold", "raise"] if role == "a" else ["hold", "resist"]
        if (role == "a" and raised == 2) or (role == "b" and resisted):
            legal = ["hold"]
        self.node((t, role, "chance"), -1, ["occasion", "none"], [rate, 1 - rate])
        for occasion in (True, False):
            known = {**own, role: own[role] + ("1" if occasion else "0")}
            actions = ["hold"]
            if occasion:
                actions = legal
                # a role knows its type, what was done, and when it had an occasion
                self.node((role, kind if role == "a" else "", past, known[role]), "ab".index(role), actions, [])
            for action in actions:
                up, more = raised + (action == "raise"), resisted or action == "resist"
                spent = {"raise": [0.25, 0.0], "resist": [0.5, 0.375]}.get(action, [0.0, 0.0])
                rest = (kind, gain, up, more, earned - np.array(spent), past + action[2])
                if role == "a":
                    self.turn(t, "b", *rest, known)
                else:
                    self.step(t + 1, *rest, known)

    def game(self) -> ExtensiveGame:
        sets = list(self.sets.values())
        return ExtensiveGame.from_preorder(
            self.infoset,
            self.outcome,
            title="quarrel",
            players=("a", "b"),
            infoset_player=[player for _, player, _, _ in sets],
            action_ptr=np.cumsum([0, *(len(actions) for _, _, actions, _ in sets)]),
            chance=[p for _, _, actions, chance in sets for p in chance or [np.nan] * len(actions)],
            payoffs=self.payoffs,
            infoset_labels=[str(key) for key in self.sets],
            action_labels=[action for _, _, actions, _ in sets for action in actions],
            outcome_labels=self.labels,
            comment="",
        )


@pytest.mark.parametrize("steps", [1, 2])
def test_the_same_game_with_hidden_moves_of_chance(steps: int) -> None:
    tree = HiddenChance(steps).game()
    (other,) = solve_extensive(tree, [2.0])
    game = quarrel(steps)
    ours = solved(TypedGame(game, QUARREL_VALUES, QUARREL, steps), Exact(starts=0))
    np.testing.assert_allclose(ours.values[:, 0], other.payoffs, rtol=1e-9, atol=1e-9)
    high = sum(p for label, p in zip(tree.outcome_labels, other.outcome_probabilities, strict=True) if label == "high")
    assert ours.outcome_draws()[0, 0] == pytest.approx(high, abs=1e-9)
    assert ours.certificate.residual < 1e-9


# ---- against games without occasions, or without types


METHODS: list[Beliefs] = [Exact(starts=0), Grid(5, starts=0)]


@few
@given(on_occasion("1", "1 - 0 * p0"), st.sampled_from(METHODS))
def test_an_occasion_that_always_comes_is_the_game_without(found: TypedGame, method: Beliefs) -> None:
    one, none = solved(found, method), solved(always(found), method)
    np.testing.assert_allclose(one.values, none.values, atol=1e-10)
    np.testing.assert_allclose(one.taken, none.taken, atol=1e-10)


@few
@given(on_occasion())
def test_one_type_is_the_game_without_types(found: TypedGame) -> None:
    alone = found.changed(types={role: {"only": {"prior": "1"}} for role in found.data["types"]})
    one, none = solved(alone, Exact(starts=0)), solved(without_types(found))
    np.testing.assert_allclose(one.values, none.values, atol=1e-10)
    np.testing.assert_allclose(one.taken, none.taken, atol=1e-10)


@few
@given(on_occasion(), st.sampled_from(METHODS))
def test_types_that_are_alike_are_the_game_without_types(found: TypedGame, method: Beliefs) -> None:
    alike = found.changed(types={role: {"a": {"prior": "0.3"}, "b": {"prior": "rest"}} for role in found.data["types"]})
    two, none = solved(alike, method), solved(without_types(found))
    np.testing.assert_allclose(two.values, none.values, atol=1e-9)
    np.testing.assert_allclose(two.ended, none.ended, atol=1e-9)
    np.testing.assert_allclose(two.taken, none.taken, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_forced_is_done_without_an_occasion_and_what_is_forbidden_never(method: Beliefs) -> None:
    game = quarrel()
    draws = draws_of(QUARREL_VALUES)
    hold, up = game.option_names.index("hold"), game.option_names.index("raise")
    forced = solve(game, draws, beliefs=method, restrictions=[Restriction(up, 0, 0, True)])
    assert forced.taken[0, up, 0] == pytest.approx(1, abs=1e-12)
    # who may not hold has to choose
    never = solve(game, draws, beliefs=method, restrictions=[Restriction(hold, 0, 0, False)])
    assert never.taken[0, up, 0] == pytest.approx(1, abs=1e-12)
    quiet = solve(game, draws, beliefs=method, restrictions=[Restriction(up, 0, 1, False)])
    assert quiet.taken[:, up, 0].max() == 0


# ---- the grid against the tree


def test_a_finer_grid_comes_closer_to_the_exact_solution() -> None:
    check_refinement(quarrel(3), QUARREL_VALUES)


@few
@given(on_occasion())
def test_the_grid_is_near_the_tree_on_random_games(found: TypedGame) -> None:
    exact, near = solved(found, Exact(starts=0)), solved(found, Grid(33, starts=0))
    np.testing.assert_allclose(near.outcome_draws(), exact.outcome_draws(), atol=5e-3)
    assert near.certificate.residual < 1e-9


# ---- beliefs and courses


def walks(game: Game, values: dict[str, float]) -> list[Filter]:
    """Return what follows beliefs on the tree, and on a grid."""
    tables = typed_tables(game, values, typed_columns(game), 1)
    wanted = [(t, node) for t in range(game.graph.steps) for node in range(game.graph.nodes)]
    return [TreeFilter(tree_of(game, values)), private_solver(game, Grid(5, starts=0)).filtered(tables, 0, wanted)]


def test_beliefs_are_a_martingale() -> None:
    game = quarrel()
    for walk in walks(game, QUARREL_VALUES):
        moved = 0.0
        for at, after in every_move(game, walk):
            assert sum(p for p, _ in after) == pytest.approx(1, abs=1e-12)
            for q, belief in enumerate(walk.beliefs(at)):
                mean = sum(p * walk.beliefs(there)[q] for p, there in after)
                np.testing.assert_allclose(mean, belief, atol=1e-12)
                moved = max(moved, *(float(np.abs(walk.beliefs(there)[q] - belief).max()) for _, there in after))
        assert moved > 0.01


@pytest.mark.parametrize("method", METHODS)
def test_courses_that_are_played_out_are_as_frequent_as_the_solution_says(method: Beliefs) -> None:
    game, count = quarrel(), 2000
    tables = typed_tables(game, QUARREL_VALUES, typed_columns(game), 1)
    solver = private_solver(game, method)
    courses, expected = solver.sample(tables, 0, count, seed=5), solver.play(tables, 0, (), False)
    seen = np.zeros_like(expected.taken)
    times: dict[tuple[int, ...], int] = {}
    told: dict[tuple[int, ...], float] = {}
    for one in courses:
        for step, _, arc, _ in one.moves:
            seen[step, game.graph.arc_option[arc]] += 1 / count
        key = tuple(branch for *_, branch in one.moves)
        told[key], times[key] = one.probability, times.get(key, 0) + 1
    # four standard errors of a share of 2,000
    np.testing.assert_allclose(seen, expected.taken, atol=4 * 0.5 / np.sqrt(count))
    for key, probability in told.items():
        assert abs(times[key] / count - probability) < 5 * np.sqrt(probability / count) + 1 / count
    assert sum(told.values()) <= 1 + 1e-9


# ---- derivatives


def with_priors(seed: int) -> TypedGame | None:
    found = with_occasions(made(seed), seed)
    return found if found is not None and 1 < count_histories(found.game) <= 200 else None


games = st.integers(0, 2**32 - 1).map(with_priors).filter(lambda one: one is not None)


def off_the_kinks(found: TypedGame) -> dict[str, float]:
    """Return values off the eighths that they are drawn from, where formulas such as abs(p0) have their kinks."""
    return {name: value + 0.0137 * (number + 1) for number, (name, value) in enumerate(found.values.items())}


@few
@given(games, st.sampled_from(METHODS))
def test_values_and_outcomes_by_every_parameter(found: TypedGame, method: Beliefs) -> None:
    observers = [Column("outcome", index=o) for o in range(len(found.game.outcomes))]
    size = len(typed_columns(found.game, *observers))
    values, h = off_the_kinks(found), 1e-5

    def at(moved: dict[str, float], wrt: tuple[str, ...] = ()) -> Any:
        weights = np.eye(size) if wrt else np.zeros((0, size))
        return start_gradient(found.game, moved, wrt, observers=observers, weights=weights, method=method)

    try:
        exact = at(values, tuple(values))
        for name, value in values.items():
            up, down = (at({**values, name: value + sign * h}).start for sign in (1, -1))
            np.testing.assert_allclose(exact.slopes[name], (up - down) / (2 * h), rtol=2e-6, atol=2e-6)
    except NumericalError:
        assume(False)


def test_the_derivative_by_how_likely_an_occasion_is() -> None:
    game, h = quarrel(), 1e-5
    for method in METHODS:
        exact = start_gradient(game, QUARREL_VALUES, {"rate", "alert"}, weights=np.eye(3), method=method)
        for name in ("rate", "alert"):
            ends = [
                start_gradient(game, {**QUARREL_VALUES, name: QUARREL_VALUES[name] + move}, (), method=method).start
                for move in (h, -h)
            ]
            assert np.abs(exact.slopes[name]).max() > 0.01
            np.testing.assert_allclose(exact.slopes[name], (ends[0] - ends[1]) / (2 * h), rtol=1e-7, atol=1e-8)


# ---- in cases


def test_an_explanation_by_type_tells_of_the_occasion(tmp_path: Path) -> None:
    theory = BORDER.replace("    role: north\n", "    role: north\n    occasion: 0.25\n")
    (tmp_path / "border.yaml").write_text(theory, encoding="utf-8")
    (tmp_path / "case.yaml").write_text(BORDER_CASE, encoding="utf-8")
    game = blocs.compile(load_case(tmp_path / "case.yaml"))
    decisions = choose_decisions(game, lay_out(game), role="north", at="1901")
    found = explain_types(game, medians(game), decisions, method=Exact(starts=0))
    assert [one.type for one in found] == ["bold", "timid"]
    for told in found:
        assert told.occasion is not None and told.occasion[0] == 0.25
        odds = told.precision[0] * (told.value[:, 0] - told.value[0, 0])
        answers = np.exp(odds) / np.exp(odds).sum()
        assert told.options[0] == "hold"
        assert told.probability[1:, 0] == pytest.approx(0.25 * answers[1:], rel=1e-9)
        assert told.probability[0, 0] == pytest.approx(0.25 * answers[0] + 0.75, rel=1e-9)


def test_the_first_case_where_everybody_is_busy(tmp_path: Path) -> None:
    case = blocs.load("sino-albanian-1961-resolve")
    stages = [
        f"  - {{stage: {stage.stage}, occasion: 1 - exp(-occasions_a_year * step_years)}}"
        for stage in case.theory_spec.stages
    ]
    path = tmp_path / "busy.yaml"
    path.write_text("\n".join([BUSY, *stages, ""]), encoding="utf-8")
    game = blocs.compile(under_theory(case, blocs.load_theory(path)))
    assert (game.graph.stage_otherwise >= 0).all()
    found = solve(game, medians(game), beliefs=Grid(3, starts=0))
    assert found.certificate.residual < 1e-9
    assert abs(found.certificate.probability_sum - 1) < 1e-9


BUSY = """\
theory: busy-resolve
extends: patron-client-resolve
parameters:
  occasions_a_year: LogNormal(0.7, 0.7)
stages:"""
