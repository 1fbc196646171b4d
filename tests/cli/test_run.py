"""`blocs run`: the keys that programs rely on, the tables that people read, and the files."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest

from blocs.cli import main

RUN = ["run", "crisis", "--draws", "16"]
OUTCOMES = {"the client complies", "the client leaves under sanctions", "the client goes its own way"}


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict:
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_json_has_the_documented_keys(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told([*RUN, "--seed", "3"], capsys)
    assert {"case", "theory", "version", "seed", "draws", "outcomes", "history", "certificate", "graph"} <= found.keys()
    assert (found["case"], found["theory"], found["seed"], found["draws"]) == ("crisis", "small", 3, 16)
    assert found["outcomes"].keys() == OUTCOMES
    for spread in found["outcomes"].values():
        assert spread.keys() == {"mean", "median", "low", "high"}
        assert 0 <= spread["low"] <= spread["median"] <= spread["high"] <= 1
    assert sum(spread["mean"] for spread in found["outcomes"].values()) == pytest.approx(1, abs=1e-12)
    assert found["certificate"]["residual"] < 1e-12
    assert found["certificate"]["probability_sum"] == pytest.approx(1, abs=1e-12)
    assert found["graph"].keys() >= {"states", "arcs", "branches"}
    assert found["seconds"].keys() == {"compile", "solve", "total"}


def test_history_is_scored_as_defined(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = told(RUN, capsys)["history"]
    decisions = history["decisions"]
    # at each node two options are legal, so chance gives one half
    assert history["uniform"] == pytest.approx(math.log(0.5), abs=1e-12)
    logs = [math.log(one["probability"]) for one in decisions]
    assert history["log_score"] == pytest.approx(sum(logs) / len(logs), abs=1e-12)
    moves = [(one["date"], one["role"], one["option"]) for one in decisions if one["option"] != "hold"]
    assert moves == [("2000-03", "client", "drift"), ("2000-05", "patron", "cut_trade")]
    # the client could drift in January, February and March, and comply in the nine months after
    client = [one for one in decisions if one["role"] == "client"]
    assert len(client) == 12
    # frequencies by stage: of 12 decisions 11 holds and 1 drift, plus one half each, among hold and drift
    march = next(one for one in client if one["option"] == "drift")
    assert march["frequency"] == pytest.approx(1.5 / (11.5 + 1.5), abs=1e-12)


def test_the_same_seed_gives_the_same_numbers(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, other = told(RUN, capsys), told(RUN, capsys), told([*RUN, "--seed", "1"], capsys)
    assert first["outcomes"] == second["outcomes"] != other["outcomes"]
    assert first["inputs"] == second["inputs"] and len(first["inputs"]) == 64


def test_settings_change_the_answer(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def left(*words: str) -> float:
        return told([*RUN, *words], capsys)["outcomes"]["the client complies"]["mean"]

    # a client for whom an own course is worth nothing, and for whom acts cost nothing, is loyal more often
    assert left("--set", "autonomy_worth=0", "--set", "effort=0") > left(
        "--set", "autonomy_worth=3", "--set", "effort=0"
    )


def test_tables_and_sentences(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RUN, "--seed", "5", "--set", "alarm=2"]) == 0
    out = capsys.readouterr().out
    for name in OUTCOMES:
        assert name in out
    assert "What happened: the client leaves under sanctions." in out and "90 % interval" in out
    assert "How often and when each option is expected" in out
    drift = next(line.split() for line in out.splitlines() if line.startswith("drift "))
    # option, role, expected times, the interval, the mean date, and when it was really taken
    assert drift[1] == "client" and drift[4] == "to" and drift[6].startswith("2000-") and drift[7] == "2000-03"
    assert "log score" in out and "option frequencies" in out
    assert "Certificate" in out
    assert "`blocs run crisis --draws 16 --seed 5 --set alarm=2`" in out
    assert "hold;" not in out
    assert main([*RUN, "--holds"]) == 0
    assert len(capsys.readouterr().out.splitlines()) > len(out.splitlines()) + 10


def test_files_hold_what_json_holds(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = told([*RUN, "--out", "results"], capsys)
    folder = crisis / "results"
    assert sorted(path.name for path in folder.iterdir()) == ["decisions.csv", "forecast.json", "outcomes.csv"]
    assert json.loads((folder / "forecast.json").read_text(encoding="utf-8")) == found
    with open(folder / "outcomes.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["outcome"]: float(row["mean"]) for row in rows} == {
        name: spread["mean"] for name, spread in found["outcomes"].items()
    }
    with open(folder / "decisions.csv", encoding="utf-8", newline="") as stream:
        decisions = list(csv.DictReader(stream))
    assert [row["event"] for row in decisions if row["event"]] == ["It goes its own way.", "Trade is cut."]
    assert len(decisions) == len(found["history"]["decisions"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "cirsis"], "there is no case `cirsis`"),
        (["run", "sino-albanian"], "did you mean `sino-albanian-1961`?"),
        (["run", "crisis", "--set", "autonomy_wort=1"], "did you mean `autonomy_worth`?"),
        (["run", "small.yaml"], "this file is a theory; expected a case"),
        (["run", "crisis", "--out", "small.yaml"], "small.yaml"),
    ],
)
def test_what_cannot_be_run_is_told(
    words: list[str], said: str, crisis: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--json"]) == 1
    out, err = capsys.readouterr()
    assert said in err
    assert "Traceback" not in err
    if "--out" not in words:
        assert json.loads(out)["error"]["exit_code"] == 1
