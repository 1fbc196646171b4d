"""Runs and reports in which moves are forced."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest

import blocs
from blocs.cli import main
from blocs.errors import InputError
from blocs.forecast.compare import compare
from blocs.forecast.tornado import tornado
from blocs.forecast.whatif import WhatIf
from blocs.report.findings import Findings
from blocs.report.html.page import render

MOVES = ("1960-02 client defy", "1960-04 patron invade")


@pytest.fixture(scope="module")
def forced(quarrel_case: Path) -> Findings:
    run = blocs.run(blocs.load(quarrel_case), draws=8, threads=1, force=MOVES)
    return Findings(run, "blocs run small", threads=1)


def words_of(page: str) -> str:
    plain = re.sub(r"<(style|script|svg).*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", plain)).split())


def test_a_run_with_forced_moves_is_the_alternative_with_them(quarrel_case: Path, forced: Findings) -> None:
    case = blocs.load(quarrel_case)
    (other,) = compare(case, [WhatIf("x", force=MOVES)], draws=8, threads=1).alternatives
    np.testing.assert_array_equal(forced.run.forecast.solution.outcome_draws(), other.solution.outcome_draws())
    assert forced.run.carried_out == dict(other.carried_out)
    # an invasion ends the crisis wherever it is made
    ended = forced.run.forecast.outcomes
    assert ended["crushed"].mean + ended["repelled"].mean >= forced.run.carried_out[MOVES[1]] - 1e-12 > 0.0
    assert forced.history is None and forced.run.to_json()["forced"] == forced.run.carried_out


def test_inputs_are_moved_with_the_moves_forced(forced: Findings) -> None:
    # the middle of the bars is the solution at the centre
    centre = {name: spread.mean for name, spread in forced.run.default.outcomes.items()}
    assert dict(forced.tornado.base) == pytest.approx(centre, abs=1e-12)
    free = tornado(forced.run.game, threads=1).base
    assert max(abs(free[name] - centre[name]) for name in centre) > 0.01
    assert forced.outcome_in_question in forced.run.game.outcomes


def test_the_page_tells_the_forced_moves_and_what_they_changed(forced: Findings) -> None:
    said = words_of(render(forced))
    assert "With “1960-02 client defy” and “1960-04 patron invade” forced, the likeliest end is" in said
    assert "Each of the 2 forced moves was legal, and so made, with a probability of" in said
    assert said.count("Moves were forced, so that the real course is not followed") == 3
    assert "No history is coded" not in said
    assert "With the forced moves" in said and "in which nothing is forced" in said
    assert forced.comparison is not None
    first = forced.comparison.alternatives[0]
    np.testing.assert_array_equal(first.solution.outcome_draws(), forced.run.forecast.solution.outcome_draws())


def test_alternatives_of_ones_own_are_told_instead_of_those_of_the_case(quarrel_case: Path) -> None:
    run = blocs.run(blocs.load(quarrel_case), draws=4, threads=1)
    asked = [WhatIf("late <b>", "Help <i>late</i>", force=("1960-03 rival hold",))]
    page = render(Findings(run, threads=1, asked=asked))
    assert "<i>late</i>" not in page and "Help <i>late</i>" in words_of(page)
    assert "The forced move “1960-03 rival hold” was legal, and so made, with probability" in words_of(page)


def test_from_the_command_line(quarrel_case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "new" / "page.html"
    case = str(quarrel_case)
    assert main(["run", case, "--draws", "2", "--force", MOVES[0], "--report", str(report)]) == 0
    shown = capsys.readouterr().out
    assert "The forced move “1960-02 client defy” was legal" in shown and "not scored" in shown
    assert f"--force '{MOVES[0]}'" in shown and f"--force '{MOVES[0]}'" in words_of(report.read_text(encoding="utf-8"))
    assert main(["compare", case, "--draws", "2", "--name", "mine", "--force", MOVES[0], "--report", str(report)]) == 0
    said = words_of(report.read_text(encoding="utf-8"))
    assert "blocs compare" in said and "--name mine --force '1960-02 client defy'" in said
    assert "What was done, over how likely it was" in said, "the case itself is told as it was, with its history"
    capsys.readouterr()
    assert main(["run", case, "--force", "1960-02 client dfy", "--force", "1970-01 patron hold"]) == 1
    told = capsys.readouterr().err
    assert "did you mean `defy`?" in told and "1970-01" in told


def test_moves_that_contradict_are_refused(quarrel_case: Path) -> None:
    with pytest.raises(InputError, match="contradicts"):
        blocs.run(blocs.load(quarrel_case), draws=2, force=("1960-02 client hold", "1960-02 client defy"))
