"""Two codings of one case side by side: moves by stage and step, dates, facts, where it begins and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from blocs.errors import InputError, Problem
from blocs.language.agreement import cohens_kappa, interval, krippendorffs_alpha, share_of_agreement
from blocs.language.calendar import Calendar
from blocs.language.case import Case, Event, Fact
from blocs.language.moves import find_move
from blocs.language.theory import Stage

HOLD = "hold"


@dataclass(frozen=True)
class Unit:
    """One decision in both codings: a role's turn in a stage of a step.

    Parameters
    ----------
    step : str
        Name of the step.
    stage, role : str
    first, second : str
        What was chosen, by each coding; several moves in a turn are joined by ``+``.
    """

    step: str
    stage: str
    role: str
    first: str
    second: str


@dataclass(frozen=True)
class Agreement:
    """How far two codings agree on a set of decisions.

    Parameters
    ----------
    units : tuple of Unit
    """

    units: tuple[Unit, ...]

    @cached_property
    def _pairs(self) -> list[tuple[str, str]]:
        return [(unit.first, unit.second) for unit in self.units]

    @property
    def share(self) -> float | None:
        """Share of decisions that are coded alike."""
        return share_of_agreement(self._pairs)

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa."""
        return cohens_kappa(self._pairs)

    @property
    def alpha(self) -> float | None:
        """Krippendorff's alpha for categories."""
        return krippendorffs_alpha(self._pairs)

    @property
    def moves(self) -> tuple[int, int]:
        """Decisions in which both have the same move, and those in which at least one has a move at all."""
        moved = [pair for pair in self._pairs if pair != (HOLD, HOLD)]
        return sum(a == b for a, b in moved), len(moved)


@dataclass(frozen=True)
class Pair:
    """A move that one or both codings have.

    Parameters
    ----------
    stage, role, option : str
    first, second : Event or None
    lag : int
        Steps from the first coding's date to the second's.
    """

    stage: str
    role: str
    option: str
    first: Event | None
    second: Event | None
    lag: int = 0


@dataclass(frozen=True)
class FactPair:
    """A fact in both codings, and in words how the two stand to each other."""

    name: str
    first: Fact | None
    second: Fact | None
    standing: str


@dataclass(frozen=True)
class Other:
    """Something else that the two codings say: who plays a role, a value at the start, the outcome."""

    what: str
    first: str
    second: str

    @property
    def same(self) -> bool:
        """Whether both say the same."""
        return self.first == self.second


@dataclass(frozen=True)
class Comparison:
    """Two codings of a case.

    Parameters
    ----------
    steps : tuple of str
        The steps that both calendars have.
    overall : Agreement
    by_stage : dict of Agreement
    pairs : tuple of Pair
        Moves, matched with the nearest of the same kind within the window.
    facts : tuple of FactPair
    others : tuple of Other
    """

    steps: tuple[str, ...]
    overall: Agreement
    by_stage: dict[str, Agreement]
    pairs: tuple[Pair, ...]
    facts: tuple[FactPair, ...]
    others: tuple[Other, ...]

    @property
    def matched(self) -> list[Pair]:
        """The moves that both have."""
        return [pair for pair in self.pairs if pair.first is not None and pair.second is not None]

    @property
    def mean_lag(self) -> float | None:
        """Mean distance of the dates of moves that both have, in steps."""
        return sum(abs(pair.lag) for pair in self.matched) / len(self.matched) if self.matched else None

    @property
    def facts_alpha(self) -> float | None:
        """Krippendorff's alpha, for intervals, of the shares that both codings state: they are on one scale."""
        units = [
            (float(pair.first.value), float(pair.second.value))
            for pair in self.facts
            if pair.first is not None and pair.second is not None and _is_share(pair)
        ]
        return krippendorffs_alpha(units, interval)


def _is_share(pair: FactPair) -> bool:
    values = [fact.value for fact in (pair.first, pair.second) if fact is not None]
    return all(isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one <= 1 for one in values)


def compare_codings(first: Case, second: Case, window: int = 3) -> Comparison:
    """Compare two codings of one case.

    Parameters
    ----------
    first, second : Case
        Of the same theory, with steps of the same length.
    window : int
        How many steps two dates of the same move may be apart and still be the same move.

    Raises
    ------
    InputError
        The codings cannot be compared: other stages or roles, other steps, or no step in common.
    """
    _require_comparable(first, second)
    shift = (second.calendar.first - first.calendar.first) // first.calendar.months
    steps = range(max(0, shift), min(first.calendar.steps, shift + second.calendar.steps))
    here, there = _moves(first, 0), _moves(second, shift)
    turns = [(stage.stage, role) for stage in first.whole_theory.stages for role in _roles(stage)]
    units = tuple(
        Unit(first.calendar.label(step), stage, role, *(_chosen(moves, stage, role, step) for moves in (here, there)))
        for step in steps
        for stage, role in turns
    )
    by_stage = {
        stage.stage: Agreement(tuple(unit for unit in units if unit.stage == stage.stage))
        for stage in first.whole_theory.stages
    }
    overlap = [move for move in here if move[0] in steps], [move for move in there if move[0] in steps]
    return Comparison(
        tuple(first.calendar.label(step) for step in steps),
        Agreement(units),
        by_stage,
        tuple(_match(*overlap, window)),
        tuple(_facts(first, second)),
        tuple(_others(first, second)),
    )


