"""Sobol indices: the wiring on functions whose indices are known in closed form, and the game against itself."""

from __future__ import annotations

import math

import numpy as np
import pytest

import blocs
from blocs.errors import InputError, UsageError
from blocs.forecast.sobol import OTHERS, indices_of, sobol_indices
from blocs.language.case import Case

Floats = np.ndarray


def ishigami(shares: Floats) -> Floats:
    # Ishigami & Homma (1990) with the usual constants 7 and 0.1, on -pi to pi
    x = math.pi * (2 * shares - 1)
    return (np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))[None]


# closed forms of its variance and of its parts
V1 = 0.5 * (1 + 0.1 * math.pi**4 / 5) ** 2
V2 = 7**2 / 8
V13 = 0.1**2 * math.pi**8 * (1 / 18 - 1 / 50)
V = V1 + V2 + V13


def test_ishigami() -> None:
    found = indices_of(ishigami, ["one", "two", "three"], ["y"], 2048, seed=0)
    assert found.evaluations == 2048 * 5
    first = {one.name: one.first for one in found.indices}
    total = {one.name: one.total for one in found.indices}
    assert first == pytest.approx({"one": V1 / V, "two": V2 / V, "three": 0.0}, abs=0.02)
    assert total == pytest.approx({"one": (V1 + V13) / V, "two": V2 / V, "three": V13 / V}, abs=0.02)
    for one in found.indices:
        assert 0 < one.first_width < 0.06 and 0 < one.total_width < 0.06
    assert found.mean["y"] == pytest.approx(3.5, abs=0.01)
    assert found.sd["y"] == pytest.approx(math.sqrt(V), rel=0.01)
    assert "10,240 solutions" in found.convergence


def test_intervals_narrow_as_points_are_added() -> None:
    widths = [
        max(one.total_width for one in indices_of(ishigami, ["one", "two", "three"], ["y"], points).indices)
        for points in (128, 2048)
    ]
    # sixteen times the points, a quarter of the width
    assert widths[0] / widths[1] == pytest.approx(4.0, rel=0.4)


def test_a_group_has_the_index_of_its_members_together() -> None:
    found = indices_of(ishigami, ["one", "two", "three"], ["y"], 2048, own=frozenset({"two"}))
    together = {one.name: one for one in found.indices}
    assert set(together) == {"two", OTHERS}
    assert together[OTHERS].first == pytest.approx((V1 + V13) / V, abs=0.03)
    assert together[OTHERS].total == pytest.approx((V1 + V13) / V, abs=0.03)
    assert found.evaluations == 2048 * 4


def test_the_same_seed_gives_the_same_numbers_and_another_does_not() -> None:
    one, again = (indices_of(ishigami, ["a", "b", "c"], ["y"], 64, seed=0) for _ in range(2))
    other = indices_of(ishigami, ["a", "b", "c"], ["y"], 64, seed=1)
    assert one == again
    assert one != other


def test_what_does_not_vary_has_no_indices() -> None:
    found = indices_of(lambda u: np.stack([np.ones(len(u)), u[:, 0]]), ["a", "b"], ["still", "moving"], 32)
    assert found.unvarying == ("still",)
    assert {one.outcome for one in found.indices} == {"moving"}
    assert found.ranked("still") == []
    assert [one.name for one in found.ranked("moving")] == ["a", "b"]
    assert "does not vary" in repr(found)


def test_indices_of_a_case(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    told = []
    found = sobol_indices(
        game, 128, most=None, outcomes=["loyal"], progress=lambda done, total: told.append((done, total))
    )
    assert found.names == ("worth", "autonomy", "odds", "cost", "sharpness", "patience", "trade", "base")
    assert found.evaluations == 128 * 10
    assert told[-1] == (1280, 1280)
    # the mean over the base points is the forecast's mean over draws
    assert found.mean["loyal"] == pytest.approx(blocs.solve(game, 512).forecast().outcomes["loyal"].mean, abs=0.02)
    # hardly anything but what freedom is worth decides whether the client stays
    assert found.ranked("loyal", 1)[0].name == "autonomy"
    # first-order shares cannot exceed the whole, nor total ones fall short of it, up to their errors
    assert sum(one.first - one.first_width for one in found.indices) < 1
    assert sum(one.total + one.total_width for one in found.indices) > 1
    assert len(found.to_pandas()) == 8
    assert found.to_json()["outcomes"]["loyal"]["indices"][0]["name"] == "autonomy"


def test_the_strongest_inputs_get_indices_of_their_own(split_quarrel: Case) -> None:
    # facts vary over a range that changes what is legal, too
    game = blocs.compile(split_quarrel)
    found = sobol_indices(game, 16, most=2, outcomes=["crushed"])
    assert len(found.names) == 3 and OTHERS in found.names and "autonomy" in found.names
    assert found.evaluations == 16 * 5
    held = sobol_indices(game, 16, most=2, outcomes=["crushed"], settings={"autonomy": 0.5})
    assert "autonomy" not in held.names


def test_wrong_calls(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    with pytest.raises(UsageError, match="power of two"):
        sobol_indices(game, 100)
    with pytest.raises(InputError, match="did you mean `loyal`"):
        sobol_indices(game, 16, outcomes=["loyl"])
    with pytest.raises(InputError, match="no outcome"):
        sobol_indices(game, 2, outcomes=["loyal"]).ranked("gone")
