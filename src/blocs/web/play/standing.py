"""Holding until something changes: a player who has nothing to do need not say so every month."""

from __future__ import annotations

from blocs.game.history import HOLD
from blocs.web.play.course import STANDING, Row, State, Table, Taken, Told
from blocs.web.play.secrets import seen_option


def news_since(table: Table, state: State, role: str, place: int) -> bool:
    """Return whether, from a place on, a role has seen anybody else do something, or the host bring something in."""
    for one in reversed(state.course):
        if isinstance(one, Told):
            if one.happening.place >= place:
                return True
            continue
        if one.entry.place < place:
            return False
        if one.role != role and seen_option(table, state, one, role) != HOLD:
            return True
    return False


def standing_entry(table: Table, state: State, since: int) -> Row | None:
    """Return the entry that holds for whoever's turn it is, or None where something has changed since the order."""
    turn = table.turn(state)
    if turn is None or HOLD not in turn.options or news_since(table, state, turn.role, since):
        return None
    return table.entry(state, HOLD, STANDING)


def last_choice(state: State, role: str, made_by: tuple[str, ...]) -> int:
    """Return the place after a role's last own choice: what came from there on is new to its player."""
    for one in reversed(state.course):
        if isinstance(one, Taken) and one.role == role and one.entry.by in made_by:
            return one.entry.place + 1
    return 0
