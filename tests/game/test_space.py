"""States as codes, and lookups over a few variables."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocs.errors import InputError
from blocs.game.rows import combine, distinct
from blocs.game.space import MAX_GRID, MAX_VALUES, Space, Variable
from blocs.language.formulas import BOOLEAN, NUMBER, Enumeration


def integers(name: str, size: int, low: int = 0) -> Variable:
    return Variable(name, tuple(str(low + i) for i in range(size)), NUMBER, low)


def space_of(*sizes: int) -> Space:
    return Space(tuple(integers(f"v{i}", size) for i, size in enumerate(sizes)))


@given(st.lists(st.integers(1, 9), max_size=7), st.integers(0, 2**32 - 1))
def test_every_code_is_one_state(sizes: list[int], seed: int) -> None:
    space = space_of(*sizes)
    assert space.size == prod(sizes)
    codes = np.random.default_rng(seed).integers(0, space.size, 50)
    columns = space.decode(codes)
    assert columns.shape == (len(sizes), 50)
    for i, size in enumerate(sizes):
        assert columns[i].max() < size
    assert [space.encode(column.tolist()) for column in columns.T] == codes.tolist()


def test_first_variable_varies_slowest() -> None:
    space = space_of(2, 3)
    assert space.decode(np.arange(6)).T.tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert space.strides.tolist() == [3, 1]


@pytest.mark.parametrize("sizes", [(50_000, 50_000), (60_000, 60_000, 60_000)])
def test_codes_beyond_32_bits(sizes: tuple[int, ...]) -> None:
    space = space_of(*sizes)
    last = np.array([space.size - 1, 0, space.size // 2], dtype=np.int64)
    columns = space.decode(last)
    assert columns[:, 0].tolist() == [size - 1 for size in sizes]
    assert [space.encode(column.tolist()) for column in columns.T] == last.tolist()


def test_spaces_that_do_not_fit_are_refused() -> None:
    assert space_of(MAX_VALUES, MAX_VALUES, MAX_VALUES, 1 << 13).size == 1 << 61
    with pytest.raises(InputError, match="combinations; codes go up to"):
        space_of(MAX_VALUES, MAX_VALUES, MAX_VALUES, MAX_VALUES)
    with pytest.raises(InputError, match="`v1` has 65,537 values; the limit is 65,536"):
        space_of(2, MAX_VALUES + 1)


def test_lookups_that_are_too_large_are_refused() -> None:
    space = space_of(2048, 2048, 2)
    assert space.projection({"v0", "v1"}).size == MAX_GRID
    with pytest.raises(InputError, match=r"mentions v0, v1, v2: 8,388,608 combinations; the limit is 4,194,304"):
        space.projection({"v0", "v1", "v2"})


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.data())
def test_a_projection_numbers_what_it_looks_at(sizes: list[int], data: st.DataObject) -> None:
    space = space_of(*sizes)
    names = data.draw(st.sets(st.sampled_from([v.name for v in space.variables])))
    projection = space.projection(names)
    assert projection.size == prod(v.size for v in space.variables if v.name in names)
    columns = space.decode(np.arange(space.size))
    points = projection.points(columns)
    for i in projection.positions:
        assert (projection.ranks[space.variables[i].name][points] == columns[i]).all()
    assert len(np.unique(points)) == projection.size


def test_what_formulas_see() -> None:
    names = Enumeration(("low", "high"))
    space = Space(
        (Variable("e", ("low", "high"), names), Variable("b", ("false", "true"), BOOLEAN), integers("n", 3, -1))
    )
    seen = space.projection({"e", "b", "n"}).values
    assert seen["e"].tolist() == [0] * 6 + [1] * 6
    assert seen["b"].dtype == bool
    assert seen["n"].tolist() == [-1.0, 0.0, 1.0] * 4
    assert space.labels(11) == {"e": "high", "b": "true", "n": "1"}


def test_values_by_name_number_or_truth() -> None:
    count, flag = integers("n", 3, -1), Variable("b", ("false", "true"), BOOLEAN)
    word = Variable("e", ("low", "true"), Enumeration(("low", "true")))
    assert [count.rank(value) for value in (-1, "0", 1.0, "1")] == [0, 1, 2, 2]
    assert [flag.rank(value) for value in (True, "false", "true", False)] == [1, 0, 1, 0]
    assert word.rank("true") == word.rank(True) == 1
    for variable, value in ((count, 2), (count, 0.5), (flag, "yes"), (flag, 1), (word, "high")):
        with pytest.raises(KeyError):
            variable.rank(value)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.lists(st.integers(0, 3), min_size=60, max_size=60))
def test_distinct_numbers_the_combinations(one: list[int], two: list[int]) -> None:
    members = np.array([one, two[: len(one)]], dtype=np.int32)
    classes, columns = distinct(members)
    assert (columns[:, classes] == members).all()
    assert columns.shape[1] == len({tuple(column) for column in members.T})


def test_combine_puts_lookups_on_one_grid() -> None:
    space = space_of(2, 3, 2)
    first, second = space.projection({"v0"}), space.projection({"v1", "v2"})
    joint, members = combine([(first, np.array([7, 8], dtype=np.int32)), (second, np.arange(6, dtype=np.int32))], space)
    assert [space.variables[i].name for i in joint.positions] == ["v0", "v1", "v2"]
    assert members.tolist() == [[7] * 6 + [8] * 6, [*range(6), *range(6)]]
