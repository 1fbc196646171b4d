"""The page on validation: its numbers against plain counting, and what it says of whom."""

from __future__ import annotations

import json

import numpy as np
import pytest

from blocs.fit.validate import Scores
from blocs.report.validation import (
    Tried,
    figures,
    interval,
    outcome_calibration,
    outcome_frequencies,
    stacked_out,
    stacking,
)
from blocs.report.validation_page import page

OUTCOMES: tuple[str, ...] = ("exit", "stay", "war")


def scores(case: str, theory: list[float], outcome: str, chances: tuple[float, float, float]) -> Scores:
    given = dict(zip(OUTCOMES, chances, strict=True))
    return Scores(
        case=case,
        theory=np.array(theory),
        uniform=np.full(len(theory), -np.log(2)),
        frequencies=np.full(len(theory), -0.5),
        outcome=outcome,
        outcome_probability=given[outcome],
        likeliest=max(given, key=lambda name: given[name]),
        offered=np.concatenate([[np.exp(x), 1 - np.exp(x)] for x in theory]),
        taken=np.array([True, False] * len(theory)),
        outcomes=given,
    )


HELD = (
    scores("one", [-0.1, -0.2], "exit", (0.7, 0.2, 0.1)),
    scores("two", [-0.9, -0.6], "stay", (0.5, 0.4, 0.1)),
    scores("three", [-0.3], "exit", (0.2, 0.3, 0.5)),
)


def result(theory: str = "ours") -> Tried:
    return Tried(theory, 3, 4.0, HELD, HELD, (0.01, 0.02, 0.03, 0.04), 1.0)


def test_outcome_frequencies_are_those_of_the_others():
    # the others of `one` are stay and exit; one half is added to each of three
    assert outcome_frequencies(HELD) == pytest.approx([1.5 / 3.5, 0.5 / 3.5, 1.5 / 3.5])


def test_stacking_finds_the_best_mixture():
    good, bad = np.log([0.9, 0.8, 0.7]), np.log([0.3, 0.2, 0.1])
    weights = stacking({"good": good, "bad": bad})
    assert weights["good"] == pytest.approx(1.0, abs=1e-6)
    # two who are each right half of the time: by symmetry one half each
    even = stacking({"a": np.log([0.8, 0.2]), "b": np.log([0.2, 0.8])})
    assert even["a"] == pytest.approx(0.5, abs=1e-6)
    # against a fine grid
    rng = np.random.default_rng(4)
    chances = rng.random((40, 2))
    grid = np.linspace(0, 1, 20_001)
    best = grid[np.argmax([np.log(w * chances[:, 0] + (1 - w) * chances[:, 1]).sum() for w in grid])]
    assert stacking({"a": np.log(chances[:, 0]), "b": np.log(chances[:, 1])})["a"] == pytest.approx(best, abs=1e-3)


def test_a_mixture_is_weighed_without_the_case_that_it_is_scored_on():
    # `a` is right in the first two cases and wrong in the third: for the third its weight is one
    right, wrong = np.log([0.9]), np.log([0.1])
    columns = {"a": [right, right, wrong], "b": [wrong, wrong, right]}
    found = stacked_out(columns)
    assert found[2][0] == pytest.approx(np.log(0.1), abs=1e-6)
    # for the first, one case speaks for each: by symmetry half and half
    assert found[0][0] == pytest.approx(np.log(0.5), abs=1e-6)


def test_the_interval_resamples_cases():
    assert interval(np.full(9, 2.0)) == (18.0, 18.0)
    low, high = interval(np.array([-1.0, 1.0] * 50))
    # a sum of a hundred signs has a standard deviation of ten
    assert low == pytest.approx(-19.6, abs=1.5) and high == pytest.approx(19.6, abs=1.5)


def test_every_outcome_of_every_case_is_an_event():
    curve = outcome_calibration(HELD)
    assert sum(one.count for one in curve) == 9
    assert sum(one.happened * one.count for one in curve) == pytest.approx(3)


def test_results_survive_the_disk():
    again = Tried.from_json(json.loads(json.dumps(result().to_json())))
    assert again.held_out[1].rank == 2 and again.held_out[2].likeliest == "war"
    assert again.seen[0].theory == pytest.approx(HELD[0].theory) and again.left == result().left


def test_the_page_counts_and_names_the_failures():
    rival = Tried("rival", 2, 4.0, HELD, tuple(reversed(HELD[::-1])), (0.0,) * 4, 1.0)
    text = page([result(), rival], {"intro": "Intro.", "reading": "Reading.", "limits": "Limits."}, {"two": "Because."})
    assert "| `ours` | 3 | -2.1 | -2.1 |" in text
    assert "2 of 3" in text  # decisions better than frequencies in `one` and `three`
    failures = text.split("## Failures, case by case")[1].split("## Limits")[0]
    assert "**`one`**" not in failures
    assert (
        "**`two`**: stay came in place 2 (0.40); decisions 0.5 worse than the others' frequencies. Because." in failures
    )
    assert "**`three`**: exit came in place 3 (0.20)." in failures
    for word in ("Intro.", "Reading.", "Limits.", "1.00", "option frequencies"):
        assert word in text
    assert "`rival`, case by case" not in text
    words = {"intro": "Intro.", "reading": "Reading.", "limits": "Limits.", "rival": "Of the rival."}
    own = page([result(), rival], words, {}).split("## `rival`, case by case")[1].split("\n## ")[0]
    assert "Of the rival." in own and "| `two` |" in own


def test_there_is_a_picture_of_decisions_and_one_of_outcomes():
    drawn = figures(result())
    assert set(drawn) == {"validation-decisions.svg", "validation-outcomes.svg"}
    assert drawn["validation-outcomes.svg"].axes[0].get_xlabel() == "forecast probability of an outcome"
