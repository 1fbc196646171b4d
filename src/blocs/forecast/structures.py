"""Facts on the draw axis, even those that decide what is legal: draws whose graphs differ get graphs of their own.

A fact such as an importance that a theory asks about only by ``importance > 0`` may vary from draw to draw as long as
the answer stays the same. Which draws share a graph is found exactly: every formula that shapes the graph is tabulated
at each draw's facts, and draws whose tables agree form a group with one compiled game.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.game.change import changed
from blocs.game.game import Game, compile_game
from blocs.game.space import Projection
from blocs.language.formulas import (
    BOOLEAN,
    NUMBER,
    Expr,
    FormulaError,
    Kind,
    Scope,
    evaluate,
    names,
    parse,
    resolve,
)

# grid points times draws that are tabulated at a time
BLOCK = 1 << 22


class Structures:
    """The games of one case under different facts, compiled when they are first needed.

    Parameters
    ----------
    game : Game
        The case as stated.
    varying : collection of str
        Numeric facts that differ between draws and shape the graph; see `shaping`.
    """

    def __init__(self, game: Game, varying: Collection[str] = ()) -> None:
        self.game = game
        self.varying = tuple(name for name in game.theory.facts if name in varying)
        self._formulas = _structural_formulas(game, frozenset(self.varying)) if self.varying else []
        stated = {name: np.array([float(game.plan.facts[name])]) for name in self.varying}
        self._games = {self._signatures(stated, 1)[0]: game}

    def groups(self, values: Mapping[str, NDArray[np.float64]], draws: int) -> list[tuple[Game, NDArray[np.int64]]]:
        """Return each game that is needed, with the numbers of its draws, in the order in which they are first met.

        Parameters
        ----------
        values : mapping from name to float64 array (draw,)
        draws : int
        """
        if not self._formulas:
            return [(self.game, np.arange(draws))]
        members: dict[bytes, list[int]] = {}
        for i, signature in enumerate(self._signatures(values, draws)):
            members.setdefault(signature, []).append(i)
        for signature, rows in members.items():
            if signature not in self._games:
                self._games[signature] = self._compile({name: float(values[name][rows[0]]) for name in self.varying})
        return [(self._games[signature], np.array(rows)) for signature, rows in members.items()]

    def _compile(self, facts: dict[str, float]) -> Game:
        assert self.game.case is not None  # only a case has facts that vary
        return compile_game(changed(self.game.case, facts=facts))

    def _signatures(self, values: Mapping[str, NDArray[np.float64]], draws: int) -> list[bytes]:
        """Return a digest per draw of all tables that shape the graph."""
        digests = [hashlib.blake2b(digest_size=16) for _ in range(draws)]
        for expr, projection, rounded in self._formulas:
            size = max(BLOCK // max(projection.size, 1), 1)
            for low in range(0, draws, size):
                high = min(low + size, draws)
                facts: dict[str, Any] = dict(self.game.plan.facts)
                facts.update({name: values[name][low:high, None] for name in self.varying if name in values})
                table = np.asarray(evaluate(expr, {**facts, **projection.values}))
                table = np.broadcast_to(np.round(table) if rounded else table, (high - low, projection.size))
                for digest, row in zip(digests[low:high], table, strict=True):
                    digest.update(np.ascontiguousarray(row).tobytes())
        return [digest.digest() for digest in digests]


def shaping(game: Game) -> frozenset[str]:
    """Return the numeric facts that shape the graph; whole numbers are not among them, they cannot move a little."""
    numeric = {name for name, spec in game.theory.facts.items() if spec.type in ("share", "number")}
    return frozenset(game.plan.fixed_facts & numeric) if game.case is not None else frozenset()


def ranged(game: Game) -> frozenset[str]:
    """Return the facts that a case gives with a range."""
    facts = game.case.facts if game.case is not None else {}
    return frozenset(name for name, fact in facts.items() if fact.range is not None)


def _structural_formulas(game: Game, facts: frozenset[str]) -> list[tuple[Expr, Projection, bool]]:
    """Return each formula that shapes the graph and mentions one of `facts`; its states; whether it is rounded."""
    definitions = {name: parse(str(text)) for name, text in game.theory.define.items()}
    scope = Scope(game.plan.symbols, definitions)
    found = []
    for text, kind in _texts(game):
        try:
            expr = resolve(parse(str(text)), scope, kind)[0]
        except FormulaError:
            # not a formula but the name of a value, such as `next` or `cut_off`: it mentions no fact
            continue
        mentioned = names(expr)
        if mentioned & facts:
            found.append((expr, game.plan.space.projection(mentioned), kind == NUMBER))
    return found


def _texts(game: Game) -> Iterator[tuple[Any, Kind | None]]:
    """Yield every text that may be a formula about what is legal, where it leads, or how it ends."""
    theory = game.theory
    kinds: dict[str, Kind] = {variable.name: variable.kind for variable in game.plan.space.variables}
    yield theory.ends_when if theory.ends_when is not None else "false", None
    for text in theory.forget.values():
        yield text, None
    for text in theory.outcomes.values():
        yield text, None
    for _, _, _, option in theory.moves():
        if option.when is not None:
            yield option.when, None
        for settings in [option.set, *(branch.set for branch in option.chance)]:
            for name, text in settings.items():
                kind = kinds.get(name)
                yield text, None if kind == BOOLEAN else kind
