"""Markov logit equilibria of stationary games: recorded answers, closed forms, and what must not change them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

from blocs.errors import InputError, UsageError
from blocs.game.stationary import StationaryGame
from blocs.interop.npz import read_npz, write_npz
from blocs.solve.stationary import MarkovBranch, solve_stationary

RECORDED = [
    "sg_turn_S5_P2_A3_lam2",
    "sg_turn_S20_P2_A3_lam5",
    "sg_turn_S100_P2_A3_lam2",
    "sg_turn_S100_P2_A3_lam5",
    "sg_random_S5_P2_A3_lam1",
    "sg_random_S5_P2_A3_lam2",
    "sg_random_S5_P2_A3_lam5",
    "sg_random_S5_P3_A3_lam2",
    "sg_random_S5_P3_A4_lam5",
    "sg_random_S100_P2_A3_lam5",
]


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_answers(name: str, shared: Path) -> None:
    """They are right to about 1e-7, which was their solver's tolerance; ours is held to its own residual."""
    file = shared / "reference" / "solvers" / f"{name}.npz"
    with np.load(file) as answer:
        lam, sigma, values = float(answer["lam"]), answer["sigma"], answer["V"]
    (found,) = solve_stationary(read_npz(file), [lam])
    np.testing.assert_allclose(found.sigma, sigma, atol=1e-7)
    np.testing.assert_allclose(found.values, values, atol=1e-6)
    assert found.certificate.residual < 1e-12
    assert abs(found.certificate.probability_sum - 1) < 1e-12


def made(u: list, phi: list, counts: list, discount: float = 0.9) -> StationaryGame:
    return StationaryGame.from_dense(np.array(u, float), np.array(phi, float), [discount] * 2, np.array(counts))


def test_one_player_in_one_state_has_a_closed_form() -> None:
    """Staying pays 1, and the other action the same for ever: the choice is between payoffs of the step alone."""
    game = made([[[[1.0], [0.4]], [[0.0], [0.0]]]], [[[[1.0]], [[1.0]]]], [[2, 1]])
    (found,) = solve_stationary(game, [3.0])
    p = 1 / (1 + math.exp(-3 * 0.6))
    assert found.sigma[0, 0] == pytest.approx([p, 1 - p], abs=1e-13)
    assert found.values[0, 0] == pytest.approx((p + 0.4 * (1 - p)) / 0.1, abs=1e-11)


def test_quitting_solves_one_equation() -> None:
    """Quit for nothing or go on for 1: V = p (1 + 0.9 V), p = logit(lambda (1 + 0.9 V)); the other state pays nothing."""
    u = [[[[1.0], [0.0]], [[0.0], [0.0]]], [[[0.0], [0.0]], [[0.0], [0.0]]]]
    phi = [[[[1.0, 0.0]], [[0.0, 1.0]]], [[[0.0, 1.0]], [[0.0, 1.0]]]]
    (found,) = solve_stationary(made(u, phi, [[2, 1], [1, 1]]), [0.5])

    def chosen(v: float) -> float:
        return 1 / (1 + math.exp(-0.5 * (1 + 0.9 * v)))

    v = float(brentq(lambda v: v - chosen(v) * (1 + 0.9 * v), 0, 10, xtol=1e-14))  # type: ignore[arg-type]
    assert found.values[0, 0] == pytest.approx(v, abs=1e-11)
    assert found.sigma[0, 0, 0] == pytest.approx(chosen(v), abs=1e-12)


def test_matching_pennies_for_ever_are_even() -> None:
    game = made(
        [[[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]]], [[[[1.0], [1.0]], [[1.0], [1.0]]]], [[2, 2]]
    )
    for found in solve_stationary(game, [0.0, 1.0, 20.0], method=MarkovBranch(starts=3)):
        assert found.sigma[0] == pytest.approx(np.full((2, 2), 0.5), abs=1e-12)
        assert found.values[0] == pytest.approx([0, 0], abs=1e-11)
        assert found.certificate.starts_agree


def drawn(states: int, several: bool, seed: int) -> StationaryGame:
    rng = np.random.default_rng(seed)
    turn = np.arange(states)[:, None] % 2 == np.arange(2)
    counts = np.full((states, 2), 3) if several else np.where(turn, 3, 1)
    phi = rng.random((states, 3, 3, states))
    return made(rng.random((states, 2, 3, 3)).tolist(), (phi / phi.sum(-1, keepdims=True)).tolist(), counts.tolist())


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("lam", [0.5, 4.0])
def test_shifted_payoffs_and_exchanged_players_change_no_choice(several: bool, lam: float) -> None:
    game = drawn(6, several, 1)
    (found,) = solve_stationary(game, [lam])
    shifted = StationaryGame(
        game.counts, game.payoff + np.array([3.0, -2.0]), game.next_ptr, game.next_state, game.prob, game.discount
    )
    (other,) = solve_stationary(shifted, [lam])
    np.testing.assert_allclose(other.sigma, found.sigma, atol=1e-11)
    np.testing.assert_allclose(other.values, found.values + np.array([3.0, -2.0]) / 0.1, rtol=1e-11)
    scaled = StationaryGame(game.counts, 2 * game.payoff, game.next_ptr, game.next_state, game.prob, game.discount)
    (half,) = solve_stationary(scaled, [lam / 2])
    np.testing.assert_allclose(half.sigma, found.sigma, atol=1e-11)


def test_archives_are_written_and_read(tmp_path: Path) -> None:
    game = drawn(4, True, 2)
    write_npz(game, tmp_path / "game.npz")
    again = read_npz(tmp_path / "game.npz")
    for name in ("counts", "payoff", "next_ptr", "next_state", "prob", "discount"):
        np.testing.assert_array_equal(getattr(again, name), getattr(game, name))


def test_what_is_wrong_with_an_archive_is_told(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(InputError, match="not an archive of NumPy arrays"):
        read_npz(tmp_path / "text.npz")
    np.savez(tmp_path / "part.npz", u=np.zeros((1, 1, 2)), delta=[0.9], nums_actions=np.array([[2]]))
    with pytest.raises(InputError, match="has no array `phi`"):
        read_npz(tmp_path / "part.npz")
    parts = {"u": np.zeros((1, 1, 2)), "delta": [0.9], "nums_actions": np.array([[2]])}
    np.savez(tmp_path / "sum.npz", phi=np.full((1, 2, 1), 0.9), **parts)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"sum to 0.9, not to 1"):
        read_npz(tmp_path / "sum.npz")
    np.savez(tmp_path / "large.npz", phi=np.ones((1, 2, 1)), **parts)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="limit"):
        read_npz(tmp_path / "large.npz", limit=16)
    with pytest.raises(UsageError, match="precision"):
        solve_stationary(read_npz(tmp_path / "large.npz"), [-1.0])
