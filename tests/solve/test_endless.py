"""Games without a last step: against arrays, long finite games, closed forms and difference quotients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from numpy.typing import NDArray
from tests.small import theory
from tests.strategies import Drawn, joint_theories, theories

from blocs.errors import InputError, NumericalError, UsageError
from blocs.game.columns import Column
from blocs.game.game import Game, compile_theory
from blocs.game.stationary import StationaryGame
from blocs.language.theory import Theory
from blocs.solve import climb, endless, steps_back
from blocs.solve.draws import Draws
from blocs.solve.gradient import Seed, gradient
from blocs.solve.sequential import Pass, Restriction, backward, residual
from blocs.solve.stationary import solve_stationary

Floats = NDArray[np.float64]

# how far up the ladder: each column of the arrays below is one of these
TOP = 3
RATES = ("0.9", "0.6", "logistic(p0)")


def solved(game: Game, values: dict[str, Any] | None = None, draws: int = 1, **given_: Any) -> Pass:
    tables = game.tables(values or {}, game.columns(*given_.pop("observers", ())), draws)
    return backward(game, tables, threads=1, **given_)


def horizon(one: Theory, what: Any) -> Theory:
    return Theory.model_validate({**one.model_dump(by_alias=True), "horizon": what})


def ladder(discount: float = 0.9, lam: float = 1.5, **parts: Any) -> Theory:
    """Return a theory in which one climbs, or gambles, and the other pulls down, each once in a step.

    The second is as precise as one whose values are discounted by half a step: see `in_arrays`.
    """
    known: dict[str, Any] = {
        "payoffs": {"climber": {"height": "0.7 * rung"}, "holder": {"fear": "1.1 * (rung == 1) - 0.5 * rung"}},
        "play": {"discount": str(discount), "precision": {"climber": str(lam), "holder": f"{lam} / {discount} ** 0.5"}},
        "horizon": "forever",
        "outcomes": {"top": f"rung == {TOP}", "below": "otherwise"},
    }
    return theory(
        {"rung": [0, TOP]},
        {
            "climber": {
                "hold": {},
                "climb": {"when": f"rung < {TOP}", "set": {"rung": "next"}, "cost": {"climber": "0.3"}},
                "gamble": {"chance": [{"p": "0.4", "set": {"rung": str(TOP)}}, {"p": "rest", "set": {"rung": "0"}}]},
            },
            "holder": {
                "hold": {},
                "pull": {"when": "rung > 0", "set": {"rung": "previous"}, "cost": {"holder": "0.2", "climber": "0.1"}},
            },
        },
        **{**known, **parts},
    )


def in_arrays(discount: float) -> StationaryGame:
    """Return the ladder as arrays, each turn a state: what is paid in the second half of a step is worth more there."""
    root, rungs = discount**0.5, TOP + 1
    counts = np.ones((2 * rungs, 2), dtype=int)
    u, phi = np.zeros((2 * rungs, 2, 3, 2)), np.zeros((2 * rungs, 3, 2, 2 * rungs))
    for rung in range(rungs):
        paid = np.array([0.7 * rung, 1.1 * (rung == 1) - 0.5 * rung])
        turns: list[tuple[list[float], dict[int, float]]] = [([0.0, 0.0], {rung: 1.0})]
        if rung < TOP:
            turns.append(([0.3, 0.0], {rung + 1: 1.0}))
        turns.append(([0.0, 0.0], {TOP: 0.4, 0: 0.6}))
        counts[rung, 0] = len(turns)
        for a, (cost, after) in enumerate(turns):
            u[rung, :, a, 0] = paid - cost
            for to, p in after.items():
                phi[rung, a, 0, rungs + to] += p
        counts[rungs + rung, 1] = 2 if rung > 0 else 1
        phi[rungs + rung, 0, 0, rung] = 1.0
        if rung > 0:
            u[rungs + rung, :, 0, 1] = -np.array([0.1, 0.2]) / root
            phi[rungs + rung, 0, 1, rung - 1] = 1.0
    return StationaryGame.from_dense(u, phi, [root, root], counts)


@pytest.mark.parametrize(("discount", "lam"), [(0.9, 1.5), (0.99, 0.8), (0.5, 20.0)])
def test_the_same_as_the_stationary_solver_finds_from_arrays(discount, lam):
    done = solved(compile_theory(ladder(discount, lam), None, 5), keep=True)
    known = solve_stationary(in_arrays(discount), [lam])[0]
    assert done.start[:, 0] == pytest.approx(known.values[0], rel=1e-8, abs=1e-8)
    graph = compile_theory(ladder(discount, lam), None, 5).graph
    for rung in range(TOP + 1):
        node = graph.node_of(0, rung)
        at = int(done.sigma_at[4, 0]) + int(graph.arc_ptr[node])
        counts = graph.arc_ptr[node + 1] - graph.arc_ptr[node]
        assert done.sigma[at : at + counts, 0] == pytest.approx(known.sigma[rung, 0, :counts], abs=1e-8)


def test_simultaneous_choices_are_those_of_the_stationary_solver():
    both = Theory.model_validate(
        {
            "theory": "both",
            "roles": {"a": "", "b": ""},
            "state": {"x": {"type": "boolean"}, "y": {"type": "boolean"}},
            "stages": [
                {
                    "stage": "at once",
                    "roles": ["a", "b"],
                    "options": {
                        "a": {"stay": {}, "turn": {"set": {"x": "not x"}, "cost": {"a": "0.2"}}},
                        "b": {"stay": {}, "turn": {"set": {"y": "not y"}, "cost": {"b": "0.1"}}},
                    },
                }
            ],
            "payoffs": {"a": {"same": "1.0 * (x == y)"}, "b": {"other": "1.5 * (x != y) + 0.3 * y"}},
            "play": {"discount": "0.8", "precision": {"a": "2", "b": "2"}},
            "horizon": "forever",
            "outcomes": {"any": "otherwise"},
        }
    )
    u, phi = np.zeros((4, 2, 2, 2)), np.zeros((4, 2, 2, 4))
    for x in range(2):
        for y in range(2):
            for a in range(2):
                for b in range(2):
                    s = 2 * x + y
                    u[s, 0, a, b] = (x == y) - 0.2 * a
                    u[s, 1, a, b] = 1.5 * (x != y) + 0.3 * y - 0.1 * b
                    phi[s, a, b, 2 * (x ^ a) + (y ^ b)] = 1.0
    known = solve_stationary(StationaryGame.from_dense(u, phi, [0.8, 0.8], np.full((4, 2), 2)), [2.0])[0]
    game = compile_theory(both, None, 3)
    done = solved(game, keep=True)
    assert done.start[:, 0] == pytest.approx(known.values[0], abs=1e-9)
    assert done.sigma[:2, 0] == pytest.approx(known.sigma[0, 0], abs=1e-9)
    assert residual(game, done) < 1e-12


@pytest.mark.parametrize("discount", [0.3, 0.95, 0.999])
def test_one_state_and_two_options_in_closed_form(discount):
    one = theory(
        {"x": [0, 0]},
        {"r": {"rest": {}, "work": {"cost": {"r": "c"}}}},
        parameters=("c", "w"),
        payoffs={"r": {"wage": "w"}},
        play={"discount": str(discount), "precision": {"r": "2"}},
        horizon="forever",
        outcomes={"same": "otherwise"},
    )
    c, w = np.array([0.4, -1.0, 3.0]), np.array([1.0, -2.0, 0.1])
    done = solved(compile_theory(one, None, 2), {"c": c, "w": w}, 3)
    work = 1 / (1 + np.exp(2 * c))
    assert done.start[0] == pytest.approx((w - work * c) / (1 - discount), rel=1e-10)
    assert done.sigma[1] == pytest.approx(work, rel=1e-10)


@given(theories(discounts=RATES))
@settings(max_examples=25, deadline=None)
def test_a_long_finite_game_comes_to_the_same(drawn: Drawn):
    check_against_long(drawn)


@given(joint_theories(most_steps=2))
@settings(max_examples=8, deadline=None)
def test_so_does_one_with_choices_made_at_once(drawn: Drawn):
    assume(drawn.theory.play.discount != "1")
    check_against_long(drawn)


def check_against_long(drawn: Drawn) -> None:
    open_end, steps = horizon(drawn.theory, "forever"), drawn.steps
    long = solved(compile_theory(horizon(drawn.theory, {"after_last_step": "continue"}), None, 400), drawn.values)
    longer = solved(compile_theory(horizon(drawn.theory, {"after_last_step": "continue"}), None, 401), drawn.values)
    # what does not come to rest in a finite game need not be what the endless one finds
    assume(np.allclose(long.start, longer.start, rtol=1e-10, atol=1e-10))
    game = compile_theory(open_end, None, steps)
    done = solved(game, drawn.values, keep=True)
    assert done.start == pytest.approx(long.start, rel=1e-7, abs=1e-7)
    assert residual(game, done) < 1e-11
    assert done.endless is not None
    assert done.endless.change <= 1e-12


def test_play_is_the_same_in_every_step_and_in_every_column():
    game = compile_theory(ladder(), None, 6)
    term = Column("term", role=0, index=0)
    costs = Column("cost", role=0)
    length, top = Column("length"), Column("outcome", index=0)
    done = solved(game, observers=(term, costs, length, top), keep=True)
    rung, shape = game.graph.node_of(0, 0), int(game.graph.arc_ptr[1])
    for t in range(6):
        at = int(done.sigma_at[t, 0]) + int(game.graph.arc_ptr[rung])
        assert done.sigma[at : at + shape] == pytest.approx(done.sigma[:shape], abs=1e-11)
    # what is paid and what it costs add up to the value; steps and outcomes count within the calendar
    assert done.start[2] + done.start[3] == pytest.approx(done.start[0], rel=1e-10)
    assert done.start[4] == pytest.approx(6.0)
    assert 0.0 < done.start[5, 0] < 1.0
    longer = solved(compile_theory(ladder(), None, 60))
    assert longer.start == pytest.approx(done.start[:2], rel=1e-10)


def test_a_constant_more_each_step_is_worth_its_present_value_and_changes_no_choice():
    plain = solved(compile_theory(ladder(), None, 3))
    more = {"climber": {"height": "0.7 * rung", "gift": "2.5"}, "holder": {"fear": "1.1 * (rung == 1) - 0.5 * rung"}}
    richer = solved(compile_theory(ladder(payoffs=more), None, 3))
    assert richer.start[:, 0] == pytest.approx(plain.start[:, 0] + [25.0, 0.0], rel=1e-10)
    assert richer.sigma == pytest.approx(plain.sigma, abs=1e-10)


def test_states_beyond_the_calendar_are_part_of_the_game():
    one = theory(
        {"day": [0, 9]},
        {"r": {"wait": {"when": "day < 9", "set": {"day": "next"}}, "stay": {"when": "day == 9"}}},
        payoffs={"r": {"harvest": "day == 9"}},
        play={"discount": "0.5", "precision": {"r": "1"}},
        horizon="forever",
        outcomes={"any": "otherwise"},
    )
    done = solved(compile_theory(one, None, 2))
    assert done.start[0, 0] == pytest.approx(0.5**9 * 2, rel=1e-12)


def test_an_option_forbidden_in_the_calendar_is_free_after_it():
    game = compile_theory(ladder(), None, 2)
    climb = game.option_names.index("climb")
    done = solved(game, keep=True, restrictions=[Restriction(climb, 0, 1, forced=False)])
    free = solved(game)
    assert done.sigma[1, 0] == 0.0
    assert done.start[0, 0] < free.start[0, 0]
    assert done.beyond == pytest.approx(free.beyond, abs=0)
    assert residual(game, done, [Restriction(climb, 0, 1, forced=False)]) < 1e-11


def test_a_discount_of_one_has_no_present_value():
    one = theory({"x": [0, 1]}, {"r": {"hold": {}}}, play={"discount": "d"}, parameters=("d",), horizon="forever")
    with pytest.raises(InputError, match="a discount above 0 and below 1, it is 1"):
        solved(compile_theory(one, None, 1), {"d": 1.0})


def test_what_does_not_come_to_rest_is_said(monkeypatch):
    monkeypatch.setattr(steps_back, "SWEEPS", 2)
    monkeypatch.setattr(steps_back, "STRETCH", 1)
    monkeypatch.setattr(climb, "NEWTON", 1)

    def lost(*_: Any, **__: Any) -> None:
        raise NumericalError("the branch is too long")

    monkeypatch.setattr(climb, "follow", lost)
    with pytest.raises(
        NumericalError, match=r"no stationary values .* draw 1 of 1: .* is lost at 0% of the precisions"
    ):
        solved(compile_theory(ladder(), None, 2))
    # a large game is raised in stretches: none of which can be made in two steps
    monkeypatch.setattr(climb, "MOST", 0)
    monkeypatch.setattr(climb, "PATIENT", 1)
    with pytest.raises(NumericalError, match="is lost at 0% of the precisions"):
        solved(compile_theory(ladder(), None, 2))


def test_every_way_leads_to_the_same_values(monkeypatch):
    game = compile_theory(ladder(0.95, 3.0), None, 2)
    tables = game.tables({}, game.columns(), 1)
    found = endless.settle(game, tables)
    newton, patient = climb.newton, climb.patient
    tried: list[int] = []

    def astray(step: Any, x: Floats) -> tuple[Floats, float]:
        tried.append(1)
        return (x, 1.0) if len(tried) == 1 else newton(step, x)

    def in_vain(step: Any, x: Floats, most: int | None = None) -> tuple[Floats, float]:
        return (x, 1.0) if most is None else patient(step, x, most)

    monkeypatch.setattr(steps_back, "PATIENCE", 2)
    patiently = endless.settle(game, tables)
    monkeypatch.setattr(climb, "patient", in_vain)
    by_newton = endless.settle(game, tables)
    monkeypatch.setattr(climb, "newton", astray)
    from_blind = endless.settle(game, tables)
    # once in vain, and once to finish what was found on the way
    assert len(tried) == 2
    tried.clear()
    monkeypatch.setattr(climb, "MOST", 0)
    in_stretches = endless.settle(game, tables)
    # once in vain, and then for each stretch of the precisions
    assert len(tried) > 3
    assert len({one.sweeps for one in (found, patiently, by_newton, from_blind, in_stretches)}) == 5
    for other in (patiently, by_newton, from_blind, in_stretches):
        assert other.change <= 1e-12
        assert other.begin == pytest.approx(found.begin, rel=1e-9, abs=1e-9)


@given(theories(discounts=RATES, most_steps=3))
@settings(max_examples=15, deadline=None)
def test_derivatives_are_those_of_difference_quotients(drawn: Drawn):
    check_slopes(drawn)


@given(theories("probit", discounts=RATES, most_steps=3))
@settings(max_examples=5, deadline=None)
def test_derivatives_under_probit(drawn: Drawn):
    check_slopes(drawn)


@given(joint_theories(most_steps=2))
@settings(max_examples=5, deadline=None)
def test_derivatives_with_choices_made_at_once(drawn: Drawn):
    assume(drawn.theory.play.discount != "1")
    check_slopes(drawn)


def check_slopes(drawn: Drawn) -> None:
    """Compare derivatives of values, an outcome and a log-probability together with central differences."""
    game = compile_theory(horizon(drawn.theory, "forever"), None, drawn.steps)
    rng = np.random.default_rng(drawn.seed)
    size = float(drawn.theory.facts["size"].default)  # type: ignore[arg-type]
    values = {name: value + rng.uniform(0.01, 0.1, 2) for name, value in {**drawn.values, "size": size}.items()}
    observers = (Column("outcome", index=0), Column("length"))
    columns = game.columns(*observers)
    node, arcs = game.graph.start, game.graph.arcs_of(game.graph.start)
    seeds = [Seed(0, 0, node, arcs[-1], weight=0.7)]
    d_start = rng.uniform(-1, 1, (len(columns), 2))

    def quantity(at: dict[str, Floats]) -> tuple[Floats, Pass]:
        done = solved(game, at, 2, observers=observers, keep=True)
        place = int(done.sigma_at[0, 0]) + arcs[-1] - int(game.graph.arc_ptr[0])
        return (d_start * done.start).sum(axis=0) + 0.7 * np.log(done.sigma[place]), done

    _, done = quantity(values)
    names = list(values)
    found = gradient(game, done, columns, Draws(values, None, "", 2), d_start, names, seeds)
    for name in names:
        h = 1e-4
        moved = [quantity({**values, name: values[name] + step * h})[0] for step in (-2, -1, 1, 2)]
        quotient = (moved[0] - 8 * moved[1] + 8 * moved[2] - moved[3]) / (12 * h)
        assert found[name] == pytest.approx(quotient, rel=2e-5, abs=2e-6)


def test_a_best_response_has_values_but_no_derivative():
    best = ladder(play={"discount": "0.9", "response": "best"})
    game = compile_theory(best, None, 2)
    done = solved(game, keep=True)
    assert residual(game, done) < 1e-11
    with pytest.raises(UsageError, match="no derivative"):
        gradient(game, done, game.columns(), Draws({}, None, "", 1), np.ones((2, 1)), [])
