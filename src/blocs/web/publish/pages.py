"""The pages of a site: the index, and a page for each case that is the page of its run inside the site's frame."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from blocs.report.html.page import finish, read, templates
from blocs.version import __version__
from blocs.web.figures.svg import both
from blocs.web.publish.bonds import DESK, PHONE, bonds
from blocs.web.publish.catalogue import Entry, search_index
from blocs.web.publish.descriptors import CRATE, PACKAGE
from blocs.web.publish.package import main_file, said_of
from blocs.web.publish.settings import OWN, Publication

PACKAGE_NAME = "blocs.web.publish"
# what was worked out stands between these in a page, and is taken from there when nothing of it has changed;
# whatever a case says is escaped, so that it cannot contain them
BEGIN, END = "<!-- what follows was worked out -->\n", "\n<!-- what was worked out ends -->"


def told_in(page: str) -> str | None:
    """Return the part of a page that was worked out, or None where it cannot be found."""
    start, end = page.find(BEGIN), page.rfind(END)
    return page[start + len(BEGIN) : end] if 0 <= start < end else None


def case_page(
    entry: Entry, told: str, files: Mapping[str, bytes], publication: Publication, around: Sequence[Entry | None]
) -> str:
    """Return the page of a case.

    Parameters
    ----------
    entry : Entry
    told : str
        What was worked out, as HTML.
    files : mapping from path to content
        The package that can be taken along.
    publication : Publication
    around : (Entry or None, Entry or None)
        The cases before and after it.
    """
    licence = publication.licence_of(entry.chosen.shipped)
    return finish(
        templates(PACKAGE_NAME).get_template("case.jinja"),
        read("report.js"),
        read("site.css", PACKAGE_NAME),
        told=Markup(BEGIN + told + END),
        entry=entry,
        site=publication,
        licence=licence,
        code_licence=OWN,
        before=around[0],
        after=around[1],
        files=_listed(entry, files),
        size=shown_size(len(files[f"{entry.chosen.slug}.zip"])),
        main=main_file(entry.chosen),
    )


def _listed(entry: Entry, files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    first = [main_file(entry.chosen), "citation.bib", "history.csv", "facts.csv", "outcomes.csv", "decisions.csv"]
    first += ["forecast.json", CRATE, PACKAGE]
    named = [name for name in first if name in files]
    named += sorted(name for name in files if name not in first and not name.endswith(".zip"))
    return [
        {
            "path": f"package/{name}",
            "name": name,
            "what": said_of(entry.chosen, name),
            "size": shown_size(len(files[name])),
        }
        for name in named
    ]


def shown_size(count: int) -> str:
    """Return a size in words."""
    return f"{count / 1e6:.1f} MB" if count >= 1_000_000 else f"{max(round(count / 1000), 1)} kB"


def index_page(entries: Sequence[Entry], publication: Publication) -> str:
    """Return the first page of a site."""
    ties = [entry.tie() for entry in entries]
    licences = {publication.licence_of(entry.chosen.shipped) for entry in entries}
    found = json.dumps(search_index(entries), ensure_ascii=False, separators=(",", ":"))
    return finish(
        templates(PACKAGE_NAME).get_template("index.jinja"),
        read("index.js", PACKAGE_NAME),
        read("site.css", PACKAGE_NAME),
        site=publication,
        entries=entries,
        network=both(bonds(ties, DESK), bonds(ties, PHONE)),
        outcomes=sorted({entry.card.outcome for entry in entries if entry.card.outcome}),
        earliest=min(entry.first for entry in entries),
        latest=max(entry.last for entry in entries),
        licence=licences.pop() if len(licences) == 1 else None,
        mixed=bool(licences),
        code_licence=OWN,
        # inside a script element nothing but this could end it
        found=Markup(found.replace("<", "\\u003c").replace("&", "\\u0026").replace(">", "\\u003e")),
        version=__version__,
    )
