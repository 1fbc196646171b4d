"""People's precisions from games that they played: how sharply they tell better from worse options.

A played game holds choices of people and of solved players. Only what people chose counts, holding on until something
changes included; what solved players drew, what the clock did and what chance brought says nothing of anybody's
precision. All parameters but the precisions stay where the solved players of a table have them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem, nearest
from blocs.fit.courses import Courses, Link
from blocs.fit.likelihood import HistoryLikelihood
from blocs.fit.problem import FitProblem
from blocs.game.game import Game, compile_game
from blocs.game.stepping import change_state, step_on
from blocs.language.case import Case
from blocs.language.formulas import names, parse
from blocs.language.identity import content_hash
from blocs.language.plays import PlayRecord
from blocs.language.priors import Fixed
from blocs.solve.draws import medians

CHOSEN = ("person", "standing")


@dataclass(frozen=True)
class Plays:
    """Played games of one case, laid on its game.

    Attributes
    ----------
    problem : FitProblem
        Of the precisions alone.
    likelihood : HistoryLikelihood
        Of the people's choices.
    precisions : dict from parameter to tuple of str
        What is fitted, and whose precision it is.
    solved : dict from parameter to float
        The precisions of the solved players.
    choices : dict from role to int
        How many choices of people each role has.
    uniform : float
        Log-probability of a choice by blind chance, on average.
    games : int
    """

    problem: FitProblem
    likelihood: HistoryLikelihood = field(repr=False)
    precisions: dict[str, tuple[str, ...]]
    solved: dict[str, float]
    choices: dict[str, int]
    uniform: float
    games: int

    def score(self, values: dict[str, Any]) -> float:
        """Return the mean log-probability of a choice at parameter values."""
        return float(self.likelihood.value(values)[0]) / sum(self.choices.values())


def lay_plays(case: Case, records: Sequence[PlayRecord]) -> Plays:
    """Lay played games on the game of their case.

    Parameters
    ----------
    case : Case
    records : sequence of PlayRecord

    Raises
    ------
    InputError
        A play is of another case or version, holds a move that is not legal where it stands, or nobody chose anything.
    """
    wanted = content_hash(case)
    problems = [
        Problem(f"play {number} is of another case, or of another version of it", path="case_hash")
        for number, one in enumerate(records, 1)
        if one.case_hash != wanted
    ]
    if problems:
        raise InputError(problems)
    played = frozenset(move.role for one in records for move in one.moves if move.by in CHOSEN)
    precisions = _precisions(case, played)
    if not precisions:
        raise InputError("nobody chose anything in these plays, or the theory leaves no precision free")
    centre = {name: float(np.asarray(value).flat[0]) for name, value in medians(compile_game(case)).values.items()}
    game = compile_game(_with_only(case, precisions, centre))
    links: list[Link] = []
    choices: dict[str, int] = {}
    blind = 0.0
    for record in records:
        blind += _walk(game, record, links, choices)
    if not choices:
        raise InputError("people had nothing to choose in these plays")
    likelihood = HistoryLikelihood(game, Courses(tuple(links), len(links) + 1, (len(links),), 0))
    own = {name: centre[name] for name in precisions}
    blind /= sum(choices.values())
    return Plays(FitProblem([likelihood]), likelihood, precisions, own, choices, blind, len(records))


def _walk(game: Game, record: PlayRecord, links: list[Link], choices: dict[str, int]) -> float:
    """Add the moves of a play to a chain of links; return the log-probability of its choices by blind chance."""
    graph, blind = game.graph, 0.0
    row, outcome = graph.start, None
    waiting = sorted(record.events, key=lambda one: one.place)
    for place, move in enumerate(record.moves):
        where = f"moves[{place}]"
        if move.place != place or outcome is not None or place >= graph.steps * graph.stages:
            raise InputError(Problem("the moves of a play follow each other without a gap until it ends", path=where))
        while waiting and waiting[0].place <= place:
            row, _ = change_state(game, place, row, waiting.pop(0).set)
        step, stage = divmod(place, graph.stages)
        arcs = graph.arcs_of(row)
        offered = {game.option_names[int(graph.arc_option[arc])]: arc for arc in arcs}
        if move.option not in offered:
            hint = nearest(move.option, offered)
            raise InputError(Problem(f"`{move.option}` is not legal in {move.date}", path=where, hint=hint))
        arc = offered[move.option]
        results = game.layout.options[int(graph.arc_option[arc])][1].results
        if move.result not in results:
            hint = nearest(move.result, results)
            raise InputError(Problem(f"`{move.option}` has no result `{move.result}`", path=where, hint=hint))
        branch = graph.branches_of(arc)[results.index(move.result)]
        counts = move.by in CHOSEN and len(arcs) > 1
        if counts:
            role = game.roles[int(graph.stage_role[stage])]
            choices[role] = choices.get(role, 0) + 1
            blind -= float(np.log(len(arcs)))
        links.append(Link(len(links), len(links) + 1, step, stage, row, arc, branch, counts, False, 0.0))
        row, _, outcome = step_on(game, place, branch)
    if outcome != record.outcome:
        raise InputError(Problem(f"the moves lead to `{outcome}`, not to `{record.outcome}`", path="outcome"))
    return blind


def _precisions(case: Case, roles: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """Return the free parameters in the precisions of roles, and whose they are."""
    theory = case.theory_spec
    found: dict[str, tuple[str, ...]] = {}
    for role, text in theory.play.precision.items():
        if role not in roles:
            continue
        for name in _mentioned(case, str(text)):
            if name in theory.parameters and theory.parameters[name].prior.free:
                found[name] = (*found.get(name, ()), role)
    return found


def _mentioned(case: Case, text: str) -> set[str]:
    define = case.theory_spec.define
    found, open_ = set(), {text}
    while open_:
        mentioned = names(parse(open_.pop())) - found
        found |= mentioned
        open_ |= {str(define[name]) for name in mentioned if name in define}
    return found


def _with_only(case: Case, free: dict[str, tuple[str, ...]], centre: dict[str, float]) -> Case:
    """Return the case with every parameter held at its central value but those in `free`."""
    theory = case.theory_spec
    parameters = {
        name: spec if name in free else spec.model_copy(update={"prior": Fixed(centre[name])})
        for name, spec in theory.parameters.items()
    }
    new = case.model_copy()
    new._theory_spec = theory.model_copy(update={"parameters": parameters})
    return new


def at(problem: FitProblem, values: dict[str, float]) -> dict[str, NDArray[np.float64]]:
    """Return values of all parameters: those given, and the held ones."""
    return {name: np.array([value]) for name, value in {**problem.held, **values}.items()}
