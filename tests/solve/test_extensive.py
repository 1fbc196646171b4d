"""Games with information sets: Gambit's answers, closed forms, properties, limits, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from blocs.errors import InputError, NumericalError
from blocs.game.classic import escalation_game, signalling_game
from blocs.game.extensive import ExtensiveGame
from blocs.interop.efg import parse_efg, read_efg
from blocs.solve.continuation import Follow
from blocs.solve.extensive import PrincipalBranch, solve_extensive

HEAD = 'EFG 2 R "game" { "1" "2" "3" }\n'
GAMES = ["sig_n2", "sig_n5", "sig_n10", "dyn_types2_R1", "dyn_types2_R2", "dyn_types2_R3", "dyn_types5_R1"]
GENERAL = ["dyn_pi_R1", "dyn_pi_R2", "dyn_pi_R3"]


def compare(solution, answer: dict, tolerance: float) -> None:
    found = solution.to_json()
    for mine, theirs in zip(found["infosets"], answer["infosets"], strict=True):
        assert [mine[key] for key in ("player", "number", "label")] == [
            theirs[key] for key in ("player", "number", "label")
        ]
        assert mine["actions"] == pytest.approx(theirs["actions"], abs=tolerance)
        if "prob_reached" in theirs:
            assert mine["prob_reached"] == pytest.approx(theirs["prob_reached"], abs=tolerance)
    assert found["outcomes"] == pytest.approx(answer["outcomes"], abs=tolerance)
    assert found["payoffs"] == pytest.approx(answer["payoffs"], abs=tolerance)


@pytest.mark.parametrize("name", GAMES + GENERAL)
@pytest.mark.parametrize("lam", [1, 2, 5])
def test_gambit_agrees(name: str, lam: int, shared: Path) -> None:
    folder = shared / "reference" / "solvers"
    answer = json.loads((folder / f"{name}_lam{lam}.json").read_text())
    (solution,) = solve_extensive(read_efg(folder / f"{name}.efg"), [answer["lam"]], method=PrincipalBranch(starts=1))
    compare(solution, answer, 1e-10)
    assert solution.certificate.residual <= 1e-13
    assert abs(solution.certificate.probability_sum - 1) <= 1e-12
    assert solution.certificate.starts_agree


def bimatrix(first: list[list[float]], second: list[list[float]]) -> ExtensiveGame:
    """Both choose at once: the second player does not see what the first one does."""
    rows, columns = len(first), len(first[0])
    lines = [f'p "" 1 1 "" {{ {" ".join(f"{chr(34)}r{k}{chr(34)}" for k in range(rows))} }} 0']
    for i in range(rows):
        lines.append(f'p "" 2 1 "" {{ {" ".join(f"{chr(34)}c{k}{chr(34)}" for k in range(columns))} }} 0')
        for j in range(columns):
            lines.append(f't "" {1 + i * columns + j} "" {{ {first[i][j]} {second[i][j]} }}')
    return parse_efg('EFG 2 R "" { "1" "2" }\n' + "\n".join(lines))


@pytest.mark.parametrize("lam", [0.3, 1.0, 4.0, 30.0])
def test_matching_pennies_with_an_uneven_prize(lam: float) -> None:
    # row gets 9 or 1 for a match and -1 otherwise; column the match of pennies: one equation in one unknown
    game = bimatrix([[9, -1], [-1, 1]], [[-1, 1], [1, -1]])

    def column(p: float) -> float:
        return 1 / (1 + np.exp(-lam * ((1 - 2 * p) - (2 * p - 1))))

    def row(q: float) -> float:
        return 1 / (1 + np.exp(-lam * ((9 * q - (1 - q)) - (-q + (1 - q)))))

    p = brentq(lambda p: row(column(p)) - p, 0, 1, xtol=1e-16)
    (solution,) = solve_extensive(game, [lam], method=PrincipalBranch(starts=0))
    assert solution.choice(0)["r0"] == pytest.approx(p, abs=1e-12)
    assert solution.choice(1)["c0"] == pytest.approx(column(p), abs=1e-11)


def test_a_stag_hunt_follows_the_branch_to_the_hare_and_tells_of_the_stag() -> None:
    game = bimatrix([[3, 0], [2, 2]], [[3, 2], [0, 2]])
    low, high = solve_extensive(game, [1.0, 10.0], method=PrincipalBranch(starts=8))
    assert low.certificate.starts_agree is True
    assert high.certificate.starts_agree is False
    assert "another equilibrium" in high.certificate.message
    # symmetric: p = 1 / (1 + exp(-lam (3 p - 2))); the branch from one half keeps to the lower root
    p = brentq(lambda p: 1 / (1 + np.exp(-10 * (3 * p - 2))) - p, 0, 0.3)
    assert high.choice(0)["r0"] == pytest.approx(p, rel=1e-9)
    assert high.choice(1)["c0"] == pytest.approx(p, rel=1e-9)


def test_a_branch_that_turns_back_is_followed() -> None:
    # precision has to fall on the way; the answer is that of Gambit 16.7.0
    game = bimatrix(
        [[-0.49, 0.21, 1.7], [-0.31, -0.03, -0.12], [1.06, 1.41, -0.92]],
        [[1.45, -1.54, 0.44], [-0.13, -0.24, 1.17], [-0.64, -0.35, -0.61]],
    )
    (solution,) = solve_extensive(game, [20.000000000071434])
    assert "turned 2 times" in solution.certificate.message
    expected = [5.614304176804099e-11, 3.986275122298417e-13, 0.9999999999434582]
    assert list(solution.choice(0).values()) == pytest.approx(expected, abs=1e-9)
    expected = [0.003001906112844602, 0.9915282643282545, 0.005469829558900925]
    assert list(solution.choice(1).values()) == pytest.approx(expected, abs=1e-9)


def test_a_symmetric_game_is_told_to_pass_a_bifurcation() -> None:
    (solution,) = solve_extensive(bimatrix([[1, 4], [2, 2]], [[3, 4], [8, 6]]), [20.0])
    assert "past a bifurcation" in solution.certificate.message
    p = brentq(lambda p: 1 / (1 + np.exp(-20 * (2 - 3 * p))) - p, 0, 1, xtol=1e-15)
    assert solution.choice(0)["r0"] == pytest.approx(p, abs=1e-10)


def test_a_branch_that_is_lost_is_told() -> None:
    game = bimatrix([[9, -1], [-1, 1]], [[-1, 1], [1, -1]])
    with pytest.raises(NumericalError, match="followed to precision"):
        solve_extensive(game, [50.0], method=PrincipalBranch(follow=Follow(steps=3)))


HORSE = """
p "" 1 1 "" { "A" "D" } 0
p "" 2 1 "" { "a" "d" } 0
t "" 1 "" { 1 1 1 }
p "" 3 1 "" { "L" "R" } 0
t "" 2 "" { 4 4 0 }
t "" 3 "" { 0 0 1 }
p "" 3 1 0
t "" 4 "" { 3 3 2 }
t "" 5 "" { 0 0 0 }
"""


def test_the_limit_is_a_sequential_equilibrium() -> None:
    # Selten's horse: the sequential equilibria are A, a with L played at most a quarter of the time
    (solution,) = solve_extensive(parse_efg(HEAD + HORSE), [np.inf])
    assert solution.choice(0)["A"] == pytest.approx(1, abs=1e-6)
    assert solution.choice(1)["a"] == pytest.approx(1, abs=1e-6)
    assert solution.choice(2)["L"] <= 0.25
    assert solution.certificate.residual <= 4e-6
    assert "limit" in solution.certificate.message


def test_the_limit_of_matching_pennies_is_mixed() -> None:
    (solution,) = solve_extensive(bimatrix([[9, -1], [-1, 1]], [[-1, 1], [1, -1]]), [np.inf])
    assert solution.choice(0)["r0"] == pytest.approx(1 / 2, abs=1e-4)
    assert solution.choice(1)["c0"] == pytest.approx(1 / 6, abs=1e-4)


def test_a_limit_that_is_cut_short_says_so() -> None:
    from blocs.solve.extensive_limit import Limit

    method = PrincipalBranch(limit=Limit(precision=10))
    (solution,) = solve_extensive(bimatrix([[9, -1], [-1, 1]], [[-1, 1], [1, -1]]), [np.inf], method=method)
    assert "not reached" in solution.certificate.message


def brute_force(game: ExtensiveGame, sigma: np.ndarray, lam: float) -> float:
    """Largest distance from the logit condition, by plain recursion over the tree."""
    players = len(game.players)

    def value(node: int) -> np.ndarray:
        own = game.payoffs[game.outcome[node]] if game.outcome[node] >= 0 else np.zeros(players)
        return own + sum(
            (sigma[game.arc[c]] * value(c) for c in range(game.child_ptr[node], game.child_ptr[node + 1])),
            start=np.zeros(players),
        )

    def reach(node: int) -> float:
        return 1.0 if node == 0 else reach(int(game.parent[node])) * sigma[game.arc[node]]

    worst = 0.0
    for h in np.flatnonzero(game.infoset_player >= 0):
        nodes = np.flatnonzero(game.infoset == h)
        weight = np.array([reach(int(v)) for v in nodes])
        weight /= weight.sum()
        size = game.action_ptr[h + 1] - game.action_ptr[h]
        i = game.infoset_player[h]
        q = np.array([weight @ [value(int(game.child_ptr[v] + a))[i] for v in nodes] for a in range(size)])
        e = np.exp(lam * (q - q.max()))
        worst = max(worst, float(np.abs(e / e.sum() - sigma[game.action_ptr[h] : game.action_ptr[h + 1]]).max()))
    return worst


@st.composite
def games(draw: st.DrawFn) -> ExtensiveGame:
    """Small random games with perfect recall: who has done the same so far may not see what others did."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    players, depth = draw(st.integers(2, 3)), draw(st.integers(1, 4))
    sets: dict[tuple, int] = {}
    owner: list[int] = []
    sizes: list[int] = []
    odds: list[float] = []
    infoset: list[int] = []
    outcome: list[int] = []
    payoffs: list[list[float]] = []
    stack: list[tuple[int, tuple]] = [(0, (None,) * players)]
    while stack:
        level, own = stack.pop()
        outcome.append(-1)
        if level == depth or (level and rng.random() < 0.2):
            infoset.append(-1)
            outcome[-1] = len(payoffs)
            payoffs.append(rng.integers(0, 10, players).astype(float).tolist())
            continue
        if rng.random() < 0.15:
            size = int(rng.integers(2, 4))
            infoset.append(len(owner))
            owner.append(-1)
            sizes.append(size)
            share = rng.integers(1, 6, size)
            odds += (share / share.sum()).tolist()
            stack += [(level + 1, own)] * size
            continue
        i = level % players
        key = (i, level, own[i])
        if key not in sets:
            sets[key] = len(owner)
            owner.append(i)
            sizes.append(int(rng.integers(2, 4)))
            odds += [np.nan] * sizes[-1]
        h = sets[key]
        infoset.append(h)
        stack += [(level + 1, (*own[:i], (h, a), *own[i + 1 :])) for a in reversed(range(sizes[h]))]
    return ExtensiveGame.from_preorder(
        infoset,
        outcome,
        title="random",
        players=[f"P{i}" for i in range(players)],
        infoset_player=owner,
        action_ptr=np.append(0, np.cumsum(sizes)),
        chance=odds,
        payoffs=payoffs,
        infoset_labels=[""] * len(owner),
        action_labels=[str(a) for size in sizes for a in range(size)],
        outcome_labels=[f"o{k}" for k in range(len(payoffs))],
    )