_Move = tuple[int, str, str, str, Event]
"""Step of the first coding's calendar, stage, role, option, event."""


def _require_comparable(first: Case, second: Case) -> None:
    one, other = (
        [(stage.stage, tuple(_roles(stage))) for stage in case.whole_theory.stages] for case in (first, second)
    )
    problems = []
    if one != other:
        problems.append(_told(second, ("theory",), f"its theory has other stages than that of `{first.case}`"))
    if first.calendar.step != second.calendar.step:
        message = f"its steps are those of a {second.calendar.step}, the other coding's of a {first.calendar.step}"
        problems.append(_told(second, ("calendar",), message))
    elif (second.calendar.first - first.calendar.first) % first.calendar.months:
        problems.append(_told(second, ("calendar",), "its steps begin in other months than the other coding's"))
    elif _months(first.calendar).isdisjoint(_months(second.calendar)):
        problems.append(_told(second, ("calendar",), "no step of it is in the other coding's calendar"))
    if problems:
        raise InputError(problems)


def _told(case: Case, path: tuple[str, ...], message: str) -> Problem:
    return case.origins.problem(path, f"the codings cannot be compared: {message}")


def _months(calendar: Calendar) -> set[int]:
    return set(range(calendar.first, calendar.first + calendar.steps * calendar.months))


def _roles(stage: object) -> list[str]:
    return [stage.role] if isinstance(stage, Stage) else list(stage.options)  # type: ignore[attr-defined]


def _moves(case: Case, shift: int) -> list[_Move]:
    theory, found = case.whole_theory, []
    for event in case.history:
        move = find_move(theory, event.option, event.stage, event.role)
        stage = theory.stages[move.stage].stage
        found.append((case.calendar.index(event.date) + shift, stage, move.role, move.option, event))
    return sorted(found, key=lambda one: one[0])


def _chosen(moves: list[_Move], stage: str, role: str, step: int) -> str:
    chosen = [option for when, where, who, option, _ in moves if (when, where, who) == (step, stage, role)]
    return "+".join(sorted(option for option in chosen if option != HOLD)) or HOLD


def _match(here: list[_Move], there: list[_Move], window: int) -> Iterator[Pair]:
    """Yield the moves, those of the same kind paired with the nearest first."""
    near = sorted(
        (abs(b[0] - a[0]), i, j)
        for i, a in enumerate(here)
        for j, b in enumerate(there)
        if a[1:4] == b[1:4] and a[3] != HOLD and abs(b[0] - a[0]) <= window
    )
    partner: dict[int, int] = {}
    for _, i, j in near:
        if i not in partner and j not in partner.values():
            partner[i] = j
    left = set(range(len(there))) - set(partner.values())
    found = [
        (
            a[0],
            Pair(*a[1:4], a[4], there[partner[i]][4], there[partner[i]][0] - a[0])
            if i in partner
            else Pair(*a[1:4], a[4], None),
        )
        for i, a in enumerate(here)
    ]
    found += [(there[j][0], Pair(*there[j][1:4], None, there[j][4])) for j in left]
    yield from (pair for _, pair in sorted(found, key=lambda one: one[0]) if pair.option != HOLD)


def _facts(first: Case, second: Case) -> Iterator[FactPair]:
    for name in first.whole_theory.facts:
        one, other = first.facts.get(name), second.facts.get(name)
        if one is not None or other is not None:
            yield FactPair(name, one, other, _standing(one, other))


def _standing(one: Fact | None, other: Fact | None) -> str:
    if one is None or other is None:
        return "only in the first" if other is None else "only in the second"
    if one.value == other.value and isinstance(one.value, bool) == isinstance(other.value, bool):
        return "same"
    spans = [_span(one), _span(other)]
    if None in spans:
        return "differ"
    (low, high), (least, most) = spans  # type: ignore[misc]
    if least <= one.value <= most and low <= other.value <= high:  # type: ignore[operator]
        return "each in the other's range"
    return "ranges overlap" if low <= most and least <= high else "differ"


def _span(fact: Fact) -> tuple[float, float] | None:
    if isinstance(fact.value, bool) or not isinstance(fact.value, int | float):
        return None
    return (fact.range[0], fact.range[1]) if fact.range is not None else (fact.value, fact.value)


def _others(first: Case, second: Case) -> Iterator[Other]:
    for role in first.whole_theory.roles:
        one, other = (case.roles[role].actor if role in case.roles else "" for case in (first, second))
        yield Other(f"role {role}", one, other)
    for name, spec in first.whole_theory.state.items():
        values = [case.start[name].value if name in case.start else spec.start for case in (first, second)]
        shown = [
            spec.labels[0] if value is None else str(value).lower() if isinstance(value, bool) else str(value)
            for value in values
        ]
        yield Other(f"start of {name}", *shown)
    yield Other("outcome", first.outcome or "", second.outcome or "")
