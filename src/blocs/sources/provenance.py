"""What rests on each sentence of a passage, and whether the passage is the one that a case was written with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from blocs.errors import Problem
from blocs.sources.citations import Citation, parse_citation
from blocs.sources.items import PassageRecord
from blocs.sources.passages import Passage

UseKind = Literal["fact", "event", "start", "context", "theory", "parameter"]
State = Literal["agrees", "differs", "moved", "missing", "unrecorded", "unread"]

STATES: dict[State, str] = {
    "agrees": "the sentence is the one that the case was written with",
    "differs": "the sentence is not the one that the case was written with",
    "moved": "the sentence stands at another number in the attached document",
    "missing": "the attached document has no sentence of this number",
    "unrecorded": "the bibliography records no fingerprint for the sentence",
    "unread": "no document is attached, so nothing was compared",
}
"""What may be found of a sentence."""


@dataclass(frozen=True)
class Use:
    """Something in a case or theory that rests on a source.

    Parameters
    ----------
    citation : str
        As written: ``key@s9``.
    kind : {"fact", "event", "start", "context", "theory", "parameter"}
    path : str
        Where in the document: ``history[3].source``.
    label : str
        What it says, for people: ``1961-05: base closed``.
    """

    citation: str
    kind: UseKind
    path: str
    label: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the use as plain values."""
        return {"citation": self.citation, "kind": self.kind, "path": self.path, "label": self.label}


@dataclass(frozen=True)
class SentenceReport:
    """What is known of one sentence.

    Parameters
    ----------
    number : int
    text : str
        Empty when no document is attached.
    fingerprint, expected : str
        Of the attached document and of the bibliography; empty when there is none.
    state : str
        One of `STATES`.
    uses : tuple of Use
        What rests on the sentence or a clause of it.
    clauses : tuple of (str, tuple of Use)
        For each clause the bibliography tells apart: its letter, and what rests on it (uses of the whole sentence
        count for each of its clauses).
    moved_to : int
        Number at which the sentence stands in the attached document, if it moved; otherwise zero.
    """

    number: int
    text: str
    fingerprint: str
    expected: str
    state: State
    uses: tuple[Use, ...]
    clauses: tuple[tuple[str, tuple[Use, ...]], ...] = ()
    moved_to: int = 0

    @property
    def unused_clauses(self) -> tuple[str, ...]:
        """Letters of the clauses that nothing rests on."""
        return tuple(letter for letter, uses in self.clauses if not uses)

    def to_json(self) -> dict[str, object]:
        """Return the report as plain values."""
        return {
            "number": self.number,
            "text": self.text,
            "fingerprint": self.fingerprint,
            "expected": self.expected,
            "state": self.state,
            "moved_to": self.moved_to,
            "uses": [use.to_json() for use in self.uses],
            "clauses": {letter: [use.to_json() for use in uses] for letter, uses in self.clauses},
        }


@dataclass(frozen=True)
class Provenance:
    """What rests on a passage, sentence by sentence.

    Parameters
    ----------
    key : str
        Key of the source.
    sentences : tuple of SentenceReport
    elsewhere : tuple of Use
        Uses that cite the source without naming a sentence.
    problems : tuple of Problem
        Errors: fingerprints that differ, sentences cited that do not exist. Warnings: what could not be compared.
    """

    key: str
    sentences: tuple[SentenceReport, ...]
    elsewhere: tuple[Use, ...]
    problems: tuple[Problem, ...]

    @property
    def unused(self) -> tuple[int, ...]:
        """Numbers of the sentences that nothing rests on."""
        return tuple(report.number for report in self.sentences if not report.uses)

    @property
    def unused_clauses(self) -> tuple[str, ...]:
        """Clauses that nothing rests on, such as ``s9b``."""
        return tuple(f"s{report.number}{letter}" for report in self.sentences for letter in report.unused_clauses)

    @property
    def verified(self) -> bool:
        """Whether every recorded sentence is in the attached document, at its place."""
        recorded = [report for report in self.sentences if report.expected]
        return bool(recorded) and all(report.state == "agrees" for report in recorded)

    def to_json(self) -> dict[str, object]:
        """Return the report as plain values."""
        return {
            "key": self.key,
            "verified": self.verified,
            "sentences": [report.to_json() for report in self.sentences],
            "unused": list(self.unused),
            "unused_clauses": list(self.unused_clauses),
            "elsewhere": [use.to_json() for use in self.elsewhere],
            "problems": [problem.to_json() for problem in self.problems],
        }


