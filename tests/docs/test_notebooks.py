"""The worked notebook is a notebook, and runs from its first cell to its last."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "notebooks" / "albania.py"


def test_the_notebook_has_words_before_every_step() -> None:
    cells = NOTEBOOK.read_text(encoding="utf-8").split("\n# %%")[1:]
    kinds = ["words" if cell.startswith(" [markdown]") else "code" for cell in cells]
    assert kinds == ["words", "code"] * (len(kinds) // 2) and len(kinds) >= 16


def test_the_notebook_runs(capsys: pytest.CaptureFixture[str]) -> None:
    found = runpy.run_path(str(NOTEBOOK))
    assert not [problem for problem in found["problems"] if problem.severity == "error"]
    difference = found["difference"]
    assert float(abs(difference.parts.sum(axis=0) - difference.total).max()) < 1e-9
    assert float(difference.total.mean()) < 0, "holding still was better than invading"
    said = capsys.readouterr().out
    assert r"\toprule" in said and "outcomes.svg" in said
