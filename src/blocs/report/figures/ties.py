"""Ties between the roles, read off the state: which values of which variables bind whom to whom, and which divide them.

The variables are those of the theory `patron-client` and of what extends it; a theory that has none of them has no
network to show, and `ties_by_date` returns nothing for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from blocs.game.game import Game
from blocs.game.history import History

PATRON, CLIENT, RIVAL = "patron", "client", "rival"

# variable -> who is bound, and how strongly at each of its values (0 to 1); a value that is not named binds nobody
BONDS: Mapping[str, tuple[str, str, Mapping[str, float]]] = MappingProxyType(
    {
        "aid": (PATRON, CLIENT, {"full": 1.0, "reduced": 0.5}),
        "advisers": (PATRON, CLIENT, {"present": 1.0}),
        "arms": (PATRON, CLIENT, {"lent": 1.0, "shared": 1.0, "split": 0.5}),
        "base": (PATRON, CLIENT, {"in_use": 1.0}),
        "relations": (PATRON, CLIENT, {"normal": 1.0}),
        "alliance": (PATRON, CLIENT, {"member": 1.0}),
        "council": (PATRON, CLIENT, {"seated": 1.0}),
        "support": (CLIENT, RIVAL, {"relief": 0.5, "commitment": 1.0}),
        "line": (CLIENT, RIVAL, {"aligned": 1.0}),
    }
)
# the same for what divides them
STRAINS: Mapping[str, tuple[str, str, Mapping[str, float]]] = MappingProxyType(
    {
        "polemics": (PATRON, CLIENT, {"reserved": 0.5, "public": 1.0}),
        "posture": (PATRON, CLIENT, {"deployed": 1.0}),
        "relations": (PATRON, CLIENT, {"severed": 1.0}),
    }
)
# between patron and rival the theory has a fact, not a variable: how openly they are at odds
HOSTILITY = "rival_hostility"
# columns of small pictures that a reader still compares at a glance
MOST_DATES = 6

Pair = tuple[str, str]


@dataclass(frozen=True)
class Moment:
    """The ties at one date.

    Attributes
    ----------
    date : str
        The step at whose start things stood so; or "after " and the last step.
    bonds, strains : dict from pair of roles to dict from variable to strength
        Only what is above zero.
    """

    date: str
    bonds: Mapping[Pair, Mapping[str, float]]
    strains: Mapping[Pair, Mapping[str, float]]

    def strength(self, pair: Pair) -> float:
        """Return the sum of the bonds of a pair."""
        return sum(self.bonds.get(pair, {}).values())


def all_bonds(game: Game, pair: Pair) -> int:
    """Return how many bonds the theory knows between two roles."""
    return all_bonds_of(frozenset(variable.name for variable in game.plan.space.variables), pair)


def all_bonds_of(variables: frozenset[str], pair: Pair) -> int:
    """Return how many bonds between two roles there can be in a theory with these state variables."""
    return sum(name in variables and (a, b) == pair for name, (a, b, _) in BONDS.items())


def ties_by_date(game: Game, history: History | None, most: int = MOST_DATES) -> list[Moment]:
    """Return the ties along the real course at its start, its end, and where they changed most between.

    Parameters
    ----------
    game : Game
    history : History or None
        As `blocs.game.history.lay_out` returns it.
    most : int
        How many dates at most.
    """
    moments = ties_at_every_date(game, history)
    if not moments:
        return []
    changed = [i for i in range(1, len(moments)) if moments[i].bonds != moments[i - 1].bonds]
    changed = [i for i in changed if i != len(moments) - 1]
    if len(changed) > most - 2:
        size = {i: abs(_total(moments[i]) - _total(moments[i - 1])) for i in changed}
        changed = sorted(sorted(changed, key=lambda i: (-size[i], i))[: most - 2])
    return [moments[i] for i in dict.fromkeys([0, *changed, len(moments) - 1])]


def ties_at_every_date(game: Game, history: History | None) -> list[Moment]:
    """Return the ties at the start of each step of the real course, and after the last where it is open then."""
    known = {variable.name for variable in game.plan.space.variables}
    bound = any(name in known and {a, b} <= set(game.roles) for name, (a, b, _) in BONDS.items())
    if history is None or game.case is None or not history.decisions or not bound:
        return []
    labels = game.case.calendar.labels()
    first: dict[int, int] = {}
    for number, decision in enumerate(history.decisions):
        first.setdefault(decision.step, number)
    moments = [_moment(game, labels[step], int(history.codes[number])) for step, number in first.items()]
    after = _code_after(game, history)
    if after is not None:
        moments.append(_moment(game, f"after {labels[history.decisions[-1].step]}", after))
    return moments


def _code_after(game: Game, history: History) -> int | None:
    """Return the state after the last decision, where the crisis is still open then."""
    graph = game.graph
    row = history.last - graph.nodes - graph.ends
    return int(graph.codes[row]) if 0 <= row < graph.first_stage else None


def _total(moment: Moment) -> float:
    return sum(moment.strength(pair) for pair in moment.bonds)


def _moment(game: Game, date: str, code: int) -> Moment:
    state = game.plan.space.labels(code)
    return Moment(date, _found(game, BONDS, state), _found(game, STRAINS, state) | _hostility(game))


def _found(
    game: Game, table: Mapping[str, tuple[str, str, Mapping[str, float]]], state: Mapping[str, str]
) -> dict[Pair, dict[str, float]]:
    pairs: dict[Pair, dict[str, float]] = {}
    for name, (a, b, values) in table.items():
        strength = values.get(state.get(name, ""), 0.0)
        if strength > 0 and {a, b} <= set(game.roles):
            pairs.setdefault((a, b), {})[name] = strength
    return pairs


def _hostility(game: Game) -> dict[Pair, dict[str, float]]:
    fact = game.case.facts.get(HOSTILITY) if game.case else None
    if fact is None or not {PATRON, RIVAL} <= set(game.roles) or isinstance(fact.value, bool | str):
        return {}
    return {(PATRON, RIVAL): {"quarrel": float(fact.value)}} if float(np.asarray(fact.value)) > 0 else {}
