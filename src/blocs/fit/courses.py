"""All codings of a history that its confidences leave open, as one graph over places in the game.

An event coded with confidence c happened with probability c; otherwise its role held. Each way of deciding every
doubtful event is a coding. Codings that come to the same node at the same place are carried on together, so that twenty
doubtful events cost no more than a few nodes per place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from blocs.errors import InputError
from blocs.game.game import Game
from blocs.game.history import HOLD, History, find_option, lay_out


@dataclass(frozen=True)
class Link:
    """One choice that some coding contains.

    Parameters
    ----------
    source, target : int
        Numbers of the points that it joins.
    step, stage, node, arc, branch : int
        Where it lies in the game.
    open : bool
        Whether the node has more than one legal option.
    chance : bool
        Whether the result was left to chance.
    log_weight : float
        Logarithm of the confidence in this coding of the event (zero where there is no doubt).
    """

    source: int
    target: int
    step: int
    stage: int
    node: int
    arc: int
    branch: int
    open: bool
    chance: bool
    log_weight: float


@dataclass(frozen=True)
class Courses:
    """The links of all codings in order of play; point 0 is the start and `ends` are where codings end.

    `doubtful` counts events with a confidence below one.
    """

    links: tuple[Link, ...]
    points: int
    ends: tuple[int, ...]
    doubtful: int


def lay_courses(game: Game) -> Courses:
    """Lay all codings of a case's history on its game.

    Raises
    ------
    InputError
        The history is illegal as coded (see `blocs.game.history.lay_out`).
    """
    if game.case is None:
        raise InputError("a theory on its own has no history")
    history = lay_out(game)
    coded = _coded(game, history)
    graph, names = game.graph, game.option_names
    links: list[Link] = []
    # points at the current place: node (or ended row) -> number
    here: dict[int, int] = {graph.start: 0}
    count, ends = 1, []
    for step in range(graph.steps):
        for stage in range(graph.stages):
            there: dict[int, int] = {}
            for row, point in here.items():
                if row >= graph.nodes:
                    # ended: it stays where it is, unless something certain still happens
                    if coded.get((step, stage), (0, -1, 0.0))[2] < 1.0:
                        there[row] = point
                    continue
                for arc, branch, weight in _ways(game, row, coded.get((step, stage)), names):
                    target = int(graph.branch_next[branch])
                    carry = target - graph.nodes - graph.ends
                    key = carry if carry >= 0 and step + 1 < graph.steps else target
                    if key not in there:
                        there[key] = count
                        count += 1
                    arcs, branches = graph.arcs_of(row), graph.branches_of(arc)
                    links.append(
                        Link(
                            point,
                            there[key],
                            step,
                            stage,
                            row,
                            arc,
                            branch,
                            len(arcs) > 1,
                            len(branches) > 1,
                            float(np.log(weight)),
                        )
                    )
            here = there
    ends = tuple(here.values())
    doubtful = sum(0.0 < event.confidence < 1.0 for event in game.case.history)
    return Courses(tuple(links), count, ends, doubtful)


def _coded(game: Game, history: History) -> dict[tuple[int, int], tuple[int, int, float]]:
    """Return option, result and confidence of the event at each step and stage."""
    assert game.case is not None
    found = {}
    for event in game.case.history:
        option = find_option(game, event.role, event.option, event.stage)
        assert option is not None  # `lay_out` has told of unknown options
        results = game.layout.options[option][1].results
        result = results.index(event.result) if event.result in results else 0
        step = game.case.calendar.index(event.date)
        found[(step, game.option_stages[option])] = (option, result, float(event.confidence))
    return found


def _ways(
    game: Game, node: int, event: tuple[int, int, float] | None, names: tuple[str, ...]
) -> list[tuple[int, int, float]]:
    """Return the ways on from a node: arc, branch and weight of each."""
    graph = game.graph
    options = {int(graph.arc_option[arc]): arc for arc in graph.arcs_of(node)}
    held = next((arc for option, arc in options.items() if names[option] == HOLD), None)
    if held is None and len(options) == 1:
        held = next(iter(options.values()))
    ways = []
    if event is None:
        return [(held, graph.branches_of(held)[0], 1.0)] if held is not None else []
    option, result, confidence = event
    if option in options and confidence > 0:
        arc = options[option]
        ways.append((arc, graph.branches_of(arc)[result], confidence))
    if confidence < 1 and held is not None:
        ways.append((held, graph.branches_of(held)[0], 1.0 - confidence))
    return ways
