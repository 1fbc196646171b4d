"""A played game as a file: who played what, every move with how it came about; what people exchange and fit."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from blocs.errors import InputError, Problem
from blocs.language.fields import Label, Model, Name

FORMAT = "blocs-play"
# a long game is 2,000 steps of a few stages; a file larger than this is none of ours
MOST_BYTES = 16 << 20
MOST_MOVES = 100_000

MadeBy = Literal["person", "standing", "deadline", "solved", "only"]


class PlayedMove(Model):
    """One move of a played game."""

    place: int = Field(ge=0, lt=MOST_MOVES)
    date: str = Field(max_length=20)
    stage: str = Field(max_length=120)
    role: Name
    option: Name
    result: str = Field(default="", max_length=120)
    by: MadeBy


class PlayedEvent(Model):
    """Something that the host brought in before a place was played."""

    place: int = Field(ge=0, lt=MOST_MOVES)
    title: str = Field(max_length=120)
    text: str = Field(default="", max_length=2_000)
    set: dict[Name, str] = Field(default_factory=dict, max_length=60)


class PlayRecord(Model):
    """A played game.

    Attributes
    ----------
    case, case_hash : str
        The case, and the fingerprint of its content with its theory's.
    seed : int
        Of everything that was left to chance.
    people : dict from role to name
        Who played; the other roles were played by solved players.
    moves, events : tuples
    outcome : str or None
        How it ended; None where it was left before.
    """

    format: Literal["blocs-play"] = FORMAT
    format_version: Literal[1] = 1
    version: str = Field(max_length=40)
    case: Label
    case_hash: str = Field(pattern="^[0-9a-f]{64}$")
    theory: str = Field(max_length=120)
    seed: int = Field(ge=0, lt=2**31)
    people: dict[Name, str] = Field(max_length=60)
    moves: Annotated[tuple[PlayedMove, ...], Field(strict=False, max_length=MOST_MOVES)]
    events: Annotated[tuple[PlayedEvent, ...], Field(strict=False, max_length=1_000)] = ()
    outcome: str | None = Field(max_length=120)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return self.model_dump(mode="json")


def read_play(path: str | os.PathLike[str]) -> PlayRecord:
    """Read a played game.

    Raises
    ------
    InputError
        With everything that is wrong in the file.
    """
    file = Path(path)
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InputError(Problem(f"the file is larger than the {MOST_BYTES >> 20} MB of any play", os.fspath(path)))
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(Problem("the file is no text in UTF-8; expected a play as JSON", os.fspath(path))) from None
    except OSError as error:
        raise InputError(Problem(f"the file cannot be read: {error.strerror}", os.fspath(path))) from None
    return play_of(text, os.fspath(path))


def play_of(text: str, file: str = "") -> PlayRecord:
    """Read a played game from its text; see `read_play`."""
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line, column = getattr(error, "lineno", 0), getattr(error, "colno", 0)
        wanted = "this is no JSON; expected a play as `blocs play` keeps it and `blocs serve` exports it"
        raise InputError(Problem(wanted, file, line, column)) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputError(Problem(f'this is no play: it has no `"format": "{FORMAT}"`', file))
    try:
        return PlayRecord.model_validate(data)
    except ValidationError as error:
        raise InputError(
            [
                Problem(
                    f"{one['msg']}, found {str(one.get('input'))[:60]!r}",
                    file,
                    path=".".join(str(part) for part in one["loc"]),
                )
                for one in error.errors()[:20]
            ]
        ) from None
