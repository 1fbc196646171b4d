"""`blocs compare-codings`: two codings of a small case, with agreement worked out by hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from blocs.cli import main


@pytest.fixture
def second(crisis: Path) -> Path:
    """Another coding of the small case: the second move a step later, a third added, another share."""
    other = crisis / "other"
    shutil.copytree(crisis / "crisis", other)
    case = other / "case.yaml"
    text = case.read_text(encoding="utf-8").replace("date: 2000-05", "date: 2000-06")
    more = "  - {date: 2000-09, role: client, option: comply, event: It yields., source: [example2000]}\ncontext:"
    text = text.replace("\ncontext:", f"\n{more}", 1).replace("\n\n# What sources say besides the moves.\n  -", "\n  -")
    text = text.replace(
        "dependence: {value: 0.5, assumed: a first guess}",
        "dependence: {value: 0.6, range: [0.4, 0.8], source: [example2000]}",
    )
    case.write_text(text, encoding="utf-8")
    return case


def compare(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    capsys.readouterr()
    assert main(["compare-codings", "crisis", "other", "--json", *words]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def test_agreement_by_hand(second: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = compare(capsys)
    assert len(found["steps"]) == 12
    # 24 decisions; unlike are the cut in May, the cut in June and the move in September
    assert found["overall"]["decisions"] == 24 and found["overall"]["share"] == pytest.approx(21 / 24)
    assert (found["overall"]["moves_alike"], found["overall"]["moves"]) == (1, 4)
    chance = (22 * 21 + 1 * 1 + 1 * 1) / 24**2  # hold, drift, cut_trade; comply is in one coding only
    assert found["overall"]["kappa"] == pytest.approx((21 / 24 - chance) / (1 - chance))
    client = found["stages"]["line of the client"]
    assert (client["share"], client["moves_alike"], client["moves"]) == (pytest.approx(11 / 12), 1, 2)
    assert {(one["step"], one["first"], one["second"]) for one in found["unlike"]} == {
        ("2000-05", "cut_trade", "hold"),
        ("2000-06", "hold", "cut_trade"),
        ("2000-09", "hold", "comply"),
    }


def test_dates_and_facts(second: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = compare(capsys)
    assert [(one["option"], one["first"], one["second"], one["lag"]) for one in found["moves"]] == [
        ("drift", "2000-03", "2000-03", 0),
        ("cut_trade", "2000-05", "2000-06", 1),
        ("comply", None, "2000-09", None),
    ]
    assert found["mean_lag"] == pytest.approx(0.5)
    assert [one["standing"] for one in found["facts"]] == ["ranges overlap"]
    assert all(other["same"] for other in found["others"])
    strict = compare(capsys, "--window", "0")
    assert [one["lag"] for one in strict["moves"]] == [0, None, None, None]


def test_a_coding_agrees_with_itself(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare-codings", "crisis", "crisis", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["overall"]["kappa"] == found["overall"]["alpha"] == pytest.approx(1)
    assert found["unlike"] == [] and found["mean_lag"] == 0


def test_the_tables(second: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare-codings", "crisis/case.yaml", "other/case.yaml"]) == 0
    out = capsys.readouterr().out
    assert "crisis and other: 12 steps" in out and "cut trade" in out and "+1" in out
    assert "2 moves are in both, on average 0.50 steps apart; 1 of them in the same step" in out
    assert "0 only in crisis, 1 only in other" in out and "0.6 (0.4 to 0.8)" in out
    assert "roles, start and outcome are the same" in out


def test_calendars_that_overlap_in_part(second: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = second.read_text(encoding="utf-8")
    second.write_text(
        text.replace("start: 2000-01, step: month, steps: 12", "start: 2000-02, step: month, steps: 8"),
        encoding="utf-8",
    )
    found = compare(capsys)
    assert (found["steps"][0], found["steps"][-1], len(found["steps"])) == ("2000-02", "2000-09", 8)
    assert found["overall"]["decisions"] == 16


@pytest.mark.parametrize(
    ("calendar", "words"),
    [
        ("start: 2000-01, step: quarter, steps: 4", "its steps are those of a quarter, the other coding's of a month"),
        ("start: 2010-01, step: month, steps: 3", "no step of it is in the other coding's calendar"),
    ],
)
def test_codings_that_cannot_be_compared(
    second: Path, capsys: pytest.CaptureFixture[str], calendar: str, words: str
) -> None:
    text = second.read_text(encoding="utf-8")
    head, _, tail = text.partition("history:")
    tail = tail[tail.index("context:") :].replace("2000-01", calendar[7:14])
    text = f"{head}history: []\n{tail}".replace("start: 2000-01, step: month, steps: 12", calendar)
    second.write_text(text, encoding="utf-8")
    assert main(["compare-codings", "crisis", "other"]) == 1
    err = capsys.readouterr().err
    assert words in err and "other/case.yaml:" in err


def test_another_theory(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare-codings", "sino-albanian-1961", "crisis"]) == 1
    assert "its theory has other stages" in capsys.readouterr().err
