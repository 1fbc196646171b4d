"""A played game as a record: what is exported, and what is replayed."""

from __future__ import annotations

from collections.abc import Mapping

from blocs.errors import InputError, Problem
from blocs.language.plays import PlayedEvent, PlayedMove, PlayRecord
from blocs.version import __version__
from blocs.web.play.course import Happening, Row, State, Table, Told
from blocs.web.play.solved import Solved


def record_of(table: Table, state: State, people: Mapping[str, str], *, left: bool = False) -> PlayRecord:
    """Return a game as a record.

    Parameters
    ----------
    table, state
    people : mapping from role to name
    left : bool
        Whether it may be one that was left before its end: its record tells what is still secret.

    Raises
    ------
    InputError
        It is not over, and may not be left.
    """
    if state.outcome is None and not left:
        raise InputError("the game is not over yet; its record would tell what is still secret")
    game = table.solved.game
    assert game.case is not None
    return PlayRecord(
        version=__version__,
        case=game.case.case,
        case_hash=table.solved.hash,
        theory=game.theory.theory,
        seed=table.seed,
        people=dict(people),
        moves=tuple(
            PlayedMove(
                place=one.entry.place,
                date=table.date(one.step),
                stage=game.plan.stages[one.stage].name,
                role=one.role,
                option=one.entry.option,
                result=one.entry.result,
                by=one.entry.by,  # pyright: ignore[reportArgumentType] - one of `MADE_BY`
            )
            for one in state.moves
        ),
        events=tuple(
            PlayedEvent(
                place=one.happening.place,
                title=one.happening.title,
                text=one.happening.text,
                set={name: str(value) for name, value in one.happening.set.items()},
            )
            for one in state.course
            if isinstance(one, Told)
        ),
        outcome=state.outcome,
    )


def replayed(record: PlayRecord, solved: Solved) -> tuple[Table, State]:
    """Return a recorded game as it was played.

    Raises
    ------
    InputError
        The record is of another case, or holds a move that is not legal where it stands.
    """
    if record.case_hash != solved.hash:
        raise InputError(Problem(f"this play is of another version of `{record.case}`", path="case_hash"))
    table = Table(solved, record.seed, frozenset(record.people))
    rows = [Row(one.place, one.option, one.result, one.by) for one in record.moves]
    happenings = [Happening(one.place, one.title, one.text, one.set) for one in record.events]
    state = table.replay(rows, happenings)
    if state.outcome != record.outcome:
        raise InputError(
            Problem(f"the moves lead to `{state.outcome}`, not to `{record.outcome}` as the play says", path="outcome")
        )
    return table, state
