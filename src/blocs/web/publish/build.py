"""Make a site: solve what has changed since it was made last, take over the rest, and put it in place at once."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import blocs
from blocs.errors import NumericalError
from blocs.language.identity import content_hash
from blocs.library import ROOT
from blocs.report.citing import bibliographies
from blocs.report.files import csv_text, write_run
from blocs.report.findings import Findings
from blocs.report.html.page import content, templates
from blocs.report.numbers import json_text
from blocs.sources.bibtex import to_bibtex
from blocs.version import __version__
from blocs.web.publish.catalogue import Entry, entry_of
from blocs.web.publish.descriptors import described
from blocs.web.publish.folder import Folder, opened
from blocs.web.publish.package import Files, archive, main_file, source_files, table_files
from blocs.web.publish.pages import case_page, index_page, told_in
from blocs.web.publish.selection import Chosen
from blocs.web.publish.settings import Publication
from blocs.web.publish.story import readme_of, story_html

Progress = Callable[[int, int], None]

SOLVED = ("forecast.json", "outcomes.csv", "decisions.csv")
"""The files of a package that only solving gives."""

# of a case's share of the progress, what solving takes; the rest is explanations, alternatives and figures
_STEPS, _SOLVING = 100, 55
_SOFTWARE = (".py", ".jinja", ".css", ".js", ".yaml", ".json")


@dataclass(frozen=True)
class Published:
    """What was done.

    Attributes
    ----------
    folder : Path
    entries : tuple of Entry
    solved : tuple of str
        Names of the folders of the cases that were solved; the others were taken over.
    removed : tuple of str
        Files of the earlier site that are gone.
    files, size : int
        How many files there are, and their bytes.
    seconds : float
    """

    folder: Path
    entries: tuple[Entry, ...]
    solved: tuple[str, ...]
    removed: tuple[str, ...]
    files: int
    size: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the keys of ``blocs publish --json``."""
        return {
            "folder": str(self.folder),
            "index": str(self.folder / "index.html"),
            "version": __version__,
            "cases": [{**entry.to_json(), "solved": entry.chosen.slug in self.solved} for entry in self.entries],
            "solved": len(self.solved),
            "kept": len(self.entries) - len(self.solved),
            "removed": list(self.removed),
            "files": self.files,
            "bytes": self.size,
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class _Solved:
    """What solving a case gave, or the site had of it."""

    told: str
    files: Files
    date: str

    @property
    def outcomes(self) -> dict[str, float]:
        return {name: float(one["mean"]) for name, one in json.loads(self.files["forecast.json"])["outcomes"].items()}


def publish(
    folder: str | os.PathLike[str],
    chosen: Sequence[Chosen],
    publication: Publication,
    progress: Progress | None = None,
    threads: int = 0,
) -> Published:
    """Write the site of some cases.

    Parameters
    ----------
    folder : path
        A new or empty folder, or one that was published into before. It is whole at every moment.
    chosen : sequence of Chosen
        In the order of the index; at least one.
    publication : Publication
    progress : callable (done, total), optional
    threads : int

    Raises
    ------
    InputError
        The folder holds something else or cannot be written, or a file of a case cannot be read.
    NumericalError
        A case has no valid solution; the site is as it was.
    """
    began = time.monotonic()
    with opened(Path(folder)) as site:
        keys = {one.slug: key_of(one, publication) for one in chosen}
        kept = {one.slug: found for one in chosen if (found := _kept(site, one, keys[one.slug])) is not None}
        todo = [one for one in chosen if one.slug not in kept]
        solved: dict[str, _Solved] = {}
        for number, one in enumerate(todo):
            report = _share(progress, number, len(todo))
            solved[one.slug] = _solve(one, publication, site, report, threads)
        if progress is not None and todo:
            progress(_STEPS * len(todo), _STEPS * len(todo))
        results = {one.slug: kept.get(one.slug) or solved[one.slug] for one in chosen}
        entries = [entry_of(one, results[one.slug].outcomes) for one in chosen]
        before, after = [None, *entries[:-1]], [*entries[1:], None]
        for entry, around in zip(entries, zip(before, after, strict=True), strict=True):
            _write_case(site, entry, results[entry.chosen.slug], publication, around)
        _write_index(site, entries, publication)
        cases = {one.slug: {"key": keys[one.slug], "date": results[one.slug].date} for one in chosen}
        removed = site.finish({"blocs": __version__, "title": publication.title, "cases": cases})
        size = sum((site.place / path).stat().st_size for path in site.hashes)
        seconds = time.monotonic() - began
        return Published(Path(folder), tuple(entries), tuple(solved), tuple(removed), len(site.hashes), size, seconds)


def key_of(chosen: Chosen, publication: Publication) -> str:
    """Return a hash of everything that what is worked out depends on.

    That is the case with its theory, the works that they cite, the account beside it, how many draws from which seed,
    and the software with the fits that ship with it.
    """
    case = chosen.case
    inputs = {
        "case": content_hash(case),
        "works": bibliographies(case).to_csl_json(),
        "account": readme_of(chosen.file),
        "command": _command(chosen, publication),
        "draws": publication.draws_for(case),
        "seed": publication.seed,
        "software": _software(),
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()


@cache
def _software() -> str:
    """Return a hash of blocs itself, its theories and the fits that ship with it; what cases say is not in it."""
    home, found = ROOT.parent, hashlib.sha256(__version__.encode())
    for path in sorted(home.rglob("*")):
        place = path.relative_to(home)
        if path.suffix in _SOFTWARE and not (path.suffix == ".yaml" and "cases" in place.parts) and path.is_file():
            found.update(str(place).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def _command(chosen: Chosen, publication: Publication) -> str:
    """Return the command line that gives the same numbers, where the package was unpacked."""
    name = chosen.case.case if chosen.shipped else main_file(chosen)
    return f"blocs run {name} --draws {publication.draws_for(chosen.case)} --seed {publication.seed}"


def _kept(site: Folder, chosen: Chosen, key: str) -> _Solved | None:
    """Return what the old site has of a case, where nothing that it depends on has changed and all of it is there."""
    recorded = site.old.get("cases", {}).get(chosen.slug, {})
    page = site.kept(f"cases/{chosen.slug}/index.html")
    if recorded.get("key") != key or page is None:
        return None
    files = {name: site.kept(f"cases/{chosen.slug}/package/{name}") for name in SOLVED}
    told = told_in(page.decode("utf-8"))
    found = {name: data for name, data in files.items() if data is not None}
    if told is None or not {"forecast.json", "outcomes.csv"} <= set(found):
        return None
    if chosen.case.history and "decisions.csv" not in found:
        return None
    return _Solved(told, found, str(recorded.get("date", "")))


def _share(progress: Progress | None, number: int, cases: int) -> Progress | None:
    if progress is None:
        return None

    def report(done: int, total: int) -> None:
        progress(_STEPS * number + _STEPS * done // max(total, 1), _STEPS * cases)

    return report


def _solve(chosen: Chosen, publication: Publication, site: Folder, report: Progress | None, threads: int) -> _Solved:
    def solving(done: int, total: int) -> None:
        if report is not None:
            report(_SOLVING * done, _STEPS * total)

    def reached(share: int) -> None:
        if report is not None:
            report(share, _STEPS)

    try:
        run = blocs.run(
            chosen.case,
            draws=publication.draws_for(chosen.case),
            seed=publication.seed,
            progress=solving,
            threads=threads,
        )
        findings = Findings(run, _command(chosen, publication), threads=threads)
        # each is worked out when it is first asked for; asked in turn here, so that a bar moves on
        for share, result in enumerate(("roads_not_taken", "comparison", "tornado"), start=1):
            reached(_SOLVING + share * (_STEPS - _SOLVING) // 4)
            getattr(findings, result)
        story = story_html(readme_of(chosen.file))
        told = templates().get_template("told.jinja").render(**content(findings, story))
    except NumericalError as error:
        raise NumericalError(f"{chosen.case.case}: {error}") from error
    written = write_run(run, site.new / "cases" / chosen.slug / "package")
    return _Solved(told, {path.name: path.read_bytes() for path in written}, _today())


def _today() -> str:
    """Return the date of publishing; ``SOURCE_DATE_EPOCH`` sets it, as for other tools that build the same twice."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    when = (
        datetime.datetime.fromtimestamp(int(fixed), datetime.UTC)
        if fixed.isdecimal() and len(fixed) < 12
        else datetime.datetime.now(datetime.UTC)
    )
    return when.date().isoformat()


def _write_case(
    site: Folder, entry: Entry, solved: _Solved, publication: Publication, around: tuple[Entry | None, Entry | None]
) -> None:
    chosen = entry.chosen
    files = {**source_files(chosen), **table_files(chosen.case), **solved.files}
    files |= described(chosen, files, publication, solved.date)
    home = f"cases/{chosen.slug}"
    for name, data in files.items():
        site.write(f"{home}/package/{name}", data)
    packed = f"{chosen.slug}.zip"
    files[packed] = archive(files, chosen.slug)
    site.write(f"{home}/{packed}", files[packed])
    site.write(f"{home}/index.html", case_page(entry, solved.told, files, publication, around))


_LIBRARY = (
    "case", "title", "from", "to", "theory", "patron", "client", "rival", "outcome", "probability", "likeliest",
    "likeliest_probability", "page",
)  # fmt: skip


def _write_index(site: Folder, entries: Sequence[Entry], publication: Publication) -> None:
    rows = [{**entry.to_json(), **entry.card.roles} for entry in entries]
    site.write("library.csv", csv_text(_LIBRARY, rows))
    site.write("library.json", json_text({"title": publication.title, "cases": [one.to_json() for one in entries]}))
    works: dict[str, Any] = {}
    for entry in entries:
        for item in bibliographies(entry.chosen.case):
            works.setdefault(item.key, item)
    site.write("library.bib", to_bibtex(works.values()))
    site.write("index.html", index_page(entries, publication))
