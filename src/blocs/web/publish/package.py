"""What a reader takes along of a case: its files as they are written, its tables, its forecast and its citations."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from blocs.errors import InputError, Problem
from blocs.language.case import Case
from blocs.language.check_sources import bibliography_files
from blocs.library import ROOT
from blocs.report.citing import to_cite
from blocs.report.files import DECISION_FIELDS, OUTCOME_FIELDS, csv_text
from blocs.web.publish.selection import Chosen

Files = dict[str, bytes]
"""Path inside a package, with slashes -> content."""

# column -> type, as Frictionless tables name it
HISTORY: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("date", "role", "actor", "option", "result", "event", "sources", "assumed"), "string")
    | {"confidence": "number"}
    | dict.fromkeys(("dispute", "note"), "string")
)
FACTS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("fact", "value"), "string")
    | {"low": "number", "high": "number"}
    | dict.fromkeys(("sources", "assumed"), "string")
    | {"confidence": "number"}
    | dict.fromkeys(("dispute", "note"), "string")
)
_WORDS = {"outcome", "date", "stage", "role", "option", "likeliest", "event"}
TABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "history.csv": HISTORY,
        "facts.csv": FACTS,
        "outcomes.csv": {name: "string" if name in _WORDS else "number" for name in OUTCOME_FIELDS},
        "decisions.csv": {name: "string" if name in _WORDS else "number" for name in DECISION_FIELDS},
    }
)
"""Name of a table -> its columns with their types."""

SAID: Mapping[str, str] = MappingProxyType(
    {
        "history.csv": "The moves as they were coded, with their sources",
        "facts.csv": "The facts with ranges and sources",
        "outcomes.csv": "Probability of each outcome over draws",
        "decisions.csv": "The real decisions with the probability that the solution gave to each",
        "forecast.json": "The forecast, with certificate and everything needed to get it again",
        "citation.bib": "What a paper must cite: sources, methods and software, as BibTeX",
        "README.md": "The story of the case, how it was coded and what the model misses",
        "ro-crate-metadata.json": "The package described as an RO-Crate 1.1",
        "datapackage.json": "The package described as a Frictionless data package 2.0",
    }
)
"""Name of a file -> what it is."""

# a file of the case, of its theory or of a bibliography; the language takes no larger ones
MOST_BYTES = 5_000_000
# archives begin in 1980; a fixed time makes the same content the same file
_EARLIEST = (1980, 1, 1, 0, 0, 0)


def said_of(chosen: Chosen, name: str) -> str:
    """Return in words what a file of a package is."""
    if name == main_file(chosen):
        return "The case as it is written: who, when, facts, history and alternatives, each with its sources"
    return SAID.get(PurePosixPath(name).name, "Theory or bibliography, as it is written")


def main_file(chosen: Chosen) -> str:
    """Return where the case file stands in its package."""
    return _places(chosen)[chosen.file.resolve()]


def source_files(chosen: Chosen) -> Files:
    """Return the case, its bibliography, its account and its theory as they are written, comments and all.

    Files keep their places to each other, so that the case can be run where the package was unpacked. A theory that
    ships with blocs is found by its name; its text stands in the folder `theory`, to be read.

    Raises
    ------
    InputError
        A file cannot be read, is too large, or stands on another disk than the case.
    """
    found: Files = {}
    problems: list[Problem] = []
    for path, place in _places(chosen).items():
        try:
            if path.stat().st_size > MOST_BYTES:
                problems.append(Problem(f"larger than {MOST_BYTES:,} bytes", str(path)))
                continue
            found[place] = path.read_bytes()
        except OSError as error:
            problems.append(Problem(f"cannot be read: {error.strerror or error}", str(path)))
    if problems:
        raise InputError(problems)
    return found


def _places(chosen: Chosen) -> dict[Path, str]:
    case = chosen.case
    parts = [Path(one.file) for origins in (case.origins, case.whole_theory.origins) for one in origins.documents()]
    lists = [Path(one) for origins in (case.origins, case.whole_theory.origins) for one in bibliography_files(origins)]
    account = chosen.file.parent / "README.md"
    paths = dict.fromkeys(path.resolve() for path in (*parts, *lists, *([account] if account.is_file() else [])))
    theories = ROOT / "theories"
    own = [path for path in paths if not path.is_relative_to(theories)]
    try:
        root = Path(os.path.commonpath([path.parent for path in own]))
    except ValueError:
        raise InputError(Problem("the files of the case stand on different disks", str(chosen.file))) from None
    return {
        path: str(PurePosixPath(*path.relative_to(root).parts))
        if path in own
        else f"theory/{PurePosixPath(*path.relative_to(theories).parts)}"
        for path in paths
    }


def table_files(case: Case) -> Files:
    """Return the history and the facts as tables, and what to cite."""
    events = [
        {
            "date": event.date,
            "role": event.role,
            "actor": case.roles[event.role].actor if event.role in case.roles else "",
            "option": event.option,
            "result": event.result or "",
            "event": event.event,
            "sources": "; ".join(event.source),
            "assumed": event.assumed or "",
            "confidence": event.confidence,
            "dispute": event.dispute or "",
            "note": event.note or "",
        }
        for event in case.history
    ]
    facts = [
        {
            "fact": name,
            "value": str(fact.value).lower() if isinstance(fact.value, bool) else fact.value,
            "low": fact.range[0] if fact.range else "",
            "high": fact.range[1] if fact.range else "",
            "sources": "; ".join(fact.source),
            "assumed": fact.assumed or "",
            "confidence": "" if fact.confidence is None else fact.confidence,
            "dispute": fact.dispute or "",
            "note": fact.note or "",
        }
        for name, fact in case.facts.items()
    ]
    return {
        "history.csv": csv_text(tuple(HISTORY), events).encode(),
        "facts.csv": csv_text(tuple(FACTS), facts).encode(),
        "citation.bib": to_cite(case).text("bibtex").encode(),
    }


def archive(files: Files, folder: str) -> bytes:
    """Return files as a ZIP archive with one folder at its top; the same files give the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(files):
            record = zipfile.ZipInfo(f"{folder}/{name}", _EARLIEST)
            record.compress_type = zipfile.ZIP_DEFLATED
            record.external_attr = 0o644 << 16
            packed.writestr(record, files[name])
    return stream.getvalue()
