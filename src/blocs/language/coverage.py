"""Provenance: which statements of a case rest on a source, which are assumed, and which on nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from blocs.language.case import Case
from blocs.language.document import Path


@dataclass(frozen=True)
class Statement:
    """Something that a case says, with what it rests on.

    Parameters
    ----------
    path : Path
        Where in the case; for a fact that the case leaves to the theory's default, where it would stand.
    kind : str
        ``fact``, ``event``, ``start``, ``prior`` or ``context``.
    label : str
        In words, short.
    sources : tuple of str
        Citations.
    assumed : str
        Why it is assumed.
    sketch : bool
        A bare value, not yet more than a sketch.
    """

    path: Path
    kind: str
    label: str
    sources: tuple[str, ...] = ()
    assumed: str = ""
    sketch: bool = False


@dataclass(frozen=True)
class Coverage:
    """How many statements of a case rest on sources, on assumptions, and on nothing."""

    sourced: int
    assumed: int
    missing: int

    @property
    def total(self) -> int:
        """All statements."""
        return self.sourced + self.assumed + self.missing

    def __str__(self) -> str:
        """Render as ``41 of 50 statements sourced, 6 assumed, 3 without either``."""
        return (
            f"{self.sourced} of {self.total} statements sourced, {self.assumed} assumed, {self.missing} without either"
        )


def statements(case: Case) -> Iterator[Statement]:
    """Yield what a case says that needs a source: facts, events, start values, priors and context."""
    for name, fact in case.facts.items():
        bare = fact.model_fields_set == {"value"}
        yield Statement(("facts", name), "fact", name, fact.source, fact.assumed or "", bare)
    for name, spec in case.theory_spec.facts.items():
        if name not in case.facts and spec.default is not None:
            yield Statement(("facts", name), "fact", name, spec.source, "" if spec.source else "the theory's default")
    for number, event in enumerate(case.history):
        label = f"{event.date} {event.role} {event.option}"
        yield Statement(("history", number), "event", label, event.source, event.assumed or "")
    for name, value in case.start.items():
        yield Statement(("start", name), "start", name, value.source, value.assumed or "")
    for name, prior in case.parameters.items():
        yield Statement(("parameters", name), "prior", name, prior.source, prior.assumed or "")
    for role, types in case.types.items():
        for name, prior in types.items():
            yield Statement(("types", role, name), "prior", f"{role} {name}", prior.source, prior.assumed or "")
    for number, remark in enumerate(case.context):
        label = f"{remark.date or ''} {remark.event[:40]}".strip()
        yield Statement(("context", number), "context", label, remark.source, remark.assumed or "")


def coverage(case: Case) -> Coverage:
    """Count the statements of a case by what they rest on."""
    found = list(statements(case))
    sourced = sum(bool(one.sources) for one in found)
    assumed = sum(not one.sources and bool(one.assumed) for one in found)
    return Coverage(sourced, assumed, len(found) - sourced - assumed)


__all__ = ["Coverage", "Statement", "coverage", "statements"]
