"""`blocs export`: each format to a file and to standard output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from blocs.cli import main

BEGINS = {"efg": "EFG 2 R ", "graphml": "<?xml ", "dot": "digraph ", "csv": "node,stage,role,line,trade,option,"}


@pytest.mark.parametrize("form", BEGINS)
def test_each_format(form: str, crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = crisis / "crisis" / "case.yaml"
    case.write_text(case.read_text(encoding="utf-8").replace("steps: 12", "steps: 5"), encoding="utf-8")
    assert main(["export", "crisis", "--to", form]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(BEGINS[form])
    assert main(["export", "crisis", "--to", form, "--out", "file", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert Path("file").read_text(encoding="utf-8") == printed
    assert told["characters"] == len(printed)


def test_what_was_exported_can_be_solved(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = crisis / "crisis" / "case.yaml"
    case.write_text(case.read_text(encoding="utf-8").replace("steps: 12", "steps: 5"), encoding="utf-8")
    assert main(["export", "crisis", "--to", "efg", "--out", "crisis.efg"]) == 0
    assert main(["solve", "crisis.efg"]) == 0
    assert "patron" in capsys.readouterr().out


def test_a_game_too_large_for_a_tree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "sino-albanian-1961-steady", "--to", "efg"]) == 1
    assert "the tree of this game has about" in capsys.readouterr().err


def test_json_needs_a_file(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "crisis", "--to", "csv", "--json"]) == 2
    assert "--out" in capsys.readouterr().err
