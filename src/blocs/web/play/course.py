"""A table: the course of one game, move by move, from its seed and its log alone.

Every move stands in the log, those of the solved players and the results of chance too: so a table is the same again
after the server was stopped, and a played game can be replayed by a version of blocs that would play otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from blocs.errors import InputError, Problem, nearest
from blocs.game.history import HOLD, failing_parts
from blocs.game.stepping import change_state, step_on
from blocs.web.play.solved import Solved

PERSON = "person"  # somebody chose it
STANDING = "standing"  # somebody had asked to hold until something changes
DEADLINE = "deadline"  # the time of a person was over
SOLVED = "solved"  # a solved player drew it from its equilibrium choice
ONLY = "only"  # there was nothing to choose
MADE_BY = (PERSON, STANDING, DEADLINE, SOLVED, ONLY)


@dataclass(frozen=True)
class Row:
    """One entry of the log.

    Parameters
    ----------
    place : int
        Step times stages plus stage, counted from zero: each place is played once.
    option, result : str
        What was chosen, and what chance decided where it had to.
    by : str
        One of `MADE_BY`.
    """

    place: int
    option: str
    result: str
    by: str


@dataclass(frozen=True)
class Happening:
    """Something that the host brings in before a place is played.

    `set` gives state variables new values; most happenings are news that change nothing.
    """

    place: int
    title: str
    text: str
    set: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Taken:
    """A move as it was made, with where it led.

    `before` and `after` are states (codes); `row` is the row of the graph that it led to.
    """

    entry: Row
    step: int
    stage: int
    role: str
    node: int
    arc: int
    branch: int
    before: int
    after: int
    row: int


@dataclass(frozen=True)
class Told:
    """A happening as it came in: the state before and after it."""

    happening: Happening
    before: int
    after: int


@dataclass(frozen=True)
class State:
    """Where a table stands.

    Attributes
    ----------
    place : int
        The next place to be played.
    row, code : int
        Where in the graph, and the state of affairs.
    course : tuple of Taken or Told
        Everything so far, in order.
    outcome : str or None
        How it ended; None while it is open.
    """

    place: int
    row: int
    code: int
    course: tuple[Taken | Told, ...] = ()
    outcome: str | None = None

    @property
    def moves(self) -> tuple[Taken, ...]:
        """The moves alone."""
        return tuple(one for one in self.course if isinstance(one, Taken))


@dataclass(frozen=True)
class Turn:
    """Whose turn it is and what may be chosen; `options` maps each name to its arc."""

    step: int
    stage: int
    role: str
    node: int
    options: Mapping[str, int]


@dataclass(frozen=True)
class Table:
    """One game: a solved case, a seed for everything that is left to chance, and the roles that people play."""

    solved: Solved
    seed: int
    people: frozenset[str]

    def start(self) -> State:
        """Return the state before anything was chosen."""
        graph = self.solved.game.graph
        return State(0, graph.start, int(graph.codes[graph.start]))

    def turn(self, state: State) -> Turn | None:
        """Return whose turn it is, or None when the game is over."""
        if state.outcome is not None:
            return None
        game = self.solved.game
        step, stage = divmod(state.place, game.graph.stages)
        arcs = game.graph.arcs_of(state.row)
        options = game.layout.options
        names = {options[int(game.graph.arc_option[arc])][1].name: arc for arc in arcs}
        return Turn(step, stage, game.roles[int(game.graph.stage_role[stage])], state.row, names)

    def replay(self, rows: Iterable[Row], happenings: Iterable[Happening] = ()) -> State:
        """Return the state that a log leads to.

        Raises
        ------
        InputError
            The log holds something that is not legal where it stands.
        """
        waiting = sorted(happenings, key=lambda one: one.place)
        state = self.start()
        for row in rows:
            while waiting and waiting[0].place <= row.place:
                state = self.tell(state, waiting.pop(0))
            state = self.put(state, row)
        for happening in waiting:
            if state.outcome is None:
                state = self.tell(state, happening)
        return state

    def put(self, state: State, row: Row) -> State:
        """Return the state after one entry of the log."""
        turn = self._open(state, row.place)
        game = self.solved.game
        arc = self.legal(state, turn, row.option)
        branches = game.graph.branches_of(arc)
        results = game.layout.options[int(game.graph.arc_option[arc])][1].results
        if row.result not in results:
            raise InputError(Problem(f"`{row.option}` has no result `{row.result}`", hint=nearest(row.result, results)))
        branch = branches[results.index(row.result)]
        graph_row, code, outcome = step_on(game, state.place, branch)
        taken = Taken(
            row, turn.step, turn.stage, turn.role, turn.node, arc, branch, state.code, code,
            int(game.graph.branch_next[branch]),
        )  # fmt: skip
        return State(state.place + 1, graph_row, code, (*state.course, taken), outcome)

    def entry(self, state: State, option: str, by: str) -> Row:
        """Return the log's entry for an option chosen now; chance is drawn from the table's seed and the place.

        Raises
        ------
        InputError
            The option is not legal here, with the reason.
        """
        turn = self._open(state, state.place)
        arc = self.legal(state, turn, option)
        results = self.solved.game.layout.options[int(self.solved.game.graph.arc_option[arc])][1].results
        odds = self.solved.results(arc)
        return Row(state.place, option, results[_pick(odds, self._uniform(state.place, 1))], by)

    def automatic(self, state: State) -> Row | None:
        """Return the entry of whoever needs nobody to choose: a solved player, or anybody with one legal option."""
        turn = self.turn(state)
        if turn is None:
            return None
        names = list(turn.options)
        if len(names) == 1:
            return self.entry(state, names[0], ONLY)
        if turn.role in self.people:
            return None
        odds = self.solved.choices(turn.step, turn.stage, turn.node)
        return self.entry(state, names[_pick(odds, self._uniform(state.place, 0))], SOLVED)

    def legal(self, state: State, turn: Turn, option: str) -> int:
        """Return the arc of an option, or say why it is not legal here."""
        if option in turn.options:
            return turn.options[option]
        game = self.solved.game
        known = {plan.name: number for number, (k, plan) in enumerate(game.layout.options) if k == turn.stage}
        if option not in known:
            raise InputError(Problem(f"there is no option `{option}` here", hint=nearest(option, turn.options)))
        when = game.option_spec(known[option]).when
        why = failing_parts(game, str(when), state.code) if when is not None else []
        reason = f": {' and '.join(why)}" if why else ""
        raise InputError(Problem(f"`{option}` is not legal now{reason}", hint=f"there is {', '.join(turn.options)}"))

    def tell(self, state: State, happening: Happening) -> State:
        """Return the state after a happening.

        Raises
        ------
        InputError
            The game is over, or what it sets leads to a state that play cannot be in at this point.
        """
        self._open(state, None)
        row, code = change_state(self.solved.game, state.place, state.row, happening.set)
        told = Told(replace(happening, place=state.place), state.code, code)
        return State(state.place, row, code, (*state.course, told), None)

    def odds_now(self, state: State) -> dict[str, float]:
        """Return the probability of each outcome from here on."""
        names = self.solved.game.outcomes
        if state.outcome is not None:
            return {name: float(name == state.outcome) for name in names}
        step = state.place // self.solved.game.graph.stages
        return dict(zip(names, self.solved.odds(step, state.row).tolist(), strict=True))

    def date(self, step: int) -> str:
        """Return the name of a step."""
        return self.solved.dates[step]

    def _open(self, state: State, place: int | None) -> Turn:
        turn = self.turn(state)
        if turn is None:
            raise InputError("the game is over")
        if place is not None and place != state.place:
            raise InputError("this turn has been played already" if place < state.place else "it is not time for that")
        return turn

    def _uniform(self, place: int, what: int) -> float:
        return float(np.random.default_rng([self.seed, place, what]).random())


def can_hold(turn: Turn) -> bool:
    """Return whether holding is one of the options."""
    return HOLD in turn.options


def _pick(odds: np.ndarray, uniform: float) -> int:
    """Return the number that a uniform variate picks; never one of probability zero."""
    total, chosen = 0.0, 0
    for number, p in enumerate(odds):
        if p > 0.0:
            total += float(p)
            chosen = number
            if uniform < total:
                break
    return chosen
