"""What small data files say, worked out by hand; and what the real ones say, by the fact sheet beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocs.errors import InputError
from blocs.interop.field.folder import FieldFolder
from blocs.interop.field.layouts import LAYOUTS, SOURCES
from blocs.interop.field.measuring import Reading, State, When, read_measure

ARCADIA, BOEOTIA, CORINTH = State(901, "Arcadia", "ARC"), State(902, "Boeotia", "BOE"), State(903, "Corinth")
YEAR = When(2000)


def read(folder: Path, name: str, *states: State, when: When = YEAR) -> Reading:
    several = (ARCADIA, BOEOTIA, CORINTH)
    field = FieldFolder(folder, [one.code for one in several], [one.iso3 for one in several])
    return read_measure(field, name, states, when)


@pytest.mark.parametrize(
    ("name", "states", "value"),
    [
        ("capability", (ARCADIA,), 0.3),
        ("capability_share", (ARCADIA, BOEOTIA), 0.75),
        ("soldiers", (ARCADIA,), 310),
        ("population", (BOEOTIA,), 1000),
        ("defence_pact", (ARCADIA, BOEOTIA), True),
        ("defence_pact", (BOEOTIA, CORINTH), False),
        ("nonaggression_pact", (ARCADIA, BOEOTIA), False),
        ("land_border", (ARCADIA, BOEOTIA), False),  # it ended in 1999
        ("land_border", (BOEOTIA, CORINTH), False),  # by sea
        ("land_route", (ARCADIA, BOEOTIA), True),  # through Delphi, an ally
        ("land_route", (CORINTH, BOEOTIA), False),
        ("trade_share", (BOEOTIA, ARCADIA), 0.3),  # 20 + 10 of 40 + 60
        ("trade", (BOEOTIA,), 100),
        ("polity", (ARCADIA,), -9),  # a value here, and no value in the data of the Correlates of War
        ("polyarchy", (ARCADIA,), 0.25),
        ("ruggedness", (BOEOTIA,), 3.25),
        ("organisations", (ARCADIA,), 3),
        ("joint_organisations", (ARCADIA, BOEOTIA), 2),
        ("disputes", (ARCADIA, BOEOTIA), 1),  # one on the same side, one too old, one of the year itself
    ],
)
def test_files_of_the_projects(original: Path, name: str, states: tuple[State, ...], value: object) -> None:
    reading = read(original, name, *states)
    assert reading.value == pytest.approx(value) and type(reading.value is True) is type(value is True)
    assert reading.source in SOURCES and reading.cited and reading.file and not reading.why


def test_a_border_counts_by_the_month(original: Path) -> None:
    assert read(original, "land_border", ARCADIA, BOEOTIA, when=When(1999, 12)).value is True
    assert read(original, "land_border", ARCADIA, BOEOTIA, when=When(2000, 1)).value is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("capability_share", 0.75),
        ("nonaggression_pact", True),
        ("defence_pact", False),
        ("land_border", True),
        ("distance", 12.5),
        ("joint_organisations", 7),
        ("disputes", 1),
    ],
)
def test_files_of_the_package(packaged: Path, name: str, value: object) -> None:
    assert read(packaged, name, ARCADIA, BOEOTIA).value == pytest.approx(value)


def test_versions_are_read_from_the_names_of_files(original: Path) -> None:
    assert read(original, "capability", ARCADIA).cited == "COW National Material Capabilities 6.0"
    assert read(original, "defence_pact", ARCADIA, BOEOTIA).cited == "COW Formal Alliances 4.1"
    assert read(original, "polity", ARCADIA).cited == "Polity 2018"
    names = {"NMC_5_0": "5.0", "nmc-60-abridged": "6.0", "NMC_v4_0": "4.0"}
    layouts = [layout for layout in LAYOUTS if layout.kind == "capabilities"]
    for name, version in names.items():
        assert version in [layout.version_in(name) for layout in layouts]


def test_traps_are_told(original: Path, packaged: Path) -> None:
    young = read(original, "defence_pact", ARCADIA, BOEOTIA)
    assert any("younger than the start" in note for note in young.notes)
    gap = read(original, "trade", ARCADIA)
    assert gap.value == 110 and gap.doubtful and "a gap in reporting" in gap.notes[0]
    assert "filled in by a rule" in read(original, "polity", BOEOTIA).notes[0]
    through = read(original, "land_route", ARCADIA, BOEOTIA)
    assert through.doubtful and "through 904" in through.notes[0]
    assert read(packaged, "disputes", ARCADIA, BOEOTIA).notes == ("Gibler-Miller-Little disputes 2.2.1 has 2",)


def test_a_total_from_pairs_says_so(original: Path) -> None:
    (original / "National_COW_4.0.csv").unlink()
    reading = read(original, "trade_share", BOEOTIA, ARCADIA)
    assert reading.value == pytest.approx(30 / 60) and "no national one" in reading.notes[0]


@pytest.mark.parametrize(
    ("name", "states", "when", "words"),
    [
        ("soldiers", (BOEOTIA,), When(2000), "has no value for Boeotia in 2000"),
        ("capability", (ARCADIA,), When(2050), "covers 1999 to 2000, not 2050"),
        ("capability", (BOEOTIA,), When(1999), "has no row for Boeotia (902) in 1999"),
        ("trade_share", (BOEOTIA, CORINTH), When(2000), "has no trade of Boeotia with Corinth"),
        ("distance", (ARCADIA, BOEOTIA), When(2000), "no file on distance in the folder; expected cow_mindist.csv"),
        ("defence_pact", (ARCADIA, BOEOTIA), When(1900), "covers 1999 to 2000, not 1900"),
    ],
)
def test_silence_has_a_reason(original: Path, name: str, states: tuple[State, ...], when: When, words: str) -> None:
    reading = read(original, name, *states, when=when)
    assert reading.value is None and words in reading.why


def test_wrong_files(original: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        FieldFolder(tmp_path / "nowhere", [901])
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "notes.txt").write_text("nothing", encoding="utf-8")
    with pytest.raises(InputError, match="no data file of the field"):
        FieldFolder(empty, [901])
    (original / "NMC-60-abridged.csv").write_text("ccode,yeer,milper,tpop,cinc\n901,2000,1,1,1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"no column `year`; did you mean `yeer`") as told:
        read(original, "capability", ARCADIA)
    assert told.value.problems[0].line == 1
    (original / "NMC-60-abridged.csv").write_text("ccode,year,milper,tpop,cinc\n901,2000\n", encoding="utf-8")
    with pytest.raises(InputError, match="2 cells in a table of 5 columns"):
        read(original, "capability", ARCADIA)
    (original / "NMC-60-abridged.csv").write_text("ccode,year,milper,tpop,cinc\n901,2000,1,1,much\n", encoding="utf-8")
    with pytest.raises(InputError, match="expected a number, found `much`") as told:
        read(original, "capability", ARCADIA)
    assert (told.value.problems[0].line, told.value.problems[0].path) == (2, "cinc")
    (original / "contdir.csv").write_text(
        "statelno,statehno,conttype,begin,end\n901,902,1,spring,199912\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match="expected a month such as 196006"):
        read(original, "land_border", ARCADIA, BOEOTIA)
    (original / "MIDB 5.0.csv").write_text("dispnum,ccode,sidea,styear\n1,901,1,-9\n", encoding="utf-8")
    with pytest.raises(InputError, match="expected a whole number, found `-9`"):
        read(original, "disputes", ARCADIA, BOEOTIA)
    (original / "cow_nmc.csv.gz").write_bytes(b"\x1f\x8bnot gzip at all")
    (original / "NMC-60-abridged.csv").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        read(original, "capability", ARCADIA)


def test_real_files(shared: Path) -> None:
    """Values of the sheet FACTS_ussr_albania_china_yugoslavia.txt."""
    folder = shared / "data" / "peace"
    soviet, albania, china = State(365, "Soviet Union"), State(339, "Albania"), State(710, "China")
    field, when = FieldFolder(folder, [365, 339, 710]), When(1960, 6)
    expected = [
        ("capability", (albania,), 0.00049330993),
        ("soldiers", (soviet,), 3600),
        ("population", (china,), 657492),
        ("joint_organisations", (albania, soviet), 12),
        ("distance", (albania, soviet), 641.7249),
        ("ruggedness", (albania,), 3.427),
        ("defence_pact", (soviet, albania), True),
        ("land_border", (soviet, albania), False),
        ("land_border", (soviet, china), True),
        ("disputes", (soviet, china), 0),
    ]
    for name, states, value in expected:
        assert read_measure(field, name, states, when).value == pytest.approx(value, rel=1e-6), name
    assert read_measure(field, "disputes", (soviet, china), When(1970)).value == 6
    assert read_measure(field, "trade", (soviet,), When(1959)).value == pytest.approx(5073.2 + 5450.3)
    gap = read_measure(field, "trade", (soviet,), when)
    assert gap.value == pytest.approx(169.5 + 146.7) and gap.doubtful
