"""How moves are named in text, ``stage: option`` or ``1960-07 patron back_coup``, and finding them in a theory."""

from __future__ import annotations

from dataclasses import dataclass

from blocs.language.findings import closest
from blocs.language.theory import Option, Stage, Theory


@dataclass(frozen=True)
class OptionName:
    """An option, with its stage where it is given."""

    option: str
    stage: str | None = None


@dataclass(frozen=True)
class ForcedMove:
    """A move that must be made: when, by whom, what."""

    date: str
    role: str
    option: str
    stage: str | None = None


@dataclass(frozen=True)
class Move:
    """An option in its place in a theory: number of the stage, role, name."""

    stage: int
    role: str
    option: str


def parse_option(text: str) -> OptionName:
    """Read ``option`` or ``stage: option``."""
    stage, colon, option = text.rpartition(":")
    return OptionName(option.strip(), stage.strip() if colon else None)


def parse_force(text: str) -> ForcedMove:
    """Read ``DATE ROLE OPTION`` or ``DATE ROLE STAGE: OPTION``.

    Raises
    ------
    ValueError
        With what was expected.
    """
    parts = text.split(None, 2)
    if len(parts) < 3:
        raise ValueError("expected date, role and option, such as `1960-07 patron back_coup`")
    named = parse_option(parts[2])
    if not named.option or " " in named.option:
        raise ValueError("expected date, role and option, such as `1960-07 patron back_coup`")
    return ForcedMove(parts[0], parts[1], named.option, named.stage)


def find_move(theory: Theory, option: str, stage: str | None = None, role: str | None = None) -> Move:
    """Return the one place in a theory where an option is meant.

    Parameters
    ----------
    theory : Theory
    option : str
    stage : str, optional
        Needed where the option stands in several stages.
    role : str, optional
        Who chooses it.

    Raises
    ------
    LookupError
        There is none, or there are several; with message and hint as its two arguments.
    """
    names = [one.stage for one in theory.stages]
    if role is not None and role not in theory.roles:
        raise LookupError(f"the theory has no role `{role}`", closest(role, theory.roles))
    if stage is not None and stage not in names:
        raise LookupError(f"the theory has no stage `{stage}`", closest(stage, names))
    everywhere = [Move(number, who, name) for number, who, name, _ in theory.moves()]
    here = [
        move
        for move in everywhere
        if (role is None or move.role == role) and (stage is None or names[move.stage] == stage)
    ]
    found = [move for move in here if move.option == option]
    if len(found) == 1:
        return found[0]
    if found:
        stages = ", ".join(f"`{names[move.stage]}`" for move in found)
        raise LookupError(f"`{option}` stands in several stages: {stages}", "say which stage is meant")
    owner = f"`{role}`" if role is not None else "the theory"
    where = f" in the stage `{stage}`" if stage is not None else ""
    others = [move for move in everywhere if move.option == option]
    if others:
        first = others[0]
        hint = f"`{first.role}` has it in the stage `{names[first.stage]}`"
    else:
        hint = closest(option, dict.fromkeys(move.option for move in here))
    raise LookupError(f"{owner} has no option `{option}`{where}", hint)


def option_at(theory: Theory, move: Move) -> Option:
    """Return the option at a place."""
    stage = theory.stages[move.stage]
    return stage.options[move.option] if isinstance(stage, Stage) else stage.options[move.role][move.option]
