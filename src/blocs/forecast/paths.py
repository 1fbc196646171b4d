"""Courses of play: survival curves, the likeliest way to each outcome, and single histories told in sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.forecast.outcomes import Forecast, ScoredDecision
from blocs.forecast.solution import Solution, step_labels
from blocs.game.game import Game
from blocs.solve.draws import Draws
from blocs.solve.sequential import Pass, backward

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

MOST_PATHS = 10


@dataclass(frozen=True)
class Move:
    """One option taken on a course of play, `hold` left out; `result` where chance decided."""

    date: str
    role: str
    stage: str
    option: str
    result: str
    sentence: str

    def to_json(self) -> dict[str, str]:
        """Return plain values."""
        return {
            "date": self.date,
            "role": self.role,
            "stage": self.stage,
            "option": self.option,
            "result": self.result,
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class Course:
    """One course of play from start to end.

    Attributes
    ----------
    moves : tuple of Move
    outcome : str
    probability : float
        Of exactly this course, at the draw for which it was found.
    ended : str or None
        Date at which the crisis ended; None if it was open after the last step.
    types : mapping from role to type
        Of the roles that have private types: what they were, which the others did not know.
    """

    moves: tuple[Move, ...]
    outcome: str
    probability: float
    ended: str | None
    types: Mapping[str, str] = field(default_factory=dict)

    def tell(self) -> str:
        """Return the course as plain sentences, one line per date."""
        lines: dict[str, list[str]] = {}
        for move in self.moves:
            lines.setdefault(move.date, []).append(move.sentence)
        secret = [
            f"What nobody else knew: the {role} was {name.replace('_', ' ')}." for role, name in self.types.items()
        ]
        said = secret + [f"{date}: {' '.join(sentences)}" for date, sentences in lines.items()]
        end = f"It ended in {self.ended}: {self.outcome}." if self.ended else f"In the end: {self.outcome}."
        return "\n".join([*said, end])

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "outcome": self.outcome,
            "probability": self.probability,
            "ended": self.ended,
            "moves": [move.to_json() for move in self.moves],
            **({"types": dict(self.types)} if self.types else {}),
        }


def survival(solution: Solution) -> pd.DataFrame:
    """Return, by date, the mean probability that each outcome has not come yet; the column ``open`` is that none has.

    Outcomes that only name the state after the last step stay at one until then.
    """
    import pandas as pd

    ended = solution.ended.mean(axis=2)
    frame = pd.DataFrame(
        1.0 - np.cumsum(ended, axis=0),
        index=pd.Index(step_labels(solution.game), name="date"),
        columns=pd.Index(solution.game.outcomes, name="outcome"),
    )
    frame["open"] = 1.0 - np.cumsum(ended.sum(axis=1))
    return frame


def options_by_date(solution: Solution) -> pd.DataFrame:
    """Return the mean probability that each option is taken in each step: options down, dates across."""
    import pandas as pd

    game = solution.game
    labels = [f"{game.plan.stages[k].name}: {plan.name}" for k, plan in game.layout.options]
    return pd.DataFrame(
        solution.taken.mean(axis=2).T,
        index=pd.Index(labels, name="option"),
        columns=pd.Index(step_labels(game), name="date"),
    )


def first_departure(forecast: Forecast) -> ScoredDecision | None:
    """Return the first decision of the real history at which something else was likelier; None if there is none."""
    if forecast.history is None:
        return None
    return next((one for one in forecast.history.decisions if one.option != one.likeliest), None)


def likeliest_paths(game: Game, draws: Draws, threads: int = 0) -> list[Course]:
    """Return the likeliest course of play to each outcome, the likeliest of them first, at most ten.

    Parameters
    ----------
    game : Game
    draws : Draws
        The first draw is used: pass the prior medians.
    threads : int

    Notes
    -----
    Dynamic programming on products of probabilities (Viterbi 1967), exact.
    """
    one = draws.part(0, 1)
    done = backward(game, game.tables(one.values, game.columns(), 1), threads=threads)
    best = _best_products(game, done)
    courses = []
    for outcome in range(len(game.outcomes)):
        if best[0][0, outcome] > 0:
            courses.append(_trace(game, done, best, outcome))
    return sorted(courses, key=lambda course: -course.probability)[:MOST_PATHS]


def _best_products(game: Game, done: Pass) -> list[Floats]:
    """Return for each step the largest product of probabilities from each row to each outcome; (row, outcome)."""
    graph = game.graph
    outcomes = len(game.outcomes)
    final = np.zeros((graph.ends + graph.first_stage, outcomes))
    order = np.concatenate([np.arange(graph.first_stage, len(graph.outcome)), np.arange(graph.first_stage)])
    known = graph.outcome[order] >= 0
    final[np.flatnonzero(known), graph.outcome[order][known]] = 1.0
    steps: list[Floats] = [np.zeros((0, 0))] * graph.steps
    after = final[graph.ends :]
    for t in range(graph.steps - 1, -1, -1):
        rows = np.zeros((graph.slots, outcomes))
        rows[graph.nodes : graph.nodes + graph.ends] = final[: graph.ends]
        rows[graph.nodes + graph.ends :] = after
        for k in range(graph.stages - 1, -1, -1):
            low, count = int(graph.node_ptr[k]), int(graph.active[t, k])
            if count:
                rows[low : low + count] = np.maximum.reduceat(
                    _arc_products(game, done, rows, t, k), graph.arc_ptr[low : low + count] - graph.arc_ptr[low], axis=0
                )
        steps[t] = rows
        after = rows[: graph.first_stage]
    return steps


def _arc_products(game: Game, done: Pass, rows: Floats, t: int, k: int) -> Floats:
    graph = game.graph
    low, count = int(graph.node_ptr[k]), int(graph.active[t, k])
    arcs = slice(int(graph.arc_ptr[low]), int(graph.arc_ptr[low + count]))
    branches = slice(int(graph.branch_ptr[arcs.start]), int(graph.branch_ptr[arcs.stop]))
    p = done.tables.probability[graph.branch_row[branches], 0][:, None]
    products = np.maximum.reduceat(
        p * rows[graph.branch_next[branches]], graph.branch_ptr[arcs.start : arcs.stop] - branches.start, axis=0
    )
    at = int(done.sigma_at[t, k])
    return products * done.sigma[at : at + arcs.stop - arcs.start, 0][:, None]


def _trace(game: Game, done: Pass, best: list[Floats], outcome: int) -> Course:
    """Follow the arcs and branches that reach the largest product for one outcome."""
    graph = game.graph
    node, taken = graph.start, []
    for t in range(graph.steps):
        rows = best[t]
        for k in range(graph.stages):
            if node >= graph.nodes:
                break
            first = int(graph.arc_ptr[graph.node_ptr[k]])
            top, choice = -1.0, (0, 0)
            for arc in graph.arcs_of(node):
                share = done.sigma[int(done.sigma_at[t, k]) + arc - first, 0]
                for b in graph.branches_of(arc):
                    product = (
                        share * done.tables.probability[graph.branch_row[b], 0] * rows[graph.branch_next[b], outcome]
                    )
                    if product > top:
                        top, choice = float(product), (arc, b)
            taken.append((t, k, *choice))
            node = int(graph.branch_next[choice[1]])
        if graph.nodes <= node < graph.nodes + graph.ends:
            break
        node -= graph.nodes + graph.ends if t + 1 < graph.steps else 0
    return _course(game, taken, node, float(best[0][0, outcome]))


def sample_courses(game: Game, draws: Draws, count: int, seed: int, threads: int = 0) -> list[Course]:
    """Play the game out by its equilibrium choices.

    Parameters
    ----------
    game : Game
    draws : Draws
        The first draw is used.
    count : int
        Number of courses.
    seed : int

    Returns
    -------
    list of Course
    """
    if game.plan.types:
        return _sample_typed(game, draws, count, seed)
    graph = game.graph
    done = backward(game, game.tables(draws.part(0, 1).values, game.columns(), 1), threads=threads)
    places = graph.steps * graph.stages
    arcs, branches, last = play_out(game, done, 0, np.random.default_rng(seed).random((count, places, 2)))
    courses = []
    for path in range(count):
        taken, probability = [], 1.0
        for place in range(places):
            arc, b = int(arcs[path, place]), int(branches[path, place])
            if arc < 0:
                break
            t, k = divmod(place, graph.stages)
            first = int(graph.arc_ptr[graph.node_ptr[k]])
            probability *= float(done.sigma[int(done.sigma_at[t, k]) + arc - first, 0])
            probability *= float(done.tables.probability[graph.branch_row[b], 0])
            taken.append((t, k, arc, b))
        courses.append(_course(game, taken, int(last[path]), probability))
    return courses


def play_out(
    game: Game, done: Pass, draw: int, uniforms: Floats
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Play a solved game out once per row of uniform random numbers.

    Parameters
    ----------
    game : Game
    done : Pass
    draw : int
        Which of its draws.
    uniforms : float64 array (course, step x stage, 2)
        One number for the choice and one for chance at each place.

    Returns
    -------
    arcs, branches : int32 arrays (course, step x stage)
        What was taken and what followed; -1 after the end.
    last : int32 array (course,)
        Row that each course ended in.
    """
    from blocs.game.forward import sample

    graph = game.graph
    arcs = np.full(uniforms.shape[:2], -1, dtype=np.int32)
    branches = np.full(uniforms.shape[:2], -1, dtype=np.int32)
    last = sample(
        graph.steps,
        graph.node_ptr,
        graph.arc_ptr,
        graph.branch_ptr,
        graph.branch_next,
        graph.branch_row,
        done.tables.probability,
        done.sigma,
        done.sigma_at,
        draw,
        uniforms,
        graph.ends,
        arcs,
        branches,
    )
    return arcs, branches, last


