"""A library of two small cases, one with words that try to break out, published once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.report.quarrel import CASE, write_quarrel

from blocs.web.publish.build import Published, publish
from blocs.web.publish.selection import choose
from blocs.web.publish.settings import Licence, Publication

README = """# Not shown

## What happened

It was <script>alert(7)</script> & *bitter*. See [the file](case.yaml), [the paper](https://example.org/paper) and
[worse](javascript:alert(8)). ![a picture](https://example.org/picture.png)

| what | how |
|---|---|
| the base | <b>lost</b> |

## Sources

- not shown either
"""
PUBLICATION = Publication(
    title="A library </title><script>alert(5)</script>",
    authors=("A. <b>Scholar</b>", "B. Other"),
    licence=Licence.of("CC-BY-4.0"),
    draws=4,
    command="blocs publish site --cases cases",
)


def write_library(folder: Path) -> Path:
    write_quarrel(folder / "first")
    (folder / "first" / "README.md").write_text(README, encoding="utf-8")
    plain = CASE.replace("case: small", "case: ../../Ünnamed/<other>").replace('alert("title")', "")
    plain = plain.replace('start: "1960-01"', 'start: "1960-02"').replace("outcome: gone", "outcome: loyal")
    file = write_quarrel(folder / "second")
    file.write_text(plain, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_library(tmp_path_factory.mktemp("library") / "cases")


@pytest.fixture(scope="session")
def published(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    place = tmp_path_factory.mktemp("published") / "site"
    return publish(place, choose([str(library)]), PUBLICATION, threads=1)


@pytest.fixture(scope="session")
def site(published: Published) -> Path:
    return published.folder