@given(games(), st.sampled_from([0.1, 1.0, 3.0]))
def test_random_games_meet_the_logit_condition(game: ExtensiveGame, lam: float) -> None:
    (solution,) = solve_extensive(game, [lam], method=PrincipalBranch(starts=0))
    assert brute_force(game, solution.probabilities, lam) <= 1e-11
    assert solution.certificate.residual == pytest.approx(brute_force(game, solution.probabilities, lam), abs=1e-11)
    assert abs(solution.certificate.probability_sum - 1) <= 1e-12


@given(games())
@settings(max_examples=15)
def test_constants_scale_and_names_change_no_choice(game: ExtensiveGame) -> None:
    method = PrincipalBranch(starts=0)
    (plain,) = solve_extensive(game, [1.0], method=method)
    if game.depth > 0 and not (game.kind == 0)[0]:
        shift = np.linspace(-5, 8, len(game.players))
        (shifted,) = solve_extensive(replace(game, payoffs=game.payoffs + shift), [1.0], method=method)
        assert shifted.probabilities == pytest.approx(plain.probabilities, abs=1e-9)
    (scaled,) = solve_extensive(replace(game, payoffs=game.payoffs * 4), [0.25], method=method)
    assert scaled.probabilities == pytest.approx(plain.probabilities, abs=1e-9)
    turned = replace(game, players=game.players[::-1], infoset_labels=tuple("x" for _ in game.infoset_labels))
    assert solve_extensive(turned, [1.0], method=method)[0].probabilities == pytest.approx(plain.probabilities)


