"""A published site: whole, escaped, alone, described as the standards ask, and made anew only where something changed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
from tests.report.reader import Reader
from tests.web.publish.conftest import write_library

import blocs
from blocs.cli import main
from blocs.errors import NumericalError
from blocs.language.identity import content_hash
from blocs.web.publish import build
from blocs.web.publish.build import publish
from blocs.web.publish.pages import told_in
from blocs.web.publish.selection import choose

SLUGS = ["small", "unnamed-other"]
CASES = [f"cases/{slug}/index.html" for slug in SLUGS]
PAGES = ["index.html", *CASES]


def text_of(site: Path, page: str) -> str:
    return (site / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_well_formed_and_every_link_leads_somewhere_in_the_folder(site: Path, page: str) -> None:
    elements = Reader(text_of(site, page)).elements
    seen = 0
    for tag, attrs in elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base") and "src" not in attrs
        assert not [name for name in attrs if name.startswith("on")]
        if "href" not in attrs or tag == "use":
            continue
        assert tag == "a"
        target = urlsplit(str(attrs["href"]))
        if target.scheme:
            assert target.scheme == "https" and "noopener" in str(attrs["rel"])
            continue
        seen += 1
        file = (site / page).parent / unquote(target.path) if target.path else site / page
        assert file.resolve().is_relative_to(site.resolve()) and file.is_file(), attrs["href"]
        if target.fragment:
            ids = [one.get("id") for _, one in Reader(file.read_text(encoding="utf-8")).elements]
            assert ids.count(unquote(target.fragment)) == 1, attrs["href"]
    assert seen > 10


@pytest.mark.parametrize("page", PAGES)
def test_words_of_cases_and_publishers_stay_words(site: Path, page: str) -> None:
    text = text_of(site, page)
    own = 2 if page == "index.html" else 1  # the index has its words for the search beside its program
    assert text.count("<script") == own
    assert "default-src 'none'" in text and not re.search(r"url\((?!#)|@import", text)
    assert "&lt;script&gt;alert(5)" in text
    assert not re.search(r"<(img|b|i|u|iframe)\b", text)
    assert text.count("</title>") == 1 + text.count("<title>", text.index("<body"))


def test_the_index_has_each_case_in_the_network_and_as_a_card(site: Path) -> None:
    text = text_of(site, "index.html")
    links = [
        attrs for tag, attrs in Reader(text).elements if tag == "a" and str(attrs.get("href", "")).startswith("cases/")
    ]
    # the network is drawn for a desk and for a phone, and each case has a card
    assert sorted(str(one["href"]) for one in links) == sorted(CASES * 3)
    found = json.loads(re.search(r'id="found">(.*?)</script>', text, re.DOTALL)[1])  # type: ignore[index]
    assert list(found) == SLUGS
    assert any("alert(4)" in words for _, words in found["small"]), "searched as it was written"
    assert "By A. &lt;b&gt;Scholar&lt;/b&gt; and B. Other." in text and "Attribution 4.0" in text


def test_a_page_tells_the_story_and_where_each_piece_comes_from(site: Path) -> None:
    text = text_of(site, CASES[0])
    assert "It was &lt;script&gt;alert(7)&lt;/script&gt; &amp; <em>bitter</em>" in text
    assert '<a href="https://example.org/paper" rel="noopener noreferrer">the paper</a>' in text
    assert "javascript:" not in re.sub(r"\[worse\]\(javascript:alert\(8\)\)", "", text)
    assert "Not shown" not in text and "not shown either" not in text and 'picture.png">' not in text
    assert ">Kola 1962, p. 4</a>" in text and "Why there was no invasion" in text
    assert "blocs run case.yaml --draws 4 --seed 0" in text
    assert content_hash(blocs.load(Path(site) / "cases/small/package/case.yaml")) in text


def test_the_forecast_is_that_of_the_command_line(
    site: Path, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(library / "first"), "--draws", "4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    written = json.loads(text_of(site, "cases/small/package/forecast.json"))
    assert written["outcomes"] == told["outcomes"] and written["history"] == told["history"]
    rows = list(csv.DictReader(io.StringIO(text_of(site, "library.csv"))))
    assert [row["page"] for row in rows] == CASES
    assert float(rows[0]["probability"]) == told["outcomes"]["gone"]["mean"]


# what the Data Package standard 2.0 requires, and the patterns of version 1 that older readers hold to
DATA_PACKAGE: dict[str, Any] = {
    "type": "object",
    "required": ["resources", "name", "licenses"],
    "properties": {
        "$schema": {"const": "https://datapackage.org/profiles/2.0/datapackage.json"},
        "name": {"type": "string", "pattern": r"^[-a-z0-9._/]+$"},
        "created": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "keywords": {"type": "array", "minItems": 1, "items": {"type": "string"}},
        "licenses": {
            "type": "array",
            "minItems": 1,
            "items": {"anyOf": [{"required": ["name"]}, {"required": ["path"]}]},
        },
        "contributors": {"type": "array", "minItems": 1, "items": {"required": ["title"]}},
        "sources": {"type": "array", "minItems": 1, "items": {"required": ["title"]}},
        "resources": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name", "path"],
                "properties": {
                    "name": {"type": "string", "pattern": r"^[-a-z0-9._/]+$"},
                    "path": {"type": "string", "pattern": r"^(?=^[^./~])(^((?!\.{2}).)*$).*$"},
                    "hash": {"type": "string", "pattern": r"^[a-z0-9]+:[a-f0-9]+$"},
                    "bytes": {"type": "integer"},
                    "type": {"const": "table"},
                    "schema": {
                        "required": ["fields"],
                        "properties": {
                            "fields": {
                                "minItems": 1,
                                "items": {
                                    "required": ["name"],
                                    "properties": {"type": {"enum": ["string", "number", "integer", "boolean"]}},
                                },
                            }
                        },
                    },
                },
            },
        },
    },
}


@pytest.mark.parametrize("slug", SLUGS)
def test_the_data_package_is_valid_and_tells_of_the_files_as_they_are(site: Path, slug: str) -> None:
    home = site / "cases" / slug / "package"
    package = json.loads((home / "datapackage.json").read_bytes())
    jsonschema.validate(package, DATA_PACKAGE)
    names = [one["name"] for one in package["resources"]]
    assert len(names) == len(set(names))
    for one in package["resources"]:
        data = (home / one["path"]).read_bytes()
        assert len(data) == one["bytes"] and f"sha256:{hashlib.sha256(data).hexdigest()}" == one["hash"]
        if "schema" in one:
            rows = list(csv.reader(io.StringIO(data.decode())))
            fields = one["schema"]["fields"]
            assert rows[0] == [field["name"] for field in fields] and len(rows) > 1
            for row in rows[1:]:
                for cell, field in zip(row, fields, strict=True):
                    assert not cell or field["type"] == "string" or isinstance(float(cell), float)
    told = {one["path"] for one in package["resources"]}
    there = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    assert there - told == {"datapackage.json", "ro-crate-metadata.json"}


@pytest.mark.parametrize("slug", SLUGS)
def test_the_crate_has_what_the_specification_asks_for(site: Path, slug: str) -> None:
    home = site / "cases" / slug / "package"
    crate = json.loads((home / "ro-crate-metadata.json").read_bytes())
    assert crate["@context"] == "https://w3id.org/ro/crate/1.1/context"
    graph = {one["@id"]: one for one in crate["@graph"]}
    assert len(graph) == len(crate["@graph"]) and all("@type" in one for one in crate["@graph"])
    descriptor = graph["ro-crate-metadata.json"]
    assert descriptor["@type"] == "CreativeWork" and descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = graph["./"]
    assert root["@type"] == "Dataset" and root["name"] and root["description"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", root["datePublished"])
    assert root["license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
    for part in root["hasPart"]:
        assert graph[part["@id"]]["@type"] == "File" and (home / unquote(part["@id"])).is_file()

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [value["@id"]] if set(value) == {"@id"} else [x for one in value.values() for x in references(one)]
        return [x for one in value for x in references(one)] if isinstance(value, list) else []

    for entity in crate["@graph"]:
        for target in references(entity):
            assert target in graph or target == "https://w3id.org/ro/crate/1.1", target


def test_the_archive_holds_the_package_and_its_case_runs_where_it_is_unpacked(site: Path, tmp_path: Path) -> None:
    home = site / "cases" / SLUGS[1]
    with zipfile.ZipFile(home / f"{SLUGS[1]}.zip") as packed:
        assert packed.testzip() is None
        packed.extractall(tmp_path)
    for path in (home / "package").rglob("*"):
        if path.is_file():
            assert (tmp_path / SLUGS[1] / path.relative_to(home / "package")).read_bytes() == path.read_bytes()
    case = blocs.load(tmp_path / SLUGS[1] / "case.yaml")
    assert content_hash(case) in text_of(site, CASES[1])


def test_only_what_changed_is_solved_again(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = write_library(tmp_path / "cases")
    place = tmp_path / "site"
    shutil.copytree(site, place)
    before = {page: told_in(text_of(place, page)) for page in CASES}
    asked: list[str] = []
    solve = blocs.run
    monkeypatch.setattr(blocs, "run", lambda case, **more: (asked.append(case.case), solve(case, **more))[1])

    # another title and byline: every page is written anew, and nothing is solved
    other = build.Publication(title="Renamed", draws=4)
    done = publish(place, choose([str(library)]), other, threads=1)
    assert asked == [] and done.solved == () and done.removed == ()
    assert {page: told_in(text_of(place, page)) for page in CASES} == before
    assert all("Renamed" in text_of(place, page) and "alert(5)" not in text_of(place, page) for page in PAGES)

    # a source that is cited: the page depends on it
    file = library / "first" / "bibliography.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("title: Ports", "title: Harbours"), encoding="utf-8")
    done = publish(place, choose([str(library)]), other, threads=1)
    assert asked == ["small"] and done.solved == ("small",)
    assert "Harbours" in text_of(place, CASES[0])

    # a case less: its files are gone; a page that somebody changed is not trusted
    page = place / CASES[1]
    page.write_text(page.read_text(encoding="utf-8").replace("Ports", "Ships"), encoding="utf-8")
    done = publish(place, choose([str(library / "second")]), other, threads=1)
    assert done.solved == (SLUGS[1],) and CASES[0] in done.removed and not (place / "cases" / "small").exists()
    assert "Ships" not in text_of(place, CASES[1])


def test_a_case_without_a_solution_leaves_the_site_as_it_was(
    site: Path, library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise NumericalError("it overflowed")

    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    monkeypatch.setattr(blocs, "run", fails)
    assert main(["publish", str(site), "--cases", str(library), "--draws", "8"]) == 3
    assert "small: it overflowed" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in site.rglob("*") if path.is_file()} == before
    assert [path.name for path in site.parent.iterdir()] == ["site"]


def test_the_command_tells_what_it_did(
    site: Path, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "site"
    shutil.copytree(site, place)
    words = ["publish", str(place), "--cases", str(library), "--draws", "4"]
    assert main([*words, "--json", "--author", "C. Third", "--licence", "on request"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["kept"] == 2 and told["solved"] == 0 and [one["page"] for one in told["cases"]] == CASES
    assert (
        told["bytes"]
        == sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
        - (place / "site.json").stat().st_size
    )
    text = text_of(place, "index.html")
    assert str(tmp_path) not in text and "blocs publish site --cases cases" in text and "on request" in text
    assert main(words) == 0
    assert "2 cases (0 solved, 2 unchanged" in capsys.readouterr().out


def test_what_is_wrong_is_told_at_once(library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        "case: x\ntheory: patron-cleint\ncalendar: {start: 1960-01, step: month, steps: 2}\n", encoding="utf-8"
    )
    assert main(["publish", str(tmp_path / "s"), "--cases", "hungarian-1957", str(bad)]) == 1
    told = capsys.readouterr().err
    assert "hungarian-1956" in told and "patron-client" in told and "the site is as it was" in told
    assert not (tmp_path / "s").exists()
    assert main(["publish", str(tmp_path / "s"), "--cases", str(library), "--theory", "quarel"]) == 1
    assert "did you mean `quarrel`?" in capsys.readouterr().err
    assert main(["publish", str(tmp_path / "s"), "--cases", str(library / "first"), str(library)]) == 1
    assert "two cases would have the folder `small`" in capsys.readouterr().err
    assert main(["publish", str(library), "--cases", str(library)]) == 1
    assert "holds something else: first, second" in capsys.readouterr().err
    assert main(["publish", str(tmp_path / "s"), "--title", "x" * 301]) == 2
