"""`blocs facts`: a case beside data, filled in where it has a gap, left alone where it has a source."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from blocs.cli import main
from blocs.library import case_path

THEORY = """theory: pressure
version: 1
roles: {patron: the great power, client: the member}
facts:
  share: {type: share, help: dependence, measure: "trade_share(client, patron)"}
  border: {type: boolean, help: a border, default: false, measure: "land_border(client, patron)"}
  pact: {type: boolean, help: a pact, default: false, measure: "defence_pact(patron, client)"}
  power: {type: number, help: capability, measure: capability(patron)}
  mood: {type: share, help: of the leaders}
state: {line: {values: [loyal, gone]}}
stages:
  - {stage: line, role: client, options: {hold: {}, go: {when: line == loyal, set: {line: gone}, cost: {client: share}}}}
payoffs: {client: {free: power * mood * (line == gone) * (1 if border or pact else 1)}}
play: {discount: 0.95, response: logit, precision: {client: 1}}
outcomes: {stays: line == loyal, goes: otherwise}
"""
CASE = """# a case that was only begun
case: arcadia
title: Arcadia and Boeotia
theory: ./pressure.yaml
sources: bibliography.yaml
calendar: {start: 2000-01, step: month, steps: 3}
roles:
  patron: {actor: Arcadia, cow: 901}   # the patron
  client: {actor: Boeotia, cow: 902}
facts:
  share: {value: 0.5, assumed: a first guess}  # look this up
  pact: {value: true, source: [book], note: signed in 2000}
  power: {value: 0.9, range: [0.8, 1], source: [book]}
  mood: {value: 0.5, assumed: nobody knows}
"""
BOOK = (
    "- {id: book, type: book, title: A book, author: [{family: Writer, given: A.}], issued: {date-parts: [[2001]]}}\n"
)


@pytest.fixture
def arcadia(tmp_path: Path, original: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pressure.yaml").write_text(THEORY, encoding="utf-8")
    (tmp_path / "bibliography.yaml").write_text(BOOK, encoding="utf-8")
    case = tmp_path / "case.yaml"
    case.write_text(CASE, encoding="utf-8")
    return case


def facts(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    capsys.readouterr()
    assert main(["facts", "case.yaml", "--from", "original", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_each_fact_has_a_standing(arcadia: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = arcadia.read_text(encoding="utf-8")
    report = facts(capsys)
    found = {one["fact"]: one["standing"] for one in report["facts"]}
    assert found == {"share": "assumed", "border": "missing", "pact": "agrees", "power": "differs"}
    values = {one["fact"]: one["data"]["value"] for one in report["facts"]}
    assert values == {"share": pytest.approx(0.3), "border": False, "pact": True, "power": 0.3}
    assert report["written"] == [] and arcadia.read_text(encoding="utf-8") == before
    evidence = {(one["measure"], tuple(one["roles"])): one["value"] for one in report["evidence"]}
    assert evidence["capability_share", ("patron", "client")] == pytest.approx(0.75)
    assert evidence["organisations", ("patron",)] == 3


def test_the_table_shows_both_sides(arcadia: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["facts", "case.yaml", "--from", "original"]) == 0
    out = capsys.readouterr().out
    assert "0.9 (0.8 to 1)" in out and "differs" in out and "0.5, assumed" in out
    assert "--write would fill in: share, border" in out
    assert "a gap in reporting" in out and "younger than the start" in out


def test_writing_fills_gaps_and_nothing_else(arcadia: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = facts(capsys, "--write")
    assert report["written"] == ["bibliography.yaml", "case.yaml"]
    text = arcadia.read_text(encoding="utf-8")
    assert "# a case that was only begun" in text and "# the patron" in text and "# look this up" in text
    assert "share: {value: 0.3" in text and "cow-trade" in text and "COW Trade 4.0, 2000" in text
    assert "power: {value: 0.9, range: [0.8, 1], source: [book]}" in text
    assert "pact: {value: true, source: [book], note: signed in 2000}" in text
    assert text.index("share:") < text.index("pact:") < text.index("mood:") < text.index("border:")
    assert "a first guess" not in text and "nobody knows" in text
    assert "Conflict Management and Peace Science" in (arcadia.parent / "bibliography.yaml").read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(["check", "case.yaml"]) == 0
    assert "cow-" not in capsys.readouterr().err
    assert facts(capsys, "--write")["written"] == []
    found = {one["fact"]: one["standing"] for one in facts(capsys)["facts"]}
    assert found == {"share": "agrees", "border": "agrees", "pact": "agrees", "power": "differs"}


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("cow: 902", "cow: 999", "case.yaml:9", "has no state with the code 999; Boeotia is 902"),
        ("client: {actor: Boeotia, cow: 902}", "client: {actor: Boeotia}", "case.yaml:9", "has no `cow`"),
    ],
)
def test_states_that_are_none(
    arcadia: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, place: str, words: str
) -> None:
    arcadia.write_text(CASE.replace(old, new), encoding="utf-8")
    assert main(["facts", "case.yaml", "--from", "original"]) == 1
    err = capsys.readouterr().err
    assert place in err and words in err and err.count("error") == 1


def test_wrong_calls(arcadia: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["facts", "case.yaml", "--from", "nowhere"]) == 1
    assert "nowhere" in capsys.readouterr().err
    assert main(["facts", "case.yaml"]) == 2
    assert main(["facts", "case.yaml", "--from", "original", "--year", "12"]) == 2
    capsys.readouterr()
    assert (
        main(["facts", "case.yaml", "--from", "original", "--year", "2090"]) == 0
    )  # the border list has no end of its own
    assert "covers 1999 to 2000, not 2090" in capsys.readouterr().out
    for path in (arcadia.parent / "original").iterdir():
        if not path.name.startswith(("NMC", "states")):
            path.unlink()
    assert main(["facts", "case.yaml", "--from", "original", "--year", "2090"]) == 1
    assert "covers 1999 to 2000, not 2090" in capsys.readouterr().err


def test_a_state_that_is_none_at_the_time(arcadia: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Boeotia is a state from 1990 on: no border of it in 1950 is no finding."""
    report = facts(capsys, "--year", "1999")
    assert {one["fact"]: one["data"]["value"] for one in report["facts"]}["border"] is True
    (arcadia.parent / "original" / "NMC-60-abridged.csv").write_text(
        "ccode,year,milper,tpop,cinc\n901,1950,1,1,0.5\n", encoding="utf-8"
    )
    report = facts(capsys, "--year", "1950")
    border = next(one for one in report["facts"] if one["fact"] == "border")
    assert border["standing"] == "silent" and border["data"]["why"] == "Boeotia not in the state system in 1950"
    assert "Boeotia (902) is in the state system in 1990-2016 only, not in 1950" in report["notes"]


