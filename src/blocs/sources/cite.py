"""What a paper must cite that rests on a case: its sources, the methods used, and blocs itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from blocs.errors import InputError, Problem, nearest
from blocs.sources.bibliography import Bibliography
from blocs.sources.citations import parse_citation
from blocs.sources.items import Date, Item, Name
from blocs.sources.methods import methods_used

Style = Literal["bibtex", "apa"]
STYLES: tuple[Style, ...] = ("bibtex", "apa")


@dataclass(frozen=True)
class ToCite:
    """References in three groups.

    Parameters
    ----------
    sources : Bibliography
        What the case rests on.
    methods : Bibliography
        What the computation rests on.
    software : Bibliography
        blocs itself.
    """

    sources: Bibliography
    methods: Bibliography
    software: Bibliography

    @property
    def groups(self) -> tuple[tuple[str, Bibliography], ...]:
        """Title and references of each group that has any."""
        named = (("Sources of the case", self.sources), ("Methods", self.methods), ("Software", self.software))
        return tuple((title, group) for title, group in named if len(group))

    def text(self, style: str = "bibtex") -> str:
        """Return the references as text.

        Parameters
        ----------
        style : {"bibtex", "apa"}
        """
        if style == "bibtex":
            return "\n".join(f"% {title}\n\n{group.to_bibtex()}" for title, group in self.groups)
        if style == "apa":
            return "\n".join(f"{title}\n\n" + "\n".join(group.format()) + "\n" for title, group in self.groups)
        raise InputError(Problem(f"no style `{style[:60]}`", hint=nearest(style, STYLES) or "use bibtex or apa"))

    def to_json(self) -> dict[str, list[dict[str, object]]]:
        """Return the groups as CSL-JSON."""
        return {
            "sources": self.sources.to_csl_json(),
            "methods": self.methods.to_csl_json(),
            "software": self.software.to_csl_json(),
        }


def what_to_cite(
    bibliography: Bibliography,
    version: str,
    citations: Iterable[str] | None = None,
    features: Iterable[str] = (),
    method_keys: Iterable[str] = (),
    year: int | None = None,
) -> ToCite:
    """Collect what a paper must cite.

    Parameters
    ----------
    bibliography : Bibliography
        Of the case.
    version : str
        Version of blocs.
    citations : iterable of str, optional
        Citations in the case, such as ``key@s9``; sources that nothing cites are then left out. None takes all.
    features : iterable of str
        What the computation used; see `blocs.sources.methods.FEATURES`.
    method_keys : iterable of str
        Keys of further references of methods.
    year : int, optional
        In which that version of blocs came out.

    Returns
    -------
    ToCite

    Raises
    ------
    InputError
        When a citation cannot be read, or a key or feature is unknown; all are told.
    """
    problems: list[Problem] = []
    keys: dict[str, None] = {}
    for text in citations or ():
        try:
            key = parse_citation(text).key
        except ValueError as error:
            problems.append(Problem(str(error), file=bibliography.file))
            continue
        if key not in bibliography:
            where = bibliography.file or "the bibliography"
            problems.append(Problem(f"`{key}` is not in {where}", hint=nearest(key, bibliography.keys())))
        keys[key] = None
    try:
        methods = methods_used(features, method_keys)
    except InputError as error:
        methods = Bibliography()
        problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    sources = bibliography if citations is None else bibliography.only(keys)
    return ToCite(sources, methods, Bibliography((software_item(version, year),)))


def software_item(version: str, year: int | None = None) -> Item:
    """Return the reference of blocs itself."""
    fields: tuple[tuple[str, str | Date | tuple[Name, ...]], ...] = (
        ("author", (Name(literal="The blocs developers"),)),
        ("title", "blocs: A laboratory for crises inside alliance blocs"),
        ("version", version),
        ("issued", Date((year,) if year else ())),
    )
    return Item("blocs", "software", fields)
