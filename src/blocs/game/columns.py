"""Columns: the additive quantities whose expectation is carried back through the game beside the players' values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

ColumnKind = Literal["value", "term", "cost", "outcome", "option", "length"]


@dataclass(frozen=True)
class Column:
    """One additive quantity.

    Parameters
    ----------
    kind : str
        ``value``: a role's payoffs and costs, discounted. ``term``: one payoff term of one role, discounted. ``cost``:
        what one option (or, without index, every option) costs one role, discounted (negative). ``outcome``: the
        probability of one outcome. ``option``: how many times one option is taken. ``length``: how many steps pass
        before the crisis ends.
    role : int
        Role, for ``value``, ``term`` and ``cost``.
    index : int
        Number of the term (in the plan's list), of the outcome or of the option.
    label : str
        For people.
    type : int
        Private type of the role that the quantity is expected for; -1 where the role has no types, or where the
        quantity is that of no role.
    """

    kind: ColumnKind
    role: int = -1
    index: int = -1
    label: str = ""
    type: int = -1

    @property
    def discounted(self) -> bool:
        """Whether later steps count less."""
        return self.kind in ("value", "term", "cost")

    def takes_term(self, role: int, term: int) -> bool:
        """Whether a payoff term of a role adds to this column."""
        return self.role == role and (self.kind == "value" or (self.kind == "term" and self.index == term))

    def takes_cost(self, role: int, option: int) -> bool:
        """Whether what an option costs a role takes from this column; a cost column without index takes them all."""
        return self.role == role and (self.kind == "value" or (self.kind == "cost" and self.index in (option, -1)))


@dataclass(frozen=True)
class Columns:
    """The players' values, which decide the choices, followed by any observers."""

    players: tuple[Column, ...]
    observers: tuple[Column, ...] = ()

    @property
    def all(self) -> tuple[Column, ...]:
        """Players first, then observers: the order of the column axis."""
        return self.players + self.observers

    def __len__(self) -> int:
        """Length of the column axis."""
        return len(self.players) + len(self.observers)


def player_columns(roles: Sequence[str]) -> tuple[Column, ...]:
    """Return the value columns of all roles."""
    return tuple(Column("value", role=i, label=name) for i, name in enumerate(roles))