def test_players_who_move_first_in_one_branch_and_second_in_another() -> None:
    # no order of the information sets puts what comes later after what comes earlier; each is uncertain when it moves
    game = parse_efg(
        HEAD
        + """
c "" 1 "" { "one first" 1/2 "two first" 1/2 } 0
p "" 1 1 "" { "a" "b" } 0
p "" 2 1 "" { "c" "d" } 0
t "" 1 "" { 3 1 0 }
t "" 2 "" { 0 2 0 }
p "" 2 1 0
t "" 3 "" { 1 5 0 }
t "" 4 "" { 2 0 0 }
p "" 2 1 0
p "" 1 1 0
t "" 5 "" { 1 0 0 }
t "" 6 "" { 4 1 0 }
p "" 1 1 0
t "" 7 "" { 0 4 0 }
t "" 8 "" { 2 2 0 }
"""
    )
    (solution,) = solve_extensive(game, [1.5])
    assert brute_force(game, solution.probabilities, 1.5) <= 1e-13


FORGETFUL = [
    # the driver who does not know at which of two crossings she is
    ('p "" 1 1 "crossing" { "on" "off" } 0\np "" 1 1 0\nt "" 0\nt "" 0\nt "" 0', 3, "the same set"),
    # a player who forgets what it did first
    (
        'p "" 1 1 "first" { "a" "b" } 0\np "" 1 2 "later" { "c" "d" } 0\nt "" 0\nt "" 0\np "" 1 2 0\nt "" 0\nt "" 0',
        6,
        "after `a` at information set 1 (first) of player 1 and after `b`",
    ),
    # one that forgets whether it moved at all
    (
        'c "" 1 "" { "x" 1/2 "y" 1/2 } 0\np "" 1 1 "first" { "a" } 0\np "" 1 2 "later" { "c" "d" } 0\nt "" 0\nt "" 0\n'
        'p "" 1 2 0\nt "" 0\nt "" 0',
        4,
        "lines 7 and 4",
    ),
]


