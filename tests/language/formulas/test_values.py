"""Values and derivatives of formulas, against a plain evaluator and against differences."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.oracle import Ranked, scalar
from tests.strategies import Maker

from blocs.language.formulas import (
    BOOLEAN,
    NUMBER,
    Enumeration,
    Kind,
    Scope,
    Symbol,
    differentiate,
    evaluate,
    parse,
    resolve,
)
from blocs.language.formulas.duals import Value

seeds = st.integers(0, 2**32 - 1)


def drawn(seed: int) -> tuple[Maker, Scope, dict[str, Any]]:
    """Return a maker of formulas, the meaning of its names, and values for parameters and facts."""
    maker = Maker(seed)
    maker.make_variables()
    symbols = {
        "gate": Symbol("fact", BOOLEAN),
        "size": Symbol("fact", NUMBER),
        "step_years": Symbol("constant", NUMBER),
    }
    symbols |= {name: Symbol("parameter", NUMBER) for name in maker.parameters}
    for name, spec in maker.variables.items():
        kind: Kind = Enumeration(tuple(spec["values"])) if "values" in spec else NUMBER if "range" in spec else BOOLEAN
        symbols[name] = Symbol("state", kind)
    rng = Random(seed)
    values: dict[str, Any] = {name: rng.randint(-16, 16) / 8 for name in [*maker.parameters, "size"]}
    return maker, Scope(symbols), {**values, "gate": rng.random() < 0.5, "step_years": 0.25}


def states(maker: Maker) -> list[dict[str, Any]]:
    """Return every combination of the variables' values, as a plain evaluator sees them."""
    choices = []
    for spec in maker.variables.values():
        if "values" in spec:
            values = tuple(spec["values"])
            choices.append([Ranked(rank, values) for rank in range(len(values))])
        else:
            choices.append(list(range(spec["range"][0], spec["range"][1] + 1)) if "range" in spec else [False, True])
    return [dict(zip(maker.variables, one, strict=True)) for one in product(*choices)]


@given(seeds)
def test_columns_equal_one_state_at_a_time(seed: int) -> None:
    maker, scope, constants = drawn(seed)
    every = states(maker)
    columns = {name: np.array([state[name] for state in every]) for name in maker.variables}
    for text in (maker.formula(4), maker.condition(3)):
        expr, kind = resolve(parse(text), scope)
        found = np.broadcast_to(evaluate(expr, {**columns, **constants}), (len(every),))
        wanted = [scalar(text, {**state, **constants}) for state in every]
        if kind == BOOLEAN:
            assert found.dtype == bool
        np.testing.assert_allclose(found.astype(float), np.array(wanted, dtype=float), rtol=1e-14, atol=1e-14)


@given(seeds)
def test_derivatives_equal_central_differences(seed: int) -> None:
    maker, scope, constants = drawn(seed)
    text = maker.formula(3)
    expr, _ = resolve(parse(text), scope)
    state = Random(seed + 1).choice(states(maker))

    def at(**changed: float) -> float:
        return float(evaluate(expr, {**constants, **state, **changed}))

    wrt = [*maker.parameters, "size"]
    value, slopes = differentiate(expr, {**constants, **state}, wrt)
    assert float(value) == at()
    for name in wrt:
        h, x = 1e-5, constants[name]
        right, left = (at(**{name: x + h}) - at()) / h, (at() - at(**{name: x - h})) / h
        # at a kink (a tie in `max`, `abs` at zero) there is no derivative to compare with
        assume(abs(right - left) < 1e-3 * (1 + abs(right)))
        assert float(slopes.get(name, 0.0)) == pytest.approx((right + left) / 2, rel=1e-6, abs=1e-7 * (1 + abs(at())))


X = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])


@pytest.mark.parametrize(
    ("text", "value", "slope"),
    [
        ("abs(x)", np.abs(X), np.sign(X)),
        ("exp(x)", np.exp(X), np.exp(X)),
        ("log(3 + x)", np.log(3 + X), 1 / (3 + X)),
        ("sqrt(3 + x)", np.sqrt(3 + X), 0.5 / np.sqrt(3 + X)),
        ("logistic(x)", 1 / (1 + np.exp(-X)), np.exp(-X) / (1 + np.exp(-X)) ** 2),
        ("min(x, 1)", np.minimum(X, 1), X < 1),
        ("max(0.25, x)", np.maximum(X, 0.25), X > 0.25),
        ("clip(x, -1, 1)", np.clip(X, -1, 1), np.abs(X) < 1),
        ("x ** 2", X**2, 2 * X),
        ("x ** 0", np.ones(5), np.zeros(5)),
        ("2 ** x", 2**X, np.log(2) * 2**X),
        ("1 / (3 + x)", 1 / (3 + X), -1 / (3 + X) ** 2),
        ("-x - 2 * x", -3 * X, np.full(5, -3.0)),
        ("x if x > 0 else -3 * x", np.where(X > 0, X, -3 * X), np.where(X > 0, 1.0, -3.0)),
        ("(x > 0) * x", np.where(X > 0, X, 0), X > 0),
    ],
)
def test_functions_by_hand(text: str, value: Value, slope: Value) -> None:
    expr, _ = resolve(parse(text), Scope({"x": Symbol("parameter", NUMBER)}))
    found, slopes = differentiate(expr, {"x": X}, ["x"])
    np.testing.assert_allclose(found, value, rtol=1e-15)
    np.testing.assert_allclose(np.broadcast_to(slopes["x"], 5), slope, rtol=1e-14)


