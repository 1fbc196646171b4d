"""The rows of a formula, put together again, are the formula."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracle import Ranked, scalar
from tests.strategies import Maker

from blocs.game.rows import row_formula, split
from blocs.game.space import Space, Variable, kind_of
from blocs.language.formulas import NUMBER, Scope, Symbol, evaluate, parse, resolve, to_text


def prepared(seed: int) -> tuple[Maker, Space, Scope]:
    maker = Maker(seed)
    maker.make_variables()
    variables = []
    for name, spec in maker.variables.items():
        if "range" in spec:
            low, high = spec["range"]
            variables.append(Variable(name, tuple(str(n) for n in range(low, high + 1)), NUMBER, low))
        else:
            labels = tuple(spec.get("values", ("false", "true")))
            variables.append(
                Variable(name, labels, kind_of(labels if "values" in spec else None, "values" not in spec))
            )
    symbols = {v.name: Symbol("state", v.kind) for v in variables}
    symbols |= {name: Symbol("parameter", NUMBER) for name in maker.parameters}
    symbols |= {
        "gate": Symbol("fact", "boolean"),
        "size": Symbol("fact", NUMBER),
        "step_years": Symbol("constant", NUMBER),
    }
    return maker, Space(tuple(variables)), Scope(symbols)


@given(st.integers(0, 2**32 - 1))
def test_rows_recombine_to_direct_evaluation(seed: int) -> None:
    maker, space, scope = prepared(seed)
    text = maker.formula(3)
    expr, _ = resolve(parse(text), scope, NUMBER)
    formula = row_formula("test", expr, space)
    rng = Random(seed)
    draws = 3
    values = {name: np.array([rng.randint(-16, 16) / 8 for _ in range(draws)]) for name in maker.parameters}
    values |= {"gate": rng.random() < 0.5, "size": 0.375, "step_years": 0.25}
    columns = space.decode(np.arange(space.size))
    rows = formula.row_of_point[formula.projection.points(columns)]
    found = formula.compute(values, draws)
    assert found.shape == (formula.rows, draws)
    seen = {v.name: v.as_values(columns[i].astype(np.int64)) for i, v in enumerate(space.variables)}
    for d in range(draws):
        one = {name: value[d] if np.ndim(value) else value for name, value in values.items()}
        direct = np.broadcast_to(evaluate(expr, {**seen, **one}), (space.size,))
        np.testing.assert_array_equal(found[rows, d], direct)
        state = {name: column[-1] for name, column in seen.items()}
        for v in space.variables:
            if v.name in state and not isinstance(v.kind, str):
                state[v.name] = Ranked(int(state[v.name]), v.labels)
        assert found[rows[-1], d] == pytest.approx(float(scalar(text, {**one, **state})), rel=1e-13, abs=1e-13)
    # states that differ in no atom share a row: never more rows than states that the formula can tell apart
    assert formula.rows <= formula.projection.size
    assert set(np.unique(formula.row_of_point)) == set(range(formula.rows))


@given(st.integers(0, 2**32 - 1))
def test_slopes_by_row_are_those_of_differences(seed: int) -> None:
    maker, space, scope = prepared(seed)
    expr, _ = resolve(parse(f"{maker.formula(2)} + size * {maker.parameters[0]} ** 2"), scope, NUMBER)
    formula = row_formula("test", expr, space)
    rng = Random(seed)
    # away from the ties that round numbers bring
    values = {name: np.array([rng.uniform(-2, 2), rng.uniform(-2, 2)]) for name in maker.parameters}
    values |= {"gate": np.array(True), "size": np.array(0.3819), "step_years": np.array(0.25)}
    slopes = formula.slopes(values, 2, [*maker.parameters, "size"])
    h = 1e-6
    for name in [*maker.parameters, "size"]:
        up = formula.compute({**values, name: values[name] + h}, 2)
        down = formula.compute({**values, name: values[name] - h}, 2)
        np.testing.assert_allclose(slopes.get(name, 0.0), (up - down) / (2 * h), rtol=2e-6, atol=2e-6)


def test_atoms_are_the_largest_parts_about_states_alone() -> None:
    symbols = {"x": Symbol("state", NUMBER), "y": Symbol("state", NUMBER), "p": Symbol("parameter", NUMBER)}
    expr, _ = resolve(parse("p * (x + y > 2) - max(x, 1) + (x + y > 2) / p + 3"), Scope(symbols))
    skeleton, atoms = split(expr, {"x", "y"})
    assert [to_text(atom) for atom in atoms] == ["x + y > 2", "max(x, 1)"]
    assert to_text(skeleton) == "p * slot_0 - slot_1 + slot_0 / p + 3"


def test_a_formula_of_one_indicator_has_two_rows() -> None:
    space = Space(
        (Variable("x", tuple(map(str, range(100))), NUMBER), Variable("y", tuple(map(str, range(100))), NUMBER))
    )
    symbols = {"x": Symbol("state", NUMBER), "y": Symbol("state", NUMBER), "p": Symbol("parameter", NUMBER)}
    expr, _ = resolve(parse("p * (x + y > 50)"), Scope(symbols))
    formula = row_formula("test", expr, space)
    assert formula.rows == 2
    assert formula.compute({"p": np.array([2.0])}, 1).ravel().tolist() == [0, 2]


def test_a_formula_without_state_has_one_row() -> None:
    expr, _ = resolve(parse("p / 4"), Scope({"p": Symbol("parameter", NUMBER)}))
    formula = row_formula("test", expr, Space(()))
    assert formula.rows == 1
    assert formula.compute({"p": np.array([2.0, 8.0])}, 2).tolist() == [[0.5, 2.0]]
