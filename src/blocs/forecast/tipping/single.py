"""One input at a time: go out along its axis until another outcome is the likeliest, then close in on the place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blocs.forecast.evaluating import outcome_probabilities
from blocs.forecast.inputs import Input
from blocs.forecast.structures import Structures
from blocs.forecast.tipping.result import Change, Tip
from blocs.solve.private import Beliefs

Floats = NDArray[np.float64]
Solve = Callable[[Sequence[tuple[Input, float]]], Floats]

# places between which nothing is looked at, in standard deviations: what tips and tips back in less is missed
SPACING = 0.5
# how closely a place is told, in standard deviations
CLOSE = 1e-6
# halvings of the spacing down to `CLOSE`, twice over: every second round is a halving
MOST_ROUNDS = 2 * 20


@dataclass
class _Bracket:
    """A place where the outcome still is the likeliest, and one further out where it no longer is."""

    input: Input
    inside: float
    outside: float
    lead_inside: float
    lead_outside: float

    @property
    def done(self) -> bool:
        return abs(self.outside - self.inside) <= CLOSE

    def middle(self, halve: bool) -> float:
        """Return where to look next: half-way, or where a straight line between the leads crosses zero."""
        if halve:
            return 0.5 * (self.inside + self.outside)
        share = self.lead_inside / (self.lead_inside - self.lead_outside)
        # a little beyond, so that the bracket closes from both sides
        share = float(np.clip(share + CLOSE, 0.001, 0.999))
        return self.inside + share * (self.outside - self.inside)


def single_tips(
    structures: Structures,
    inputs: Sequence[Input],
    still: Mapping[str, float],
    likeliest: int,
    lead_here: float,
    limit: float,
    threads: int = 0,
    progress: Callable[[int], None] | None = None,
    beliefs: Beliefs | None = None,
) -> dict[str, Tip | None]:
    """Return the least change of each input alone that makes another outcome the likeliest.

    Parameters
    ----------
    structures : Structures
    inputs : sequence of Input
    still : mapping from name to float
        Every parameter and fact where it is.
    likeliest : int
        The outcome that is the likeliest there.
    lead_here : float
        By how much it leads there; see `lead`.
    limit : float
        How far to look, in standard deviations.
    threads : int
    progress : callable (solved), optional
        Told how many solutions each round took.
    beliefs : Exact or Grid, optional
        How games with private types are solved.

    Notes
    -----
    Each axis is looked at every half standard deviation and to the end of what has a meaning, both ways at a time and
    for all inputs at once; a place between is then found by false position and halving.
    """
    outcomes = structures.game.outcomes

    def solve(places: Sequence[tuple[Input, float]]) -> Floats:
        size = len(places)
        values = {name: np.full(size, value) for name, value in still.items()}
        for i, (one, position) in enumerate(places):
            values[one.name][i] = float(one.at(position))
        found = outcome_probabilities(structures, values, size, threads=threads, beliefs=beliefs)
        if progress is not None:
            progress(size)
        return found

    brackets = _close_in(_brackets(inputs, solve, likeliest, lead_here, limit), solve, likeliest)
    result: dict[str, Tip | None] = {one.name: None for one in inputs}
    if brackets:
        solved = solve([(bracket.input, bracket.outside) for bracket in brackets])
        for bracket, p in zip(brackets, solved.T, strict=True):
            one, best = bracket.input, int(np.argmax(p))
            change = Change(one, float(one.at(bracket.outside)), bracket.outside)
            old = result[one.name]
            if old is None or abs(change.position) < old.distance:
                result[one.name] = Tip(
                    outcome=outcomes[best],
                    distance=abs(change.position),
                    changes=(change,),
                    probabilities={name: float(x) for name, x in zip(outcomes, p, strict=True)},
                    verified=best != likeliest,
                    message=f"found every {SPACING:g} sd along the axis, then within {CLOSE:g} sd; solved there",
                )
    return result


def lead(probabilities: Floats, outcome: int) -> Floats:
    """Return by how much, in log-odds, an outcome leads the likeliest of the others; negative where it does not."""
    others = np.delete(probabilities, outcome, axis=0).max(axis=0)
    tiny = np.finfo(np.float64).tiny
    return np.log(np.maximum(probabilities[outcome], tiny)) - np.log(np.maximum(others, tiny))


def _brackets(inputs: Sequence[Input], solve: Solve, likeliest: int, lead_here: float, limit: float) -> list[_Bracket]:
    """Go out along all axes both ways, a step at a time, until something tips, the limit or the end of the axis."""
    ends = {}
    for one in inputs:
        low, high = one.reach
        ends[one.name, -1], ends[one.name, 1] = min(-low, limit), min(high, limit)
    going = [(one, sign, 0.0, lead_here) for one in inputs for sign in (-1, 1) if ends[one.name, sign] > CLOSE]
    tipped = set()
    found = []
    while going:
        places = [(one, sign * min(abs(at) + SPACING, ends[one.name, sign])) for one, sign, at, _ in going]
        leads = lead(solve(places), likeliest)
        further = []
        for (one, sign, at, before), (_, position), now in zip(going, places, leads, strict=True):
            if now < 0:
                found.append(_Bracket(one, at, position, before, float(now)))
                tipped.add(one.name)
            elif abs(position) < ends[one.name, sign] - CLOSE:
                further.append((one, sign, position, float(now)))
        # the other side has lost once one side tips nearer to the middle
        going = [state for state in further if state[0].name not in tipped]
    return found


def _close_in(brackets: list[_Bracket], solve: Solve, likeliest: int) -> list[_Bracket]:
    """Narrow all brackets until they are close enough."""
    for round_ in range(MOST_ROUNDS):
        open_ = [bracket for bracket in brackets if not bracket.done]
        if not open_:
            break
        places = [(bracket.input, bracket.middle(halve=round_ % 2 == 1)) for bracket in open_]
        for bracket, (_, position), now in zip(open_, places, lead(solve(places), likeliest), strict=True):
            if now < 0:
                bracket.outside, bracket.lead_outside = position, float(now)
            else:
                bracket.inside, bracket.lead_inside = position, float(now)
    return brackets
