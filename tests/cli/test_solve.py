"""`blocs solve`: closed forms, the reference answers of Gambit, and what is said of files that are no game."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from blocs.cli import main

# one player between 1 and 0, at a node that another player reaches with an even chance move before it
GAME = """EFG 2 R "Two doors" { "Ada" "Bob" }
c "" 1 "coin" { "heads" 1/2 "tails" 1/2 } 0
p "doors" 1 1 "doors" { "left" "right" } 0
t "" 1 "left" { 1, 0 }
t "" 2 "right" { 0, 3 }
t "" 3 "tails" { 0, 0 }
"""


@pytest.fixture
def game(tmp_path: Path) -> Path:
    path = tmp_path / "doors.efg"
    path.write_text(GAME, encoding="utf-8")
    return path


def test_one_precision_gives_one_answer(game: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", str(game), "--precision", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    left = 1 / (1 + math.exp(-2))
    assert told["lam"] == 2
    (doors,) = told["infosets"]
    assert (doors["player"], doors["number"], doors["label"]) == ("Ada", 1, "doors")
    assert doors["actions"] == pytest.approx({"left": left, "right": 1 - left}, abs=1e-15)
    assert told["outcomes"] == pytest.approx({"left": left / 2, "right": (1 - left) / 2, "tails": 0.5}, abs=1e-15)
    assert told["payoffs"] == pytest.approx([left / 2, 3 * (1 - left) / 2], abs=1e-15)
    assert told["residual"] <= 1e-15


def test_several_precisions_give_a_list(game: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", str(game), "--precision", "0, 1,2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [solution["lam"] for solution in told["solutions"]] == [0, 1, 2]
    assert told["solutions"][0]["infosets"][0]["actions"] == {"left": 0.5, "right": 0.5}


def test_the_table_shows_each_precision(game: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", str(game), "--precision", "0,2"]) == 0
    told = capsys.readouterr().out
    assert "Two doors" in told and "precision 0" in told and "precision 2" in told
    assert "88.1 %" in told  # 1 / (1 + exp(-2))
    assert "residual" in told


def test_a_long_table_is_cut_unless_all_is_asked_for(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(shared / "reference" / "solvers" / "dyn_pi_R3.efg")
    assert main(["solve", path]) == 0
    short = capsys.readouterr().out
    assert "--all shows them all" in short
    assert main(["solve", path, "--all"]) == 0
    long = capsys.readouterr().out
    assert "--all" not in long and len(long) > len(short)


@pytest.mark.parametrize("precision", [1, 2, 5])
@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_answers_of_gambit(rounds: int, precision: int, shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shared / "reference" / "solvers"
    known = json.loads((folder / f"dyn_pi_R{rounds}_lam{precision}.json").read_text(encoding="utf-8"))
    line = ["solve", str(folder / f"dyn_pi_R{rounds}.efg"), "--precision", repr(known["lam"]), "--json"]
    assert main(line) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["outcomes"] == pytest.approx(known["outcomes"], abs=1e-12)
    assert told["payoffs"] == pytest.approx(known["payoffs"], abs=1e-12)
    ours = {(one["player"], one["label"]): one["actions"] for one in told["infosets"]}
    assert len(ours) == len(known["infosets"])
    for one in known["infosets"]:
        assert ours[one["player"], one["label"]] == pytest.approx(one["actions"], abs=1e-12)


def test_what_is_no_game_is_told_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.efg"
    path.write_text(GAME.replace('{ "left" "right" }', '{ "left" '), encoding="utf-8")
    assert main(["solve", str(path)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert f"{path}:" in told.err and told.err.endswith("nothing was solved.\n")
    assert main(["solve", str(tmp_path / "absent.efg")]) == 1
    assert "No such file" in capsys.readouterr().err


def test_a_stationary_game_in_arrays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One player in one state: 1 or 0.4 in each step, so that p = 1 / (1 + exp(-0.6 lambda))."""
    path = tmp_path / "game.npz"
    np.savez(path, u=[[[1.0, 0.4]]], phi=np.ones((1, 2, 1)), delta=[0.9], nums_actions=np.array([[2]]))
    assert main(["solve", str(path), "--precision", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    p = 1 / (1 + math.exp(-1.2))
    (player,) = told["states"][0]["players"]
    assert player["actions"] == pytest.approx([p, 1 - p], abs=1e-13)
    assert player["value"] == pytest.approx(10 * (p + 0.4 * (1 - p)), abs=1e-10)
    assert main(["solve", str(path), "--precision", "0,2"]) == 0
    shown = capsys.readouterr().out
    assert "1 states, 1 players" in shown and "76.9 %" in shown and "residual" in shown
    path.write_bytes(b"nothing")
    assert main(["solve", str(path)]) == 1
    assert "not an archive of NumPy arrays" in capsys.readouterr().err
