"""The package of a case described for machines: as an RO-Crate 1.1 and as a Frictionless data package 2.0.

References: RO-Crate Metadata Specification 1.1 (https://w3id.org/ro/crate/1.1) and the Data Package standard
(https://datapackage.org/standard/data-package/). Both descriptors stand at the top of the package and tell of the same
files.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from blocs.report.citing import to_cite
from blocs.report.html.references import address_of
from blocs.report.numbers import json_text
from blocs.sources.apa import reference
from blocs.version import __version__
from blocs.web.publish.package import TABLES, Files, main_file, said_of
from blocs.web.publish.selection import Chosen
from blocs.web.publish.settings import Licence, Publication

CRATE, PACKAGE = "ro-crate-metadata.json", "datapackage.json"
_MEDIA: Mapping[str, str] = {
    ".yaml": "application/yaml",
    ".csv": "text/csv",
    ".json": "application/json",
    ".bib": "application/x-bibtex",
    ".md": "text/markdown",
}


def described(chosen: Chosen, files: Files, publication: Publication, date: str) -> Files:
    """Return the two descriptors of a package.

    Parameters
    ----------
    chosen : Chosen
    files : dict from path to content
        Everything in the package but the descriptors.
    publication : Publication
    date : str
        When the case was published: ``2026-05-17``.
    """
    return {
        CRATE: json_text(_crate(chosen, files, publication, date)).encode(),
        PACKAGE: json_text(_data_package(chosen, files, publication, date)).encode(),
    }


def _media(name: str) -> str:
    return _MEDIA.get(PurePosixPath(name).suffix, "application/octet-stream")


def _summary(chosen: Chosen) -> str:
    return " ".join(chosen.case.summary.split()) or chosen.title


def _crate(chosen: Chosen, files: Files, publication: Publication, date: str) -> dict[str, Any]:
    licence, case = publication.licence_of(chosen.shipped), chosen.case
    labels = case.calendar.labels()
    authors = [{"@id": f"#author-{i}", "@type": "Person", "name": name} for i, name in enumerate(publication.authors)]
    cited = [
        {"@id": f"#source-{quote(item.key)}", "@type": "CreativeWork", "name": reference(item)}
        | ({"url": address_of(item)} if address_of(item) else {})
        for item in to_cite(case).sources
    ]
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "name": chosen.title,
        "description": _summary(chosen),
        "datePublished": date,
        "temporalCoverage": f"{labels[0][:4]}/{labels[-1][:4]}",
        "keywords": ", ".join(_keywords(chosen)),
        "hasPart": [{"@id": quote(name)} for name in sorted(files)],
        "citation": [{"@id": one["@id"]} for one in cited],
    }
    more: list[dict[str, Any]] = []
    if licence is not None:
        root["license"] = {"@id": _licence_id(licence)}
        more.append({"@id": _licence_id(licence), "@type": "CreativeWork", "name": licence.title})
    if authors:
        root["author"] = [{"@id": one["@id"]} for one in authors]
    parts = [
        {
            "@id": quote(name),
            "@type": "File",
            "name": PurePosixPath(name).name,
            "description": said_of(chosen, name),
            "encodingFormat": _media(name),
            "contentSize": str(len(files[name])),
        }
        for name in sorted(files)
    ]
    software = {
        "@id": "#blocs",
        "@type": "SoftwareApplication",
        "name": "blocs",
        "version": __version__,
        "softwareVersion": __version__,
        "license": {"@id": "https://www.apache.org/licenses/LICENSE-2.0"},
    }
    run = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"Solved over {publication.draws_for(case)} draws, seed {publication.seed}",
        "instrument": {"@id": "#blocs"},
        "object": [{"@id": quote(main_file(chosen))}],
        "result": [{"@id": name} for name in ("forecast.json", "outcomes.csv", "decisions.csv") if name in files],
    }
    terms = {
        "@id": "https://www.apache.org/licenses/LICENSE-2.0",
        "@type": "CreativeWork",
        "name": "Apache License 2.0",
    }
    if terms["@id"] not in [one["@id"] for one in more]:
        more.append(terms)
    descriptor = {
        "@id": CRATE,
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    return {
        "@context": "https://w3id.org/ro/crate/1.1/context",
        "@graph": [descriptor, root, *parts, *authors, *more, software, run, *cited],
    }


def _licence_id(licence: Licence) -> str:
    return licence.address or "#licence"


def _keywords(chosen: Chosen) -> list[str]:
    actors = [actor.actor for actor in chosen.case.roles.values()]
    return list(dict.fromkeys([*actors, "alliance", "crisis", chosen.case.theory_spec.theory]))


def _data_package(chosen: Chosen, files: Files, publication: Publication, date: str) -> dict[str, Any]:
    licence, case = publication.licence_of(chosen.shipped), chosen.case
    found: dict[str, Any] = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": chosen.slug,
        "title": chosen.title,
        "description": _summary(chosen),
        "created": f"{date}T00:00:00Z",
        "keywords": _keywords(chosen),
        "resources": [_resource(chosen, name, files[name]) for name in sorted(files)],
    }
    if licence is not None:
        named = {"name": licence.name or re.sub(r"[^A-Za-z0-9._-]+", "-", licence.title).strip("-") or "other"}
        found["licenses"] = [named | {"title": licence.title} | ({"path": licence.address} if licence.address else {})]
    if publication.authors:
        found["contributors"] = [{"title": name, "roles": ["creator"]} for name in publication.authors]
    sources = [
        {"title": reference(item)} | ({"path": address_of(item)} if address_of(item) else {})
        for item in to_cite(case).sources
    ]
    if sources:
        found["sources"] = sources
    return found


def _resource(chosen: Chosen, name: str, content: bytes) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "name": re.sub(r"[^-a-z0-9._]+", "-", name.lower()),
        "path": name,
        "description": said_of(chosen, name),
        "format": PurePosixPath(name).suffix.lstrip("."),
        "mediatype": _media(name),
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }
    if name in TABLES:
        resource["type"] = "table"
        resource["schema"] = {
            "fields": [{"name": column, "type": kind} for column, kind in TABLES[name].items()],
            "missingValues": [""],
        }
    return resource
