"""Perfect information: the only logit equilibrium, against Gambit's and against closed forms."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from blocs.errors import UsageError
from blocs.game.classic import escalation_game, signalling_game
from blocs.interop.efg import parse_efg, read_efg
from blocs.solve.extensive import solve_extensive
from blocs.solve.extensive_backward import backward
from blocs.solve.extensive_solution import unique_labels

ENTRY = """
EFG 2 R "entry" { "Entrant" "Incumbent" }
p "" 1 1 "enter?" { "out" "in" } 0
t "" 1 "out" { 0, 3 }
p "" 2 1 "fight?" { "fight" "share" } 2 "cost" { -1, 0 }
t "" 3 "war" { -1, -1 }
t "" 4 "shared" { 2, 1 }
"""


def compare(solution, answer: dict, tolerance: float) -> None:
    """Hold a solution against a reference answer, key by key."""
    found = solution.to_json()
    assert abs(found["lam"] - answer["lam"]) == 0
    for mine, theirs in zip(found["infosets"], answer["infosets"], strict=True):
        for key in ("player", "number", "label"):
            assert mine[key] == theirs[key]
        if "prob_reached" in theirs:
            assert mine["prob_reached"] == pytest.approx(theirs["prob_reached"], abs=tolerance)
        assert mine["actions"] == pytest.approx(theirs["actions"], abs=tolerance)
    assert found["outcomes"] == pytest.approx(answer["outcomes"], abs=tolerance)
    assert found["payoffs"] == pytest.approx(answer["payoffs"], abs=10 * tolerance)
    assert found["outcome_sum"] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("rounds", [1, 2, 3])
@pytest.mark.parametrize("lam", [1, 2, 5])
def test_gambit_agrees(rounds: int, lam: int, shared: Path) -> None:
    folder = shared / "reference" / "solvers"
    answer = json.loads((folder / f"dyn_pi_R{rounds}_lam{lam}.json").read_text())
    (solution,) = solve_extensive(read_efg(folder / answer["game"]), [answer["lam"]])
    compare(solution, answer, 1e-12)
    assert solution.certificate.residual <= 1e-14


def test_the_closed_form_of_an_entry_game() -> None:
    lam = 1.7
    (solution,) = solve_extensive(parse_efg(ENTRY), [lam])
    fight = 1 / (1 + np.exp(lam * (1 - -1)))
    enter_value = -1 + fight * -1 + (1 - fight) * 2  # the cost stands at a node before the end
    enter = 1 / (1 + np.exp(-lam * enter_value))
    assert solution.choice(0) == pytest.approx({"out": 1 - enter, "in": enter}, abs=1e-15)
    assert solution.choice(1) == pytest.approx({"fight": fight, "share": 1 - fight}, abs=1e-15)
    assert solution.payoffs == pytest.approx([enter * enter_value, (1 - enter) * 3 + enter * (1 - 2 * fight)])
    assert solution.outcomes == pytest.approx(
        {"out": 1 - enter, "cost": enter, "war": enter * fight, "shared": enter * (1 - fight)}
    )
    assert solution.certificate.probability_sum == pytest.approx(1, abs=1e-15)


def test_precision_zero_is_choice_at_random() -> None:
    (solution,) = solve_extensive(escalation_game(2), [0])
    assert solution.choice(0) == pytest.approx({"C": 1 / 3, "H": 1 / 3, "E": 1 / 3}, abs=1e-16)


def test_high_precision_is_backward_induction() -> None:
    (solution,) = solve_extensive(parse_efg(ENTRY), [5000])
    assert solution.choice(0) == {"out": 0, "in": 1}
    assert solution.choice(1) == {"fight": 0, "share": 1}


def test_adding_a_constant_to_the_payoffs_of_a_player_changes_no_choice() -> None:
    game = escalation_game(2)
    shifted = replace(game, payoffs=game.payoffs + np.array([3.0, -7.0]))
    assert backward(shifted, np.array([2.0])) == pytest.approx(backward(game, np.array([2.0])), abs=1e-13, nan_ok=True)


def test_a_game_with_hidden_moves_is_not_for_this_pass() -> None:
    with pytest.raises(UsageError, match="perfect information"):
        backward(signalling_game(2), np.array([1.0]))


@pytest.mark.parametrize("lam", [-1, float("nan")])
def test_precisions_that_mean_nothing_are_refused(lam: float) -> None:
    with pytest.raises(UsageError, match="precision"):
        solve_extensive(escalation_game(1), [lam])


def test_a_game_without_moves() -> None:
    (solution,) = solve_extensive(parse_efg('EFG 2 R "" { "A" } t "" 1 "end" { 4 }'), [1])
    assert solution.payoffs.tolist() == [4.0]
    assert solution.to_json()["outcomes"] == {"end": 1.0}


def test_the_table_has_a_row_for_each_action() -> None:
    (solution,) = solve_extensive(parse_efg(ENTRY), [1])
    table = solution.to_pandas()
    assert table["action"].tolist() == ["out", "in", "fight", "share"]
    assert table.groupby(["player", "number"])["probability"].sum().tolist() == pytest.approx([1, 1])
    assert "entry" in repr(solution)


def test_labels_are_made_different() -> None:
    assert unique_labels(["a", "b", "a", ""]) == ["a_1", "b", "a_2", "4"]
    assert unique_labels(["a", "a", "a_1"]) == ["a_2", "a_3", "a_1"]
