"""A game at the terminal, driven from standard input."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys

import pytest
from tests.web.conftest import QUARREL, QUARREL_CASE

from blocs.cli import main
from blocs.language.plays import read_play

HOLDS = "hold\n" * 20


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quarrel")
    (folder / "quarrel.yaml").write_text(QUARREL, encoding="utf-8")
    (folder / "case.yaml").write_text(QUARREL_CASE, encoding="utf-8")
    return str(folder / "case.yaml")


@pytest.fixture
def play(case, monkeypatch, capsys, tmp_path):
    """Play with answers; return the exit code and both streams. Files go to a folder of the test."""
    monkeypatch.chdir(tmp_path)

    def play(answers, *words, role="client", seed="3"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(answers) if isinstance(answers, str) else answers)
        code = main(["play", case, "--as", role, *(["--seed", seed] if seed else []), *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return play


def test_a_game_from_the_first_answer_to_the_debrief(play, tmp_path):
    code, out, _ = play(HOLDS, "--out", "game.json")
    assert code == 0
    assert "You are Albania (client)." in out and "1960-01, step 1 of 5: line of the client" in out
    assert "State of affairs\n  Line: loyal\n" in out and "Line: loyal → defiant." in out
    assert "Before it all." in out
    assert "The end\nIt ended with: loyal. It really ended with: repelled." in out
    assert "Play left history in 1960-02 (Albania, line of the client): it was played hold, and really defy." in out
    assert "What was really done" in out
    kept = read_play(tmp_path / "game.json")
    assert (kept.outcome, kept.people, kept.seed) == ("loyal", {"client": "you"}, 3)
    chosen = [one for one in kept.moves if one.role == "client"]
    assert [one.by for one in chosen] == ["person"] * 5 and {one.option for one in chosen} == {"hold"}


def test_numbers_names_and_words_all_choose(play):
    games = [json.loads(play(f"{answer}\n{HOLDS}", "--json")[1]) for answer in ("2", "defy", "  DEFY ")]
    assert games[0]["moves"][0]["option"] == "defy"
    assert games[0] == games[1] == games[2]


def test_with_json_the_result_alone_is_on_standard_output(play, tmp_path):
    _, out, err = play(HOLDS, "--json", "--out", "game.json")
    assert json.loads(out) == json.loads((tmp_path / "game.json").read_text(encoding="utf-8"))
    assert "Your options" in err


def test_what_makes_no_sense_is_told_and_asked_again(play):
    answers = ["nonsense", "defi", "0", "3", "9" * 5000, "x" * 5000, "leave", "", "²", "help", "state", "record", "?"]
    code, out, _ = play("\n".join([*answers, HOLDS]), "--json")
    kept = json.loads(out)
    assert code == 0 and [one["option"] for one in kept["moves"] if one["role"] == "client"] == ["hold"] * 5
    _, out, _ = play("\n".join([*answers, HOLDS]))
    assert "There is no option `nonsense` here" in out and "did you mean `defy`" in out
    assert "There is no option 0: type a number from 1 to 2" in out and "There is no option 3:" in out
    assert "longer than any option" in out
    assert "`leave` is not legal now: `line == defiant` fails (line is loyal); there is hold, defy." in out
    assert "Nothing yet." in out and "against holding" in out and out.count("At your turn type:") == 2


def test_waiting_holds_until_something_changes(play):
    _, out, _ = play("wait\n" + HOLDS, "--json", role="client")
    moves = [one for one in json.loads(out)["moves"] if one["role"] == "client"]
    assert [one["by"] for one in moves[:2]] == ["person", "standing"] and {one["option"] for one in moves} == {"hold"}


def test_a_secret_is_marked_and_comes_out_at_the_end(play):
    _, out, _ = play("prepare\nrecord\n" + HOLDS, role="patron")
    assert "Prepare (secret: the others see that you held)" in out
    assert "The Soviet Union prepares a plot. (secret)" in out
    assert "What was secret\n  1960-01  The Soviet Union prepares a plot." in out


def test_a_game_that_is_left_goes_on_where_it_was(play, tmp_path):
    whole = json.loads(play("defy\nhold\nhold\n" + HOLDS, "--json")[1])
    code, _, err = play("defy\n", "--out", "game.json")
    assert code == 0 and "Go on with: blocs play" in err and "--out game.json" in err
    assert read_play(tmp_path / "game.json").outcome is None
    code, out, _ = play("hold\nquit\nhold\n", "--out", "game.json", seed=None)
    assert code == 0 and "The game so far\n  1960-01  Albania defies the Soviet Union." in out
    play("hold\n" + HOLDS, "--out", "game.json", seed=None)
    assert json.loads((tmp_path / "game.json").read_text(encoding="utf-8")) == whole


def test_a_game_that_is_left_without_a_file_is_kept_beside(play, tmp_path):
    _, _, err = play("defy\nquit\n")
    file = tmp_path / "quarrel-1960-client-3.play.json"
    assert f"--out {file.name}" in err and read_play(file).moves[0].option == "defy"
    file.unlink()
    _, _, err = play("")
    assert "nothing had been chosen" in err and list(tmp_path.iterdir()) == []


def test_control_c_keeps_the_game(play, tmp_path):
    class Interrupted(io.StringIO):
        def readline(self, *_):
            line = super().readline()
            if not line:
                raise KeyboardInterrupt
            return line

    code, _, err = play(Interrupted("defy\n"), "--out", "game.json")
    assert code == 130 and "The game is kept." in err
    assert read_play(tmp_path / "game.json").moves[0].option == "defy"


def test_a_real_interrupt_of_a_real_process(case, tmp_path):
    words = [sys.executable, "-m", "blocs", "play", case, "--as", "client", "--seed", "3", "--out", "game.json"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        process.stdin.write("defy\n")
        process.stdin.flush()
        asked = 0
        while asked < 2:  # until it asks for the second time
            asked += process.stdout.read(1) == ">"
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
        assert process.wait(timeout=60) == 130
    assert "The game is kept." in told and "Traceback" not in told
    assert read_play(tmp_path / "game.json").moves[0].option == "defy"


def test_what_was_played_can_be_fitted(play, case, capsys):
    for seed, answers in (("1", "defy\n" + HOLDS), ("2", HOLDS)):
        assert play(answers, "--out", f"{seed}.json", seed=seed)[0] == 0
    play("defy\nhold\n", "--out", "left.json", seed="4")
    assert main(["fit", case, "--plays", "1.json", "2.json", "left.json", "--json"]) in (0, 3)
    told = json.loads(capsys.readouterr().out)
    assert told["games"] == 3 and set(told["precisions"]) == {"sharpness_client"}
    # five months of holding, and what was chosen in the other two, if only a single option was not left
    assert told["choices"]["client"] >= 8


@pytest.mark.parametrize(
    ("words", "role", "message"),
    [
        ((), "clint", "did you mean `client`"),
        (("--out", "nowhere/game.json"), "client", "there is no folder"),
        (("--out", "over.json"), "client", "the game kept there is over"),
        (("--out", "left.json"), "patron", "people play the client, not the patron"),
        (("--out", "noise.json"), "client", "this is no JSON"),
    ],
)
def test_what_cannot_be_played_is_told(play, tmp_path, words, role, message):
    play(HOLDS, "--out", "over.json")
    play("defy\n", "--out", "left.json")
    (tmp_path / "noise.json").write_text("{", encoding="utf-8")
    code, _, err = play(HOLDS, *words, role=role)
    assert code == 1 and message in err


def test_another_seed_for_a_game_that_is_kept_is_refused(play):
    play("defy\n", "--out", "game.json")
    code, _, err = play(HOLDS, "--out", "game.json", seed="4")
    assert code == 1 and "has the seed 3" in err


def test_private_types_are_refused_in_a_sentence(capsys):
    assert main(["play", "sino-albanian-1961-resolve", "--as", "client"]) == 1
    assert "private types" in capsys.readouterr().err