def test_a_case_without_bibliography_is_not_written(arcadia: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = CASE.replace("sources: bibliography.yaml\n", "").replace("source: [book]", "assumed: a guess")
    arcadia.write_text(text, encoding="utf-8")
    assert main(["facts", "case.yaml", "--from", "original", "--write"]) == 1
    assert "names no bibliography" in capsys.readouterr().err
    assert arcadia.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        ("trade_shares(client, patron)", "did you mean `trade_share`?"),
        ("trade_share(client)", "`trade_share` speaks of 2 roles, found 1"),
        ("trade_share(client, patrn)", "did you mean `patron`?"),
        ("land_border(client, patron)", "`land_border` is a boolean, and the fact is a share"),
        ("client's trade", "is no measure"),
    ],
)
def test_a_measure_is_checked_with_its_theory(
    arcadia: Path, capsys: pytest.CaptureFixture[str], measure: str, words: str
) -> None:
    path = arcadia.parent / "pressure.yaml"
    path.write_text(THEORY.replace("trade_share(client, patron)", measure), encoding="utf-8")
    assert main(["check", "pressure.yaml"]) == 1
    err = capsys.readouterr().err
    assert "pressure.yaml:5" in err and words in err


def test_the_first_case_agrees_with_the_real_files(shared: Path, tmp_path: Path, capsys) -> None:
    folder = str(shared / "data" / "peace")
    copy = tmp_path / "copy"
    shutil.copytree(case_path("sino-albanian-1961").parent, copy)
    before = (copy / "case.yaml").read_bytes()
    assert main(["facts", str(copy), "--from", folder, "--write", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    found = {one["fact"]: one["standing"] for one in report["facts"]}
    assert found == {"land_route": "agrees", "trade_dependence": "silent"}
    assert (copy / "case.yaml").read_bytes() == before
