import numpy as np
import pytest
from scipy.special import ndtr

from blocs.fit.estimation.jets import Jet, variable
from blocs.fit.signalling.choices import dare_value, firm_value, log_dare, log_win, win_value
from blocs.fit.signalling.constrained import EquilibriumDensity, Likeliest, Ranked, outcome_jets, play
from blocs.fit.signalling.enclosure import reply
from blocs.fit.signalling.equilibrium import equilibria
from blocs.fit.signalling.outcomes import OUTCOMES, challenger_reply, values

# Monte Carlo game of Crisman-Cox & Gibilisco (2021): SA, VA, CB, WA, WB, a, VB
THREE = np.array([0.0, 1.0, 0.0, -1.9, -2.9, -1.2, 1.0])


def random_games(count: int, seed: int, spread: float = 2.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(7, count)) * spread


@pytest.mark.parametrize("spread", [1.0, 4.0])
def test_win_and_dare_have_the_right_derivatives(spread):
    random = np.random.default_rng(5)
    x, y = random.normal(size=(2, 60)) * spread
    step = 1e-5

    def at(function, x, y, order):
        one, two = variable(0, x, order), variable(1, y, order)
        if function == "win":
            return log_win(one, two, y - x)
        return log_dare(one, two, firm_value(x, y, y - x))

    for function in ("win", "dare"):
        jet = at(function, x, y, 2)
        shifts = {0: (step, 0.0), 1: (0.0, step)}
        for i, (dx, dy) in shifts.items():
            up, down = at(function, x + dx, y + dy, 1), at(function, x - dx, y - dy, 1)
            np.testing.assert_allclose(jet.first[i], (up.value - down.value) / (2 * step), rtol=2e-7, atol=1e-8)
            for j in (0, 1):
                slope = (up.first[j] - down.first[j]) / (2 * step)
                np.testing.assert_allclose(jet.second[min(i, j), max(i, j)], slope, rtol=1e-5, atol=1e-6)


def test_those_who_challenge_stand_firm_or_back_down():
    v1, v2 = np.random.default_rng(1).normal(size=(2, 200)) * 3
    firm, back = win_value(v1, v2, v2 - v1), win_value(v2, v1, v1 - v2)
    np.testing.assert_allclose(np.logaddexp(firm, back), dare_value(v1, v2), atol=1e-12)


def test_far_out_the_better_payoff_decides():
    # W - a = 0.3 and a cut-off of a million: among those who still challenge everyone stands firm
    v = np.array([1e6])
    assert firm_value(v - 0.3, v, np.array([0.3]))[0] == pytest.approx(0.0, abs=1e-12)
    # equal payoffs: one half, however far out
    assert np.exp(firm_value(v, v, np.array([0.0])))[0] == pytest.approx(0.5, abs=1e-12)


def test_outcomes_of_a_game_sum_to_one():
    games = random_games(300, 2)
    found = equilibria(games)
    logs = outcome_jets(values(games[:, found.game]), Jet(found.margin, order=0))
    total = sum(np.exp(log.value) for log in logs)
    assert len(logs) == len(OUTCOMES)
    np.testing.assert_allclose(total, 1.0, atol=1e-12)


def test_the_reply_is_monotone():
    grid = np.linspace(-8, 8, 1601)
    for game in random_games(60, 3).T:
        steps = np.diff(reply(grid, np.repeat(game[:, None], len(grid), axis=1)))
        assert (steps >= -1e-12).all() or (steps <= 1e-12).all()


def test_every_equilibrium_is_found():
    """Against sign changes on a fine grid, which may miss what lies between its points but sees nothing else."""
    games = random_games(120, 4)
    found = equilibria(games)
    grid = np.linspace(-8.001, 8.001, 6002)
    for k, game in enumerate(games.T):
        gap = grid - reply(grid, np.repeat(game[:, None], len(grid), axis=1))
        assert (np.sign(gap[1:]) != np.sign(gap[:-1])).sum() == found.count[k]
    assert found.residual < 1e-12
    assert (found.count % 2 == 1).all()


def test_the_monte_carlo_game_has_three_equilibria():
    found = equilibria(THREE[:, None])
    assert found.count.tolist() == [3]
    assert found.touching.tolist() == [0]
    # an independent solution: fixed points of p -> Phi(R) in probabilities, by plain bisection on a grid
    share = np.linspace(0.01, 0.99, 20_001)
    logs = challenger_reply(values(np.repeat(THREE[:, None], len(share), axis=1)), Jet(share, order=0))
    firm = np.exp(logs.win.value - logs.dare.value)
    _, _, c, _, w, _, v = THREE
    gap = share - ndtr((firm * w + (1 - firm) * v - c) / firm)
    crossings = share[:-1][np.sign(gap[1:]) != np.sign(gap[:-1])]
    np.testing.assert_allclose(found.resist, crossings, atol=1e-4)


def test_equilibria_merge_one_by_one_and_are_counted_at_the_fold():
    # lower W_B until two of the three equilibria are gone: the count goes from three to one and never is even
    games = np.repeat(THREE[:, None], 400, axis=1)
    games[4] = np.linspace(-2.9, -6.0, 400)
    found = equilibria(games)
    assert set(found.count) == {1, 3}
    assert (np.diff(found.count) <= 0).all()


def test_payoffs_of_one_side_shifted_alike_change_nothing():
    games = random_games(50, 6)
    shifted = games.copy()
    shifted[[0, 1, 3, 5]] += 0.7
    shifted[[2, 4, 6]] -= 1.3
    one, two = equilibria(games), equilibria(shifted)
    np.testing.assert_array_equal(one.count, two.count)
    np.testing.assert_allclose(one.margin, two.margin, atol=1e-9)


def test_selection_takes_what_it_says():
    counts = np.array([[10.0], [5.0], [3.0], [2.0]])
    games = THREE[:, None]
    every = equilibria(games).margin
    assert play(counts, games, Ranked()).margin[0] == every[0]
    assert play(counts, games, Ranked(highest=True)).margin[0] == every[2]
    logs = [
        sum(
            c * log.value[0]
            for c, log in zip(counts[:, 0], outcome_jets(values(games), Jet(z[None], order=0)), strict=True)
        )
        for z in every
    ]
    assert play(counts, games, Likeliest()).margin[0] == every[int(np.argmax(logs))]


def test_likelihood_in_equilibrium_has_the_right_derivatives():
    random = np.random.default_rng(8)
    games = random_games(40, 9, spread=0.8)
    counts = random.integers(0, 20, (4, 40)).astype(float)
    density = EquilibriumDensity(counts)
    step = 1e-5
    jet = density([variable(i, u) for i, u in enumerate(games)])
    played = play(counts, games, Likeliest())
    # differences tell nothing in corners, where beliefs are within 1e-5 of certainty, nor near a fold
    unique = (played.count == 1) & (np.abs(played.margin) < 4.0)
    assert unique.sum() > 20
    for i in range(7):
        up, down = games.copy(), games.copy()
        up[i] += step
        down[i] -= step
        above, below = (density([variable(k, u, 1) for k, u in enumerate(g)]) for g in (up, down))
        slope = (above.value - below.value) / (2 * step)
        np.testing.assert_allclose(jet.first[i][unique], slope[unique], rtol=1e-5, atol=1e-5)
        for j in range(7):
            bend = (above.first[j] - below.first[j]) / (2 * step)
            np.testing.assert_allclose(jet.second[min(i, j), max(i, j)][unique], bend[unique], rtol=2e-3, atol=1e-3)
