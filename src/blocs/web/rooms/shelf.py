"""Which cases can be played: those that ship, other views of them, and those in a folder of the host's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blocs.errors import InputError, Problem, nearest
from blocs.language.case import Case
from blocs.language.load import load_case
from blocs.library import list_cases, list_variants
from blocs.web.library.cards import all_cards
from blocs.web.publish.selection import choose

if TYPE_CHECKING:
    from blocs.web.site import Site


@dataclass(frozen=True)
class Entry:
    """A case as the forms offer it.

    Attributes
    ----------
    case : str
        The name by which it is asked for.
    title : str
    roles : dict from role to actor
    own : bool
        Whether it comes from the host's folder.
    why_not : str
        Why it cannot be played; empty where it can.
    """

    case: str
    title: str
    roles: dict[str, str]
    own: bool = False
    why_not: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {"case": self.case, "title": self.title, "roles": self.roles, "why_not": self.why_not or None}


class Shelf:
    """The cases of a server by name.

    Parameters
    ----------
    folder : Path, optional
        A case, or a folder of folders with cases, that are offered besides those that ship.

    Raises
    ------
    InputError
        With every problem in every case of the folder; also where one has the name of a case that ships.
    """

    def __init__(self, folder: Path | None = None) -> None:
        chosen = choose([str(folder)]) if folder is not None else []
        self._shipped = frozenset([*list_cases(), *list_variants()])
        taken = [
            Problem(f"a case that ships is called `{one.slug}` too", str(one.file), path="case", hint="rename yours")
            for one in chosen
            if one.slug in self._shipped
        ]
        if taken:
            raise InputError(taken)
        self._own = {one.slug: str(one.file) for one in chosen}
        self._loaded = {one.slug: one.case for one in chosen}

    def source(self, name: str) -> str:
        """Return what a case is loaded by: its name if it ships, else its file. Nothing else is ever opened.

        Raises
        ------
        InputError
            There is no such case.
        """
        if name in self._own:
            return self._own[name]
        if name in self._shipped:
            return name
        hint = nearest(name[:80], [*self._own, *self._shipped])
        raise InputError(Problem(f"there is no case `{name[:80]}`", hint=hint))

    def load(self, name: str) -> Case:
        """Return a case, read once.

        Raises
        ------
        InputError
            There is no such case.
        """
        if name not in self._loaded:
            self._loaded[name] = load_case(self.source(name))
        return self._loaded[name]

    @property
    def own(self) -> dict[str, Case]:
        """The cases of the folder, by name."""
        return {name: self._loaded[name] for name in self._own}

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All cases: those of the folder first, then the shipped ones by date, then other views of them."""
        own = [_entry(name, self._loaded[name], own=True) for name in self._own]
        shipped = [Entry(card.case, card.title, dict(card.roles)) for card in all_cards()]
        return (*own, *shipped, *(_entry(name, self.load(name)) for name in list_variants()))

    @cached_property
    def playable(self) -> tuple[Entry, ...]:
        """Those that can be played."""
        return tuple(one for one in self.entries if not one.why_not)

    @property
    def first(self) -> str:
        """The case that a form begins with."""
        return next(iter(self._own), "sino-albanian-1961")


def shelf_of(site: Site) -> Shelf:
    """Return the shelf of a server, which all of its parts share."""
    return site.shared("shelf", lambda: Shelf(site.settings.cases))


def _entry(name: str, case: Case, own: bool = False) -> Entry:
    return Entry(name, case.title or name, {role: one.actor for role, one in case.roles.items()}, own, why_not(case))


def why_not(case: Case) -> str:
    """Return why a case cannot be played, in a sentence; nothing where it can."""
    typed = list(case.theory_spec.types)
    if not typed:
        return ""
    roles = " and ".join(f"the {role}" for role in typed)
    verb = "has" if len(typed) == 1 else "have"
    return (
        f"{roles[:1].upper()}{roles[1:]} {verb} private types in it: players would have to be dealt one in secret, and "
        "solved players to revise what they believe after every move, which blocs cannot do at a table yet."
    )
