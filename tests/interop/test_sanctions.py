"""Episodes of sanctions, read from small tables in the layouts of TIES and GSDB, beside a small history."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from blocs.cli import main
from blocs.errors import InputError
from blocs.interop.lining_up import line_up, sanctions
from blocs.interop.sanctions import read_episodes
from blocs.language.calendar import Span
from blocs.language.load import load_case

# numbers in the form of TIES: year, month, day and a running number; 99 where a part is not known
TIES = """caseid,startyear,endyear,primarysender,sender1,sender2,targetstate,imposition,finaloutcome
1960039901,1960,3000,365,365,NA,339,1,9
1961019901,1961,1962,2,2,365,339,0,7
1959999901,1959,1959,365,365,NA,339,1,10
1961060101,1961,1979,710,710,NA,365,1,7
1975010101,1975,1976,365,365,NA,339,1,6
1961060102,1961,1979,2,2,NA,339,1,7
"""
GSDB = """case_id,sanctioned_state,sanctioning_state,begin,end,length,trade,descr_trade,arms,military,financial,travel,other,objective,success
16,Albania,Russia,1960,1960,1,1,exp_part,0,0,0,0,0,policy_change,failed
17,"Greece, Albania","EU, Russia",1961,1965,5,1,exp_compl,0,0,1,1,1,policy_change,success_part
18,Albania,US,1961,1965,5,1,,0,0,0,0,0,other,failed
"""


@pytest.fixture(scope="module")
def albania():
    return load_case("sino-albanian-1961")


def write(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_ties(albania, tmp_path: Path) -> None:
    found = read_episodes(write(tmp_path, TIES), albania.roles)
    assert (found.dataset, found.first, found.last) == ("TIES", 1959, 1975)
    first, joint, vague, other, late = found.episodes  # that of the United States alone concerns no role
    assert (first.sender, first.target, first.end, first.imposed) == ("patron", "client", None, True)
    assert first.begin == Span(12 * 1960 + 2, 1) and first.outcome == "code 9"
    assert (joint.sender, joint.kinds, joint.imposed) == ("patron", ("threat",), False)
    assert vague.begin == Span(12 * 1959, 12) and vague.outcome == "negotiated settlement"
    assert (other.sender, other.target, other.end) == ("rival", "patron", 1979)
    assert late.outcome == "target gives way in part"


def test_gsdb(albania, tmp_path: Path) -> None:
    found = read_episodes(write(tmp_path, GSDB), albania.roles)
    assert (found.dataset, found.first, found.last) == ("GSDB", 1960, 1961)
    alone, joint = found.episodes
    assert (alone.number, alone.sender, alone.target, alone.kinds) == ("16", "patron", "client", ("trade",))
    assert (joint.number, joint.end, joint.outcome) == ("17", 1965, "success part")
    assert joint.kinds == ("trade", "financial", "travel", "other")
    assert any("GSDB names no state China (rival)" in note for note in found.notes)


def test_what_lines_up(albania, tmp_path: Path) -> None:
    """By hand: aid is cut in 1960-07, four months after the first episode begins; the second begins with a withdrawal."""
    episodes = read_episodes(write(tmp_path, TIES), albania.roles).episodes
    lines, moves = line_up(albania, episodes, ("patron", "client"), 6)
    assert [line.episode.number for line in lines] == ["1960039901", "1961019901", "1959999901", "1975010101"]
    assert [(line.event.date, line.event.option, line.lag) for line in lines[:2] if line.event] == [
        ("1960-07", "cut_aid", 4),
        ("1961-01", "withdraw_advisers", 0),
    ]
    assert (lines[2].event, lines[2].why) == (
        None,
        "not in the history",
    )  # within the window of the start, but not of aid
    assert (lines[3].event, lines[3].why) == (None, "begins after the case")
    assert [move.event.date for move in moves] == [event.date for event in sanctions(albania) if event.role == "patron"]
    by_date = {move.event.date: move for move in moves}
    assert [one.number for one in by_date["1960-07"].begins] == ["1960039901"]
    assert [one.number for one in by_date["1961-06"].within] == ["1960039901"]  # the second was only a threat
    narrow, _ = line_up(albania, episodes, ("patron", "client"), 3)
    assert narrow[0].event is None and narrow[0].why == "not in the history"


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(write(tmp_path, GSDB))
    assert main(["events", "sino-albanian-1961", "--from", path]) == 0
    out = capsys.readouterr().out
    assert "Soviet Union and Albania in GSDB" in out and "2 of 2 episodes" in out and "begins with 16" in out
    assert main(["events", "sino-albanian-1961", "--from", path, "--json", "--between", "client", "rival"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["episodes"] == [] and found["history"] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "neither those of TIES nor those of GSDB"),
        (TIES.replace("targetstate", "targetstat"), "no column `targetstate`; did you mean `targetstat`"),
        (TIES.replace("1960039901,1960,", "1960039901,in spring,"), "expected a year, found `in spring`"),
        (GSDB.replace("Russia,1960,", "Russia,,"), "no year in which it begins"),
        ("", "neither those of TIES nor those of GSDB"),
    ],
)
def test_wrong_tables(albania, tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError) as told:
        read_episodes(write(tmp_path, text), albania.roles)
    assert words in str(told.value) and told.value.problems[0].file.endswith("table.csv")
    assert told.value.problems[0].line >= 1


def test_wrong_calls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(write(tmp_path, GSDB))
    assert main(["events", "sino-albanian-1961", "--from", str(tmp_path / "none.csv")]) == 1
    assert "none.csv" in capsys.readouterr().err
    assert main(["events", "sino-albanian-1961", "--from", path, "--between", "patron", "clint"]) == 1
    assert "did you mean `client`?" in capsys.readouterr().err
    assert main(["events", "sino-albanian-1961", "--from", path, "--between", "patron", "patron"]) == 1
    assert "give two roles" in capsys.readouterr().err


def test_the_real_tables(albania, shared: Path) -> None:
    folder = shared / "data" / "estimation" / "sanctions"
    ties = read_episodes(folder / "TIES_imposed_1945_2005_kssrr.csv", albania.roles)
    assert ("1960039901", "patron", "client") in [(one.number, one.sender, one.target) for one in ties.episodes]
    gsdb = read_episodes(folder / "GSDB_cases_shraydewan.csv", albania.roles)
    pair = [one.number for one in gsdb.episodes if (one.sender, one.target) == ("patron", "client")]
    assert pair[:2] == ["16", "17"]
