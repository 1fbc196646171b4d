"""A case that is solved again and again while somebody turns its knobs: compiled graphs are kept, one draw is solved.

What a knob changes decides what has to be done anew. A parameter, or a fact that only payoffs and probabilities ask
for, changes tables: one backward and one forward pass. A fact that decides what is legal, a start value or an option
taken away changes the graph, which is compiled once and kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError
from blocs.forecast.evaluating import check_sums
from blocs.forecast.inputs import Input, inputs_of
from blocs.forecast.solving import choice_probabilities, follow
from blocs.forecast.whatif import WhatIf, read_what_if
from blocs.game.change import changed
from blocs.game.game import Game, compile_game
from blocs.game.history import History, lay_out
from blocs.language.case import Case
from blocs.solve.draws import Draws, medians
from blocs.solve.sequential import Restriction, Room, backward

Floats = NDArray[np.float64]

# one graph of the largest shipped case takes about 10 MB with what it is made from
MOST_GRAPHS = 12


@dataclass(frozen=True)
class Prepared:
    """Circumstances ready to be solved.

    Attributes
    ----------
    game : Game
    draws : Draws
        One draw: the central one, with the settings put in.
    restrictions : tuple of Restriction
    settings : mapping from name to number
        What `draws` hold at a value of their own.
    """

    game: Game
    draws: Draws
    restrictions: tuple[Restriction, ...]
    settings: Mapping[str, float]


@dataclass(frozen=True)
class Glance:
    """The solution at one draw, as a picture needs it.

    Attributes
    ----------
    game : Game
    taken : float64 array (step, option)
        Probability that each option is taken in each step.
    ended : float64 array (step, outcome)
        Probability that the crisis ends in the step with the outcome.
    left : float64 array (outcome,)
        Probability that it is still open after the last step, by outcome.
    history : History or None
        The real course; None where it is not legal under these circumstances.
    choices : tuple of float64 arrays (legal option,)
        Choice probabilities at each decision of the real course.
    probability_sum : float
        Of all outcomes: the check of every such solution.
    """

    game: Game
    taken: Floats = field(repr=False)
    ended: Floats = field(repr=False)
    left: Floats = field(repr=False)
    history: History | None = field(repr=False)
    choices: tuple[Floats, ...] = field(repr=False)
    probability_sum: float

    @property
    def outcomes(self) -> dict[str, float]:
        """Probability of each outcome."""
        total = self.ended.sum(axis=0) + self.left
        return dict(zip(self.game.outcomes, total.tolist(), strict=True))

    @property
    def likeliest(self) -> str:
        """The outcome with the highest probability."""
        return max(self.outcomes, key=lambda name: self.outcomes[name])


@dataclass(frozen=True)
class _Shape:
    """What decides who can move from which state to which."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    start: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()

    @property
    def key(self) -> Any:
        """The same for circumstances with the same graph."""
        return (tuple(sorted(self.facts.items())), tuple(sorted(self.start.items())), tuple(sorted(self.without)))


class LiveCase:
    """A case kept ready to be solved under any circumstances; safe to use from several threads.

    Parameters
    ----------
    case : Case
    name : str
        By which it is asked for, where several are kept; the case's own where it is empty.
    most_graphs : int
        How many compiled graphs are kept; the one that was not used for longest goes first.
    """

    def __init__(self, case: Case, name: str = "", most_graphs: int = MOST_GRAPHS) -> None:
        if case.theory_spec.types:
            raise InputError(f"the case {case.case} has private types, which take longer to solve; use `blocs run`")
        self.case = case
        self.name = name or case.case
        self.game = compile_game(case)
        self.centre = medians(self.game)
        self.inputs: dict[str, Input] = {one.name: one for one in inputs_of(self.game)}
        self._most = most_graphs
        self._lock = threading.Lock()
        self._games: OrderedDict[Any, tuple[Game, History | None]] = OrderedDict()
        self._games[_Shape().key] = (self.game, _history(self.game))

    def prepare(self, what_if: WhatIf) -> Prepared:
        """Return the game under other circumstances, compiled if it is not at hand, and the draw to solve it at.

        Raises
        ------
        InputError
            Unknown names, values that do not fit, forced moves that contradict or are never legal.
        """

        def compiled() -> tuple[Game, Collection[str]]:
            shape = self._shape(what_if)
            return self._shaped(shape)[0], shape.facts

        game, settings, forced = read_what_if(self.case.theory_spec, what_if, compiled, lambda: self.game)
        values = {name: value for name, value in self.centre.values.items() if name not in game.plan.fixed_facts}
        values.update({name: np.array([value]) for name, value in settings.items()})
        draws = Draws(values, None, self.centre.origin, 1)
        return Prepared(game, draws, tuple(one for force in forced for one in force.restrictions), settings)

    def glance(self, what_if: WhatIf, *, threads: int = 1, room: Room | None = None) -> Glance:
        """Solve at the central draw under other circumstances.

        Parameters
        ----------
        what_if : WhatIf
        threads : int
            That share a stage of the backward pass.
        room : Room, optional
            Memory to work in, for one thread at a time.

        Raises
        ------
        InputError
            As `prepare`.
        NumericalError
            The values overflow, or the probabilities of the outcomes do not sum to one.
        """
        ready = self.prepare(what_if)
        game = ready.game
        tables = game.tables(ready.draws.values, game.columns(), 1)
        done = backward(game, tables, restrictions=ready.restrictions, threads=threads, room=room)
        taken, ended, left = follow(game, done, 1)
        total = check_sums(ended.sum(axis=0) + left)
        history = self.history(what_if)
        choices = tuple(
            choice_probabilities(game, done, one)[:, 0].copy() for one in (history.decisions if history else ())
        )
        return Glance(game, taken[:, :, 0], ended[:, :, 0], left[:, 0], history, choices, total)

    def history(self, what_if: WhatIf) -> History | None:
        """Return the real course in the game under other circumstances; None where a move would not be legal."""
        return self._shaped(self._shape(what_if))[1]

    def _shape(self, what_if: WhatIf) -> _Shape:
        """Return what decides the graph; a fact that is a name counts too, for draws hold numbers."""
        facts = {name: value for name, value in what_if.set.items() if name in self.case.theory_spec.facts}
        changed(self.case, facts=facts)  # which refuses values that do not fit, also of facts that shape nothing
        fixed = self.game.plan.fixed_facts
        shaping = {name: value for name, value in facts.items() if name in fixed or isinstance(value, str)}
        return _Shape(shaping, dict(what_if.start), tuple(what_if.without))

    def _shaped(self, shape: _Shape) -> tuple[Game, History | None]:
        with self._lock:
            if shape.key in self._games:
                self._games.move_to_end(shape.key)
                return self._games[shape.key]
        case = changed(self.case, facts=shape.facts, start=shape.start, without=shape.without)
        game = compile_game(case)
        found = (game, _history(game))
        with self._lock:
            self._games[shape.key] = found
            # the case as it was is always needed again
            while len(self._games) > self._most:
                oldest = next(key for key in self._games if key != _Shape().key)
                del self._games[oldest]
        return found


def _history(game: Game) -> History | None:
    if game.case is None or not game.case.history:
        return None
    try:
        return lay_out(game)
    except InputError:
        return None  # what was done would not have been possible; the pictures say so