@pytest.mark.parametrize(
    ("text", "value"), [("logistic(800)", 1.0), ("logistic(-800)", 0.0), ("logistic(-40)", 4.248354255291589e-18)]
)
def test_logistic_has_tails(text: str, value: float) -> None:
    assert float(evaluate(parse(text), {})) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    "text", ["log(0 - 1)", "0 / 0", "sqrt(0 - 1)", "max(1, log(0 - 1))", "min(log(0 - 1), 1)", "clip(0 / 0, 0, 1)"]
)
def test_what_is_no_number_does_not_vanish(text: str) -> None:
    assert np.isnan(evaluate(parse(text), {}))


def test_power_of_zero_has_finite_slopes() -> None:
    scope = Scope({name: Symbol("parameter", NUMBER) for name in "xy"})
    expr, _ = resolve(parse("x ** y"), scope)
    value, slopes = differentiate(expr, {"x": np.zeros(2), "y": np.array([2.0, 3.0])}, ["x", "y"])
    assert value.tolist() == [0, 0]
    assert slopes["x"].tolist() == slopes["y"].tolist() == [0, 0]


def test_ranks_in_a_byte_do_not_wrap_around() -> None:
    kind = Enumeration(tuple(f"v{i}" for i in range(200)))
    expr, _ = resolve(parse("level * 2 - 300"), Scope({"level": Symbol("state", kind)}))
    assert evaluate(expr, {"level": np.array([0, 199], dtype=np.uint8)}).tolist() == [-300, 98]


def test_enumerations_compare_by_name_in_order() -> None:
    kind = Enumeration(("loyal", "hedging", "rival"))
    scope = Scope({"alignment": Symbol("state", kind), "other": Symbol("state", kind), "gate": Symbol("fact", BOOLEAN)})
    ranks = np.array([0, 1, 2])

    def holds(text: str) -> list[bool]:
        expr, found = resolve(parse(text), scope)
        assert found == BOOLEAN
        values = {"alignment": ranks, "other": ranks[::-1], "gate": np.array([True, False, True])}
        return np.broadcast_to(evaluate(expr, values), 3).tolist()

    assert holds("alignment == hedging") == [False, True, False]
    assert holds("alignment < rival") == [True, True, False]
    assert holds("rival > alignment") == [True, True, False]
    assert holds("hedging <= alignment") == [False, True, True]
    assert holds("alignment != loyal") == [False, True, True]
    assert holds("loyal < alignment <= rival") == [False, True, True]
    assert holds("alignment in [loyal, rival]") == [True, False, True]
    assert holds("alignment not in [loyal, rival]") == [False, True, False]
    assert holds("alignment < other") == [True, False, False]
    assert holds("alignment == (rival if gate else hedging)") == [False, True, True]
    assert holds("(rival if gate else hedging) == alignment") == [False, True, True]


def test_numbers_and_truths_mix() -> None:
    kind = Enumeration(("low", "high"))
    scope = Scope({"gate": Symbol("fact", BOOLEAN), "x": Symbol("fact", NUMBER), "v": Symbol("state", kind)})

    def value(text: str) -> float:
        expr, found = resolve(parse(text), scope, NUMBER)
        assert found == NUMBER
        return float(evaluate(expr, {"gate": np.array(True), "x": 2.5, "v": np.array(1)}))

    assert value("gate + gate") == 2  # not a union, as NumPy would have it
    assert value("-gate") == -1
    assert value("1 - (not gate)") == 1
    assert value("gate * x") == 2.5
    assert value("x == 2.5") == 1
    assert value("gate == 1") == 1
    assert value("v / 2 + (v == high)") == 1.5
    assert value("x if gate else false") == 2.5
    assert value("false if gate else x") == 0
    assert value("max(gate, x > 3)") == 1


def test_definitions_are_put_in_place() -> None:
    symbols = {"x": Symbol("parameter", NUMBER), "v": Symbol("state", Enumeration(("low", "high")))}
    scope = Scope(symbols, {"worth": parse("x * (v == high)"), "twice": parse("2 * worth")})
    expr, _ = resolve(parse("twice + worth"), scope)
    value, slopes = differentiate(expr, {"x": 3.0, "v": np.array([0, 1])}, ["x"])
    assert value.tolist() == [0, 9]
    assert np.broadcast_to(slopes["x"], 2).tolist() == [0, 3]
