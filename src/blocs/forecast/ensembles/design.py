"""What an ensemble is: which case, which draws, in which chunks; its identity, and the values of any of its draws."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem, UsageError, nearest
from blocs.forecast.inputs import Input, at_quantiles, inputs_of
from blocs.forecast.structures import shaping
from blocs.game.change import changed
from blocs.game.game import Game, compile_game
from blocs.language.identity import content_hash
from blocs.solve.draws import Draws, check_settings, origin, parameter_values
from blocs.solve.sobol_points import MAX_DRAWS, sobol_points
from blocs.version import __version__

if TYPE_CHECKING:
    from blocs.language.case import Case

Floats = NDArray[np.float64]

# version of the layout of the files; another layout cannot be resumed
LAYOUT = 1
# a chunk is what a kill can cost, and what a worker is handed at a time: some seconds of work
SMALLEST_CHUNK = 64
# chunks grow before there are more files than a person likes to see in a folder
MOST_CHUNKS = 128


@dataclass(frozen=True)
class Design:
    """One ensemble, before anything of it is solved. Two ensembles with the same `identity` have the same numbers.

    Parameters
    ----------
    case : Case
        With the facts that were set already in place.
    draws : int
    seed : int or None
        Of the scrambled Sobol points; None for values made elsewhere.
    settings : mapping from name to float
        Parameters held at a value.
    chunk : int
        Draws per chunk, a power of two.
    given : mapping from name to float64 array (draw,), or None
        Values made elsewhere, such as draws from a posterior.
    origin : str
        Where the values come from, in words.
    """

    case: Case
    draws: int
    seed: int | None
    settings: Mapping[str, float]
    chunk: int
    given: Mapping[str, Floats] | None = field(default=None, repr=False)
    origin: str = "prior"

    @property
    def chunks(self) -> int:
        """Number of chunks."""
        return -(-self.draws // self.chunk)

    def bounds(self, chunk: int) -> tuple[int, int]:
        """Return the first draw of a chunk and the one after its last."""
        return chunk * self.chunk, min((chunk + 1) * self.chunk, self.draws)

    def size(self, chunk: int) -> int:
        """Return the number of draws of a chunk."""
        low, high = self.bounds(chunk)
        return high - low

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Everything that the numbers depend on, as plain values."""
        record: dict[str, Any] = {
            "layout": LAYOUT,
            "blocs": __version__,
            "case": self.case.case,
            "theory": self.case.theory_spec.theory,
            "case_sha256": content_hash(self.case),
            "theory_sha256": content_hash(self.case.theory_spec),
            # the order of parameters and facts decides which point belongs to which, and is no part of the hashes
            "inputs": [*self.case.theory_spec.parameters, *self.case.facts],
            "draws": self.draws,
            "seed": self.seed,
            "chunk": self.chunk,
            "settings": dict(self.settings),
            "origin": self.origin,
        }
        if self.given is not None:
            digest = hashlib.sha256()
            for name, values in self.given.items():
                digest.update(name.encode() + b"\0" + np.ascontiguousarray(values, dtype=np.float64).tobytes())
            record["values_sha256"] = digest.hexdigest()
        return record

    @cached_property
    def digest(self) -> str:
        """The identity in 64 hexadecimal digits."""
        return hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()

    def facts(self, game: Game) -> list[Input]:
        """Return the facts that are drawn: those with a range, except whole numbers that shape the game."""
        fixed = game.plan.fixed_facts - shaping(game)
        found = inputs_of(game, self.settings)
        return [one for one in found if one.kind == "fact" and one.uncertain and one.name not in fixed]

    def values(self, game: Game, chunk: int) -> dict[str, Floats]:
        """Return the parameters and drawn facts of a chunk; arrays (draw,)."""
        low, high = self.bounds(chunk)
        if self.given is not None:
            return {name: np.asarray(values[low:high], dtype=np.float64) for name, values in self.given.items()}
        facts = self.facts(game)
        # every parameter that is not held has a place in the sequence, as in a plain run
        free = [name for name in game.theory.parameters if name not in self.settings]
        points = sobol_points(len(free) + len(facts), self.seed or 0, low, high)
        values: dict[str, Floats] = parameter_values(game, points[:, : len(free)], self.settings)
        for name in game.theory.parameters:
            if name in self.settings:
                values[name] = np.full(high - low, self.settings[name])
        values.update(at_quantiles(facts, points[:, len(free) :]))
        return values


def make_design(
    case: Case, draws: int | Draws, seed: int = 0, settings: Mapping[str, Any] | None = None, chunk: int | None = None
) -> tuple[Design, Game]:
    """Check what was asked for and return the ensemble that it means, with its game.

    Parameters
    ----------
    case : Case
    draws : int or Draws
    seed : int
    settings : mapping, optional
        Facts and parameters held at a value.
    chunk : int, optional
        Draws per chunk, a power of two.

    Raises
    ------
    InputError
        Unknown names, or values that do not fit.
    UsageError
        A number of draws or a size of chunks that has no meaning.
    """
    if isinstance(draws, Draws) and settings:
        raise UsageError("draws made elsewhere cannot be combined with settings")
    settings = dict(settings or {})
    theory = case.theory_spec
    unknown = [name for name in settings if name not in theory.parameters and name not in theory.facts]
    if unknown:
        known = [*theory.parameters, *theory.facts]
        raise InputError(
            [Problem(f"there is no parameter or fact `{one}`", hint=nearest(one, known)) for one in unknown]
        )
    facts = {name: settings.pop(name) for name in list(settings) if name in theory.facts}
    case = changed(case, facts=facts) if facts else case
    game = compile_game(case)
    total = len(draws) if isinstance(draws, Draws) else draws
    if not 1 <= total <= MAX_DRAWS:
        raise UsageError(f"the number of draws lies between 1 and {MAX_DRAWS:,}, not {total}")
    chunk = chunk_size(total) if chunk is None else chunk
    if chunk < 1 or chunk & (chunk - 1):
        raise UsageError(f"a chunk holds a power of two of draws, not {chunk}")
    if isinstance(draws, Draws):
        given = {name: np.asarray(values, dtype=np.float64) for name, values in draws.values.items()}
        _check_given(game, given)
        return Design(case, total, draws.seed, {}, chunk, given, draws.origin), game
    return Design(case, total, seed, check_settings(game, settings), chunk, origin=origin(game)), game


def _check_given(game: Game, given: Mapping[str, Floats]) -> None:
    """Refuse values made elsewhere that are incomplete or that would have to change the graph in leaps."""
    missing = [name for name in game.theory.parameters if name not in given]
    known = [*game.theory.parameters, *game.theory.facts]
    problems = [Problem(f"the draws have no values for the parameter `{name}`") for name in missing]
    for name in given:
        if name not in known:
            problems.append(Problem(f"there is no parameter or fact `{name}`", hint=nearest(name, known)))
        elif name in game.plan.fixed_facts - shaping(game):
            problems.append(Problem(f"the fact `{name}` shapes the game and is no share or number: it cannot be drawn"))
    if problems:
        raise InputError(problems)


def chunk_size(draws: int) -> int:
    """Return a power of two that makes chunks of some seconds, and not too many files."""
    size = SMALLEST_CHUNK
    while size * MOST_CHUNKS < draws:
        size *= 2
    return size