@pytest.mark.parametrize(("text", "line", "reason"), FORGETFUL)
def test_imperfect_recall_is_refused_with_the_reason(text: str, line: int, reason: str) -> None:
    game = parse_efg(HEAD + text, file="forgetful.efg")
    with pytest.raises(InputError) as caught:
        solve_extensive(game, [1.0], method=PrincipalBranch())
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("forgetful.efg", line)
    assert "imperfect recall" in problem.message
    assert reason in problem.message


def test_sets_that_chance_never_reaches_have_no_beliefs() -> None:
    text = HEAD + (
        'c "" 1 "" { "never" 0 "always" 1 } 0\np "" 1 1 "" { "a" "b" } 0\n'
        'p "" 2 1 "lost" { "c" "d" } 0\nt "" 0\nt "" 0\np "" 2 1 0\nt "" 0\nt "" 0\nt "" 0'
    )
    with pytest.raises(InputError, match=r"lost.*probability zero"):
        solve_extensive(parse_efg(text), [1.0])


def test_branches_of_probability_zero_count_for_nothing_in_beliefs() -> None:
    text = HEAD + (
        'c "" 1 "" { "never" 0 "always" 1 } 0\n'
        'p "" 1 1 "" { "a" "b" } 0\nt "" 1 "" { 9 0 0 }\nt "" 2 "" { 0 0 0 }\n'
        'p "" 1 1 0\nt "" 3 "" { 1 0 0 }\nt "" 2'
    )
    (solution,) = solve_extensive(parse_efg(text), [2.0])
    assert solution.choice(1)["a"] == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-15)
    assert solution.beliefs.tolist() == [1, 0, 1, 0, 0, 0, 0]


def test_beliefs_are_right_where_play_hardly_ever_comes() -> None:
    # at precision 400 the second player is reached with probability near exp(-800) and must still weigh both actions
    game = parse_efg(
        HEAD
        + """
p "" 1 1 "" { "out" "x" "y" } 0
t "" 1 "" { 4 0 0 }
p "" 2 1 "" { "c" "d" } 0
t "" 2 "" { 2 1 0 }
t "" 3 "" { 2 0 0 }
p "" 2 1 0
t "" 4 "" { 1.99 0 0 }
t "" 5 "" { 1.99 1 0 }
"""
    )
    (solution,) = solve_extensive(game, [400.0])
    x = 1 / (1 + np.exp(-4))
    assert solution.beliefs[2] == pytest.approx(x, abs=1e-12)
    assert solution.choice(1)["c"] == pytest.approx(1 / (1 + np.exp(-400 * (2 * x - 1))), abs=1e-12)


def test_precisions_may_come_in_any_order_and_twice() -> None:
    game = signalling_game(2)
    solutions = solve_extensive(game, [5.0, 0.0, 5.0, 1.0])
    assert [solution.lam for solution in solutions] == [5.0, 0.0, 5.0, 1.0]
    assert solutions[1].choice(2) == pytest.approx({"SQ": 0.5, "CH": 0.5})
    assert solutions[0].log_probabilities.tolist() == solutions[2].log_probabilities.tolist()


def test_the_two_solvers_agree_on_perfect_information() -> None:
    game = escalation_game(4)
    (one,) = solve_extensive(game, [3.0])
    (two,) = solve_extensive(game, [3.0], method=PrincipalBranch(starts=0))
    assert two.probabilities == pytest.approx(one.probabilities, abs=1e-13)


def test_progress_is_told() -> None:
    told: list[float] = []
    solve_extensive(signalling_game(2), [2.0], progress=told.append)
    assert told[-1] == 2.0
    assert told == sorted(told)
