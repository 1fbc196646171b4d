"""A small theory and a case of it, written by the scaffold and given a history, for tests of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocs.cli import main

HISTORY = """history:
  - {date: 2000-03, role: client, option: drift, event: It goes its own way., source: [example2000]}
  - {date: 2000-05, role: patron, option: cut_trade, event: Trade is cut., source: [example2000@p. 7], confidence: 0.8}
"""


@pytest.fixture
def crisis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with theory.yaml and crisis/case.yaml, which is made the present folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BLOCS_DATA", str(tmp_path / "data"))
    assert main(["new", "theory", "small"]) == 0
    assert main(["new", "case", "crisis", "--theory", "./small.yaml"]) == 0
    case = tmp_path / "crisis" / "case.yaml"
    text = case.read_text(encoding="utf-8").replace("history: []\n", HISTORY)
    case.write_text(text + "outcome: the client leaves under sanctions\n", encoding="utf-8")
    capsys.readouterr()
    return tmp_path
