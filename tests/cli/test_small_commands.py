"""`blocs cases`, `cite`, `new` and `sources`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from blocs.cli import main
from blocs.language.coverage import coverage
from blocs.language.load import load_case
from blocs.library import list_cases

PAGE = """A title

The first thing happened in 1961. The second followed, and nobody minded! A third was feared.

Share this: Twitter Facebook
Leave a Reply
"""


def test_cases_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cases"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in list_cases())
    lines = [line for line in out.splitlines() if line.startswith(tuple(list_cases()))]
    assert len(lines) == len(list_cases()) and all(line.rstrip().endswith(" %") for line in lines)  # nothing is cut off
    assert main(["cases", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["cases"]
    assert [case["case"] for case in found] == list_cases()
    albania = next(case for case in found if case["case"] == "sino-albanian-1961")
    assert (albania["from"], albania["to"], albania["step"]) == ("1960-06", "1961-12", "month")
    assert albania["roles"]["patron"] == "Soviet Union"
    assert albania["sourced"] <= albania["statements"]


def test_the_list_says_of_a_case_what_loading_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cases", "--json"]) == 0
    found = {case["case"]: case for case in json.loads(capsys.readouterr().out)["cases"]}
    for name in ("sino-albanian-1961", "romanian-1958"):
        case = load_case(name)
        basis, labels = coverage(case), case.calendar.labels()
        assert (found[name]["from"], found[name]["to"]) == (labels[0], labels[-1])
        assert (found[name]["sourced"], found[name]["statements"]) == (basis.sourced, basis.total)
        assert found[name]["outcome"] == case.outcome and found[name]["moves"] == len(case.history)
    assert found["sino-albanian-1961"]["years"] == "1960-61" and found["romanian-1958"]["years"] == "1959-68"


def test_the_list_is_searched(capsys: pytest.CaptureFixture[str]) -> None:
    def names(*words: str) -> list[str]:
        assert main(["cases", "--json", *words]) == 0
        return [case["case"] for case in json.loads(capsys.readouterr().out)["cases"]]

    assert names("--search", "ALBANIA 1961") == names("--search", "1961", "albania") == ["sino-albanian-1961"]
    assert names("--outcome", "Coup") == ["guatemalan-1954"]
    exits = names("--outcome", "exit to the rival")
    assert "cuban-american-1959" in exits and "hungarian-1956" not in exits
    assert names("--search", "cuba", "--outcome", "exit to the rival") == ["cuban-american-1959"]
    assert names("--search", "atlantis") == []
    assert main(["cases", "--search", "atlantis"]) == 0
    assert "no shipped case answers" in capsys.readouterr().out
    assert main(["cases", "--outcome", "exit to rival"]) == 1
    assert "did you mean `exit to the rival`?" in capsys.readouterr().err


def test_what_to_cite(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cite", "crisis"]) == 0
    bibtex = capsys.readouterr().out
    assert "@book{example2000," in bibtex and "{mckelvey1998," in bibtex and "{blocs," in bibtex
    assert main(["cite", "crisis", "--style", "apa"]) == 0
    words = capsys.readouterr().out
    assert "Quantal response equilibria for extensive form games" in words and "Author, A. (2000)" in words
    assert main(["cite", "crisis", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [item["id"] for item in found["sources"]] == ["example2000"]
    assert {"mckelvey1998", "owen1998"} <= {item["id"] for item in found["methods"]}


def test_what_is_new_can_be_checked_and_run(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "case", "second", "--in", "deep/er", "--theory", "small.yaml", "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert files == ["deep/er/second/case.yaml", "deep/er/second/bibliography.yaml"]
    assert main(["check", "--strict", files[0]]) == 0
    assert main(["new", "case", "third"]) == 0
    assert main(["check", "third"]) == 0
    assert "case third" in capsys.readouterr().out


def test_nothing_is_written_over(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (crisis / "small.yaml").read_bytes()
    assert main(["new", "theory", "small"]) == 1
    assert "exists already" in capsys.readouterr().err
    assert (crisis / "small.yaml").read_bytes() == before


@pytest.mark.parametrize("name", ["../up", "Two Words", "", "x/y", "a" * 80])
def test_names_that_are_none(name: str, crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("theory", "case"):
        assert main(["new", kind, name]) == 1
        err = capsys.readouterr().err
        assert "cannot be the name" in err and err.endswith("nothing was written.\n")
    assert sorted(path.name for path in crisis.iterdir()) == ["crisis", "small.yaml"]


def test_a_text_is_attached_verified_and_forgotten(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("page.txt").write_text(PAGE, encoding="utf-8")
    assert main(["sources", "list"]) == 0
    assert "no text is attached" in capsys.readouterr().out
    assert main(["sources", "attach", "example2000", "page.txt", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)["record"]
    assert record["sentences"] == 3
    assert main(["sources", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sources"][0]["key"] == "example2000"

    book = Path("crisis/bibliography.yaml")
    lines = "".join(f"      {name}: '{value}'\n" for name, value in record["fingerprints"].items())
    clauses = "    clauses: {s2: 2}\n"
    passage = f"  passage:\n    sentences: 3\n{clauses}    fingerprints:\n{lines}"
    book.write_text(book.read_text(encoding="utf-8").rstrip() + "\n" + passage, encoding="utf-8")
    case = Path("crisis/case.yaml")
    text = case.read_text(encoding="utf-8")
    case.write_text(text.replace("source: [example2000]", "source: [example2000@s2b]", 1), encoding="utf-8")

    assert main(["sources", "check", "crisis"]) == 0
    out = capsys.readouterr().out
    assert "event: 2000-03 client drift (clause b)" in out
    assert "every recorded sentence agrees" in out and "s2a" in out
    assert main(["sources", "check", "crisis", "--json"]) == 0
    (source,) = json.loads(capsys.readouterr().out)["sources"]
    assert source["verified"] is True and source["unused"] == [1, 3]

    Path("page.txt").write_text(PAGE.replace("nobody minded", "everybody minded"), encoding="utf-8")
    assert main(["sources", "attach", "example2000", "page.txt"]) == 0
    assert main(["sources", "check", "crisis"]) == 1
    assert "s2" in capsys.readouterr().err

    assert main(["sources", "detach", "example2000"]) == 0
    assert main(["sources", "detach", "example2000"]) == 1
    capsys.readouterr()
    assert main(["sources", "check", "crisis"]) == 0
    assert "no document is attached" in capsys.readouterr().err


def test_a_text_that_cannot_be_read(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sources", "attach", "key", "absent.txt"]) == 1
    assert "absent.txt" in capsys.readouterr().err
    assert main(["sources", "attach", "no key", "crisis/case.yaml"]) == 1
    assert capsys.readouterr().err.endswith("nothing was stored.\n")
