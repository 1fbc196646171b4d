"""Courses of play against enumeration of all of them, survival curves against sums, and sentences."""

from __future__ import annotations

import numpy as np
import pytest

import blocs
from blocs.forecast.paths import (
    first_departure,
    likeliest_paths,
    options_by_date,
    sample_courses,
    sentence_of,
    survival,
    with_article,
)
from blocs.game.game import Game
from blocs.language.case import Case
from blocs.solve.draws import medians
from blocs.solve.sequential import Pass, backward


def every_course(game: Game, done: Pass) -> dict[tuple[int, ...], tuple[str, float]]:
    """Enumerate all courses by walking the graph: branches taken -> (outcome, probability)."""
    graph = game.graph
    found: dict[tuple[int, ...], tuple[str, float]] = {}

    def walk(step: int, stage: int, node: int, probability: float, taken: tuple[int, ...]) -> None:
        if graph.nodes <= node < graph.nodes + graph.ends:
            found[taken] = (game.outcomes[graph.outcome[graph.first_stage + node - graph.nodes]], probability)
            return
        if node >= graph.nodes + graph.ends:
            node -= graph.nodes + graph.ends
            step, stage = step + 1, 0
            if step == graph.steps:
                found[taken] = (game.outcomes[graph.outcome[node]], probability)
                return
        first = int(graph.arc_ptr[graph.node_ptr[stage]])
        for arc in graph.arcs_of(node):
            share = done.sigma[int(done.sigma_at[step, stage]) + arc - first, 0]
            for branch in graph.branches_of(arc):
                p = share * done.tables.probability[graph.branch_row[branch], 0]
                walk(step, stage + 1, int(graph.branch_next[branch]), probability * p, (*taken, branch))

    walk(0, 0, graph.start, 1.0, ())
    return found


def test_likeliest_course_to_each_outcome(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    done = backward(game, game.tables(medians(game).values, game.columns(), 1))
    courses = every_course(game, done)
    assert sum(p for _, p in courses.values()) == pytest.approx(1, abs=1e-12)
    best: dict[str, float] = {}
    for outcome, p in courses.values():
        best[outcome] = max(best.get(outcome, 0.0), p)
    found = likeliest_paths(game, medians(game))
    assert {course.outcome: pytest.approx(course.probability, rel=1e-12) for course in found} == best
    assert [c.probability for c in found] == sorted((c.probability for c in found), reverse=True)


def test_sampled_courses_follow_the_forecast(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    forecast = blocs.solve(game, None).forecast().outcomes
    courses = sample_courses(game, medians(game), 4000, 11)
    for name, spread in forecast.items():
        share = np.mean([course.outcome == name for course in courses])
        # five standard errors
        assert share == pytest.approx(spread.mean, abs=5 * np.sqrt(spread.mean * (1 - spread.mean) / 4000) + 1e-9)
    again = sample_courses(game, medians(game), 5, 11)
    assert [course.to_json() for course in again] == [
        course.to_json() for course in sample_courses(game, medians(game), 5, 11)
    ]


def test_survival_and_options_by_date(quarrel: Case) -> None:
    solution = blocs.solve(blocs.compile(quarrel), 8)
    curve = survival(solution)
    assert (curve.diff().dropna() <= 1e-15).all().all()
    left = 1 - solution.ended.sum(axis=(0, 1)).mean()
    assert curve["open"].iloc[-1] == pytest.approx(left, abs=1e-12)
    table = options_by_date(solution)
    # each stage takes exactly one option while the crisis is open
    line = table.loc[[name for name in table.index if name.startswith("line of the client")]].sum()
    assert line.iloc[0] == pytest.approx(1, abs=1e-12)
    assert line.to_numpy()[1:] == pytest.approx(curve["open"].to_numpy()[:-1], abs=1e-12)


def test_telling(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    text = sample_courses(game, medians(game), 1, 0)[0].tell()
    assert "In the end:" in text or "It ended in" in text
    assert sentence_of(game, game.option_names.index("intervene"), "fails") == "A: intervene (fails)."
    assert with_article("Soviet Union") == "the Soviet Union" and with_article("Albania") == "Albania"


def test_first_departure(quarrel: Case) -> None:
    forecast = blocs.solve(blocs.compile(quarrel), None).forecast()
    left = first_departure(forecast)
    assert forecast.history is not None
    before = []
    for decision in forecast.history.decisions:
        if decision is left:
            break
        before.append(decision)
    assert all(decision.option == decision.likeliest for decision in before)
    assert left is None or left.option != left.likeliest