def outcome_numbers(game: Game, last: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the number of the outcome of each row that a course ended in; -1 for none that is named."""
    graph = game.graph
    ended = (last >= graph.nodes) & (last < graph.nodes + graph.ends)
    return graph.outcome[np.where(ended, graph.first_stage + last - graph.nodes, last - graph.nodes - graph.ends)]


def _sample_typed(game: Game, draws: Draws, count: int, seed: int) -> list[Course]:
    """Play out a game with private types; each course tells which types played it."""
    from blocs.game.types import typed_columns, typed_tables
    from blocs.solve.private import private_solver

    tables = typed_tables(game, draws.part(0, 1).values, typed_columns(game), 1)
    courses = []
    for one in private_solver(game).sample(tables, 0, count, seed):
        kinds = {
            game.roles[types.role]: types.types[i].name for types, i in zip(game.plan.types, one.types, strict=True)
        }
        courses.append(replace(_course(game, one.moves, one.last, one.probability), types=kinds))
    return courses


def _course(game: Game, taken: list[tuple[int, int, int, int]], last: int, probability: float) -> Course:
    graph, labels, names = game.graph, step_labels(game), game.option_names
    moves = []
    for t, k, arc, b in taken:
        option = int(graph.arc_option[arc])
        if names[option] == "hold" and len(graph.branches_of(arc)) == 1:
            continue
        plan = game.layout.options[option][1]
        result = plan.results[b - int(graph.branch_ptr[arc])]
        role = game.roles[int(graph.stage_role[k])]
        stage = game.plan.stages[k].name
        moves.append(Move(labels[t], role, stage, names[option], result, sentence_of(game, option, result)))
    has_ended = graph.nodes <= last < graph.nodes + graph.ends
    number = int(outcome_numbers(game, np.array([last], dtype=np.int32))[0])
    outcome = game.outcomes[number] if number >= 0 else "no named outcome"
    return Course(tuple(moves), outcome, probability, labels[taken[-1][0]] if has_ended else None)


def sentence_of(game: Game, number: int, result: str = "") -> str:
    """Say a move in a sentence, from the theory's words with the case's actors in place of its roles."""
    stage, plan = game.layout.options[number]
    role, option = game.roles[game.plan.stages[stage].role], plan.name
    actors = {
        name: with_article(game.case.roles[name].actor) if game.case and name in game.case.roles else f"the {name}"
        for name in game.roles
    }
    text = game.option_spec(number).text
    if not text:
        text = "{" + role + "}: " + option.replace("_", " ") + (" ({result})." if result else ".")
    words = {**actors, "result": result}
    said = re.sub(r"\{(\w+)\}", lambda found: words.get(found.group(1), found.group(0)), text)
    return said[:1].upper() + said[1:]


def with_article(actor: str) -> str:
    """Return a state's name as it stands inside a sentence: ``the Soviet Union``, ``Albania``."""
    kinds = ("Union", "States", "Republic", "Kingdom", "Federation")
    return f"the {actor}" if any(kind in actor.split() for kind in kinds) else actor
