"""The package of a case: its files keep their places to each other, and nothing tells where they were."""

from __future__ import annotations

from pathlib import Path

from tests.report.quarrel import write_quarrel

import blocs
from blocs.language.identity import content_hash
from blocs.web.publish.descriptors import described
from blocs.web.publish.package import archive, main_file, said_of, source_files, table_files
from blocs.web.publish.selection import choose
from blocs.web.publish.settings import Licence, Publication


def test_a_theory_that_stands_elsewhere_is_found_where_the_package_is_unpacked(tmp_path: Path) -> None:
    file = write_quarrel(tmp_path / "home" / "cases" / "a")
    (tmp_path / "home" / "theories").mkdir()
    (file.parent / "quarrel.yaml").rename(tmp_path / "home" / "theories" / "quarrel.yaml")
    file.write_text(file.read_text(encoding="utf-8").replace("./quarrel.yaml", "../../theories/quarrel.yaml"), "utf-8")
    (file.parent / "README.md").write_text("# Words\n", encoding="utf-8")
    (chosen,) = choose([str(tmp_path / "home" / "cases")])
    files = source_files(chosen)
    assert set(files) == {
        "cases/a/case.yaml", "cases/a/bibliography.yaml", "cases/a/README.md", "theories/quarrel.yaml",
    }  # fmt: skip
    assert main_file(chosen) == "cases/a/case.yaml" and "case as it is written" in said_of(chosen, "cases/a/case.yaml")
    assert "story" in said_of(chosen, "cases/a/README.md")
    for name, data in files.items():
        (tmp_path / "new" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "new" / name).write_bytes(data)
    assert content_hash(blocs.load(tmp_path / "new" / "cases" / "a" / "case.yaml")) == content_hash(chosen.case)


def test_a_shipped_case_takes_its_theory_along_and_no_place_on_this_computer() -> None:
    (chosen,) = choose(["sino-albanian-1961"])
    files = {**source_files(chosen), **table_files(chosen.case)}
    files |= described(chosen, files, Publication(draws=4), "2026-05-17")
    assert {"case.yaml", "bibliography.yaml", "README.md", "theory/patron-client.yaml", "citation.bib"} <= set(files)
    assert b"fink1998@s12b" in files["facts.csv"] and b"@book{fink1998" in files["citation.bib"]
    home = str(Path(blocs.__file__).parents[2]).encode()
    assert not [name for name, data in files.items() if home in data]
    assert b"Apache-2.0" in files["datapackage.json"], "what ships with blocs is under its licence"
    assert archive(files, "a") == archive(dict(reversed(files.items())), "a")


def test_licences_by_identifier_address_or_words() -> None:
    assert Licence.of("cc-by-4.0").address == "https://creativecommons.org/licenses/by/4.0/"
    assert Licence.of("https://creativecommons.org/licenses/by/4.0/").name == "CC-BY-4.0"
    assert Licence.of("https://example.org/terms") == Licence(
        "", "https://example.org/terms", "https://example.org/terms"
    )
    assert Licence.of("javascript:alert(1)").address == ""
