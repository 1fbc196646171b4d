"""Look for tipping points: single inputs, all of them together, and facts that are no numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem, UsageError, nearest
from blocs.forecast.evaluating import outcome_probabilities
from blocs.forecast.inputs import Input, baseline, inputs_of
from blocs.forecast.solving import solve
from blocs.forecast.structures import Structures, shaping
from blocs.forecast.tipping.joint import Place, Surroundings, nearest_place
from blocs.forecast.tipping.result import Change, Flip, Tip, Tipping
from blocs.forecast.tipping.single import lead, single_tips
from blocs.game.change import changed
from blocs.game.game import Game, compile_game
from blocs.solve.draws import Draws, check_settings
from blocs.solve.private import Beliefs

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

# beyond four standard deviations a prior says that a value is out of the question
LIMIT = 4.0
# solutions that a search for a joint change takes, about; only for the progress that is told
STEPS_EXPECTED = 15
# outcomes up to this many times as far as the nearest get further starts, to see whether they come closer
WORTH_MORE = 1.5
# moves below this many standard deviations are no part of a joint change worth telling
SMALLEST_MOVE = 1e-6


class _Counter:
    """Counts solutions and tells of them, against what was expected."""

    def __init__(self, progress: Progress | None, expected: int) -> None:
        self.progress, self.expected, self.done = progress, expected, 0

    def add(self, solved: int) -> None:
        self.done += solved
        self.expected = max(self.expected, self.done)
        if self.progress is not None:
            self.progress(self.done, self.expected)


def tipping(
    game: Game,
    *,
    outcomes: Sequence[str] | None = None,
    limit: float = LIMIT,
    starts: int = 3,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    threads: int = 0,
    beliefs: Beliefs | None = None,
) -> Tipping:
    """Find the least changes that make another outcome the likeliest, and solve the game there to verify them.

    Parameters
    ----------
    game : Game
        With `response: logit`.
    outcomes : sequence of str, optional
        Towards which outcomes to look jointly; default: all others.
    limit : float
        How far each input may go, in standard deviations of its prior (of its range, for a fact; a tenth where a fact
        has none, and for the probability of a private type).
    starts : int
        Starts of the joint searches for the outcomes that come nearest: the middle, the least single change towards the
        outcome where there is one, and random places. The others are searched from the middle only.
    seed : int
        Of the random places.
    settings : mapping, optional
        Parameters and facts held at a value.
    progress : callable (done, expected), optional
        In solutions.
    threads : int
    beliefs : Exact or Grid, optional
        How games with private types are solved; see `blocs.solve`.

    Returns
    -------
    Tipping

    Raises
    ------
    InputError
        An unknown outcome or setting.
    UsageError
        There is only one outcome, or the numbers have no meaning.
    """
    if not 0 < limit <= 10:
        raise UsageError(f"the limit lies between 0 and 10 standard deviations, not {limit:g}")
    if starts < 1:
        raise UsageError(f"at least one start is needed, not {starts}")
    if len(game.outcomes) < 2:
        raise UsageError("a theory with a single outcome has no tipping point")
    held = check_settings(game, settings or {})
    unknown = [name for name in outcomes or () if name not in game.outcomes]
    if unknown:
        raise InputError([Problem(f"there is no outcome `{one}`", hint=nearest(one, game.outcomes)) for one in unknown])
    movable = shaping(game)
    structures, still = Structures(game, movable), baseline(game, held)
    inputs = [one for one in inputs_of(game, held) if one.name not in game.plan.fixed_facts - movable]
    at = {name: np.array([value]) for name, value in still.items()}
    here = outcome_probabilities(structures, at, 1, beliefs=beliefs)[:, 0]
    likeliest = int(np.argmax(here))
    targets = [o for o in range(len(here)) if o != likeliest and (not outcomes or game.outcomes[o] in outcomes)]
    expected = int(4 * limit) * len(inputs) + STEPS_EXPECTED * (starts + len(targets))
    count = _Counter(progress, expected)
    ahead = float(lead(here[:, None], likeliest)[0])
    single = single_tips(structures, inputs, still, likeliest, ahead, limit, threads, count.add, beliefs)
    places: dict[int, Place] = {}
    not_found: dict[str, str] = {}
    around = Surroundings(structures, inputs, still, threads, count.add, beliefs)
    rng = np.random.default_rng(seed)
    for target in targets if inputs else []:
        name = game.outcomes[target]
        found = nearest_place(around, target, _starts(inputs, name, single, 1, rng), limit)
        if isinstance(found, str):
            not_found[name] = found
        else:
            places[target] = found
    # further starts go to those that may be the least of all
    least = min((place.distance for place in places.values()), default=0.0)
    for target, place in places.items() if starts > 1 else ():
        if place.distance <= WORTH_MORE * least:
            again = _starts(inputs, game.outcomes[target], single, starts, rng)
            found = nearest_place(around, target, [place.position, *again[1:]], limit)
            places[target] = place if isinstance(found, str) else found
    joint = [_verify(game, inputs, around, place, target, threads) for target, place in places.items()]
    flips = _flips(game, held, still, likeliest, threads, beliefs)
    return Tipping(
        likeliest=game.outcomes[likeliest],
        probabilities=_named(game, here),
        limit=limit,
        joint=tuple(sorted(joint, key=lambda tip: tip.distance)),
        not_found=not_found,
        single=single,
        flips=flips,
        solutions=count.done + len(joint) + len(flips) + 1,
    )


def _named(game: Game, probabilities: Floats) -> dict[str, float]:
    return {name: float(p) for name, p in zip(game.outcomes, probabilities, strict=True)}


def _starts(
    inputs: Sequence[Input], target: str, single: Mapping[str, Tip | None], starts: int, rng: np.random.Generator
) -> list[Floats]:
    """Return where to begin: the middle, the least single change towards the outcome, and random places."""
    begins = [np.zeros(len(inputs))]
    towards = [tip for tip in single.values() if tip is not None and tip.outcome == target]
    if towards and starts > 1:
        best = min(towards, key=lambda tip: tip.distance).changes[0]
        place = np.zeros(len(inputs))
        place[[one.name for one in inputs].index(best.input.name)] = best.position
        begins.append(place)
    while len(begins) < starts:
        # of length one and a half: what joint changes usually need
        way = rng.standard_normal(len(inputs))
        begins.append(1.5 * way / np.linalg.norm(way))
    return begins


def _verify(
    game: Game,
    inputs: Sequence[Input],
    around: Surroundings,
    place: Place,
    target: int,
    threads: int,
) -> Tip:
    """Compile and solve the case anew at the place, and compare what is the likeliest there with what was sought."""
    values = around.values(place.position)
    facts = {one.name: float(values[one.name][0]) for one in inputs if one.name in game.plan.fixed_facts}
    other = compile_game(changed(game.case, facts=facts)) if facts and game.case is not None else game
    solution = solve(other, Draws(values, None, "tipping point", 1), threads=threads, beliefs=around.beliefs)
    p = solution.outcome_draws()[:, 0]
    changes = [
        Change(one, float(values[one.name][0]), float(position))
        for one, position in zip(inputs, place.position, strict=True)
        if abs(position) > SMALLEST_MOVE
    ]
    return Tip(
        outcome=game.outcomes[target],
        distance=place.distance,
        changes=tuple(sorted(changes, key=lambda change: -abs(change.position))),
        probabilities=_named(game, p),
        verified=int(np.argmax(p)) == target,
        message=(
            f"{place.agreeing} of {place.starts} starts that arrived came to this distance; off the nearest point by "
            f"{place.stationarity:.0e} of it; solved there with residual {solution.certificate.residual:.0e}"
        ),
    )


def _flips(
    game: Game,
    held: Mapping[str, float],
    still: Mapping[str, float],
    likeliest: int,
    threads: int,
    beliefs: Beliefs | None,
) -> tuple[Flip, ...]:
    """Solve with every other value of every fact that is no number, one at a time."""
    found = []
    for name, spec in game.theory.facts.items():
        if game.case is None or name in held or spec.type in ("share", "number", "count"):
            continue
        choices = (False, True) if spec.type == "boolean" else tuple(spec.type)
        stated = game.case.facts[name].value if name in game.case.facts else spec.default
        for value in choices:
            if value == stated:
                continue
            other = compile_game(changed(game.case, facts={name: value}))
            at = {one: np.array([v]) for one, v in still.items()}
            p = outcome_probabilities(Structures(other), at, 1, threads=threads, beliefs=beliefs)[:, 0]
            best = int(np.argmax(p))
            before = bool(stated) if spec.type == "boolean" else str(stated)
            found.append(Flip(name, before, value, game.outcomes[best], best != likeliest, _named(game, p)))
    return tuple(found)