def provenance(
    key: str, uses: Iterable[Use], passage: Passage | None, expected: PassageRecord | None, file: str = ""
) -> Provenance:
    """Report what rests on each sentence of a passage, and compare it with the fingerprints of the bibliography.

    Parameters
    ----------
    key : str
        Key of the source.
    uses : iterable of Use
        Everything in the case and its theory that cites anything; uses of other sources are passed over.
    passage : Passage, optional
        The attached document; None when there is none.
    expected : PassageRecord, optional
        What the bibliography records of it; None when it records nothing.
    file : str
        Name of the file of the case, for problems.

    Returns
    -------
    Provenance
    """
    of_sentence: dict[int, list[tuple[Use, Citation]]] = {}
    elsewhere: list[Use] = []
    problems: list[Problem] = []
    for use in uses:
        try:
            citation = parse_citation(use.citation)
        except ValueError as error:
            problems.append(Problem(str(error), file=file, path=use.path))
            continue
        if citation.key != key:
            continue
        if not citation.sentences:
            elsewhere.append(use)
        for number in citation.sentences:
            of_sentence.setdefault(number, []).append((use, citation))
    count = max(len(passage.sentences) if passage else 0, expected.sentences if expected else 0)
    compared = _Comparison(passage, expected)
    reports = tuple(compared.report(number, of_sentence.get(number, [])) for number in range(1, count + 1))
    problems += _beyond(key, count, of_sentence, file)
    problems += _unknown_clauses(of_sentence, compared.clauses, file)
    problems += _disagreements(key, reports, passage, expected, file)
    return Provenance(key, reports, tuple(elsewhere), tuple(problems))


class _Comparison:
    """The attached document beside what the bibliography records."""

    def __init__(self, passage: Passage | None, expected: PassageRecord | None) -> None:
        self.passage = passage
        self.found = passage.fingerprints if passage else {}
        self.wanted = dict(expected.fingerprints) if expected else {}
        self.clauses = dict(expected.clauses) if expected else {}
        # of equal sentences the first; reversed, so that it is written last
        self.places = {value: number for number, value in reversed(self.found.items())}

    def report(self, number: int, cited: list[tuple[Use, Citation]]) -> SentenceReport:
        """Return what is known of a sentence."""
        state = self.state(number)
        letters = [chr(ord("a") + place) for place in range(self.clauses.get(number, 0))]
        clauses = tuple(
            (letter, tuple(use for use, citation in cited if letter in (citation.clauses_of(number) or letter)))
            for letter in letters
        )
        return SentenceReport(
            number,
            self.passage.sentences[number - 1].text if self.passage and number in self.found else "",
            self.found.get(number, ""),
            self.wanted.get(number, ""),
            state,
            tuple(use for use, _ in cited),
            clauses,
            self.places[self.wanted[number]] if state == "moved" else 0,
        )

    def state(self, number: int) -> State:
        """Compare a sentence with its record."""
        if self.passage is None:
            return "unread"
        if number not in self.wanted:
            return "unrecorded"
        if self.wanted[number] == self.found.get(number):
            return "agrees"
        if self.wanted[number] in self.places:
            return "moved"
        return "differs" if number in self.found else "missing"


def _beyond(key: str, count: int, of_sentence: dict[int, list[tuple[Use, Citation]]], file: str) -> list[Problem]:
    if not count:
        return []
    return [
        Problem(f"`{use.citation}`: the passage `{key}` has only {count} sentences", file=file, path=use.path)
        for number, cited in sorted(of_sentence.items())
        if number > count
        for use, _ in cited
    ]


def _unknown_clauses(
    of_sentence: dict[int, list[tuple[Use, Citation]]], clauses: dict[int, int], file: str
) -> list[Problem]:
    problems = []
    for number, cited in sorted(of_sentence.items()):
        last = chr(ord("a") + clauses.get(number, 26) - 1)
        for use, citation in cited:
            if any(letter > last for letter in citation.clauses_of(number)):
                message = f"`{use.citation}`: the clauses of s{number} are a to {last}"
                problems.append(Problem(message, file=file, path=use.path))
    return problems


def _disagreements(
    key: str, reports: tuple[SentenceReport, ...], passage: Passage | None, expected: PassageRecord | None, file: str
) -> list[Problem]:
    def told(message: str, hint: str = "", warning: bool = False) -> Problem:
        return Problem(message, file=file, path=key, hint=hint, severity="warning" if warning else "error")

    if passage is None:
        hint = f"attach it with `blocs sources attach {key} FILE`"
        return [told("no document is attached, so its fingerprints were not compared", hint, warning=True)]
    if expected is None:
        hint = "copy them from `blocs sources attach --json`"
        return [told("the bibliography records no fingerprints of the passage", hint, warning=True)]
    problems = []
    if len(passage.sentences) != expected.sentences:
        problems.append(
            told(f"the attached document has {len(passage.sentences)} sentences, the bibliography {expected.sentences}")
        )
    for report in reports:
        if report.state in ("differs", "missing"):
            problems.append(told(f"s{report.number}: {STATES[report.state]}"))
        elif report.state == "moved":
            problems.append(told(f"s{report.number}: the sentence is now s{report.moved_to}"))
    return problems
