"""Which files of the field are known: their names, their columns, and what to cite for them.

Two forms of each are known where both are common: as the projects publish them (Correlates of War, ATOP, Polity,
V-Dem, Nunn & Puga), and as the R package peacesciencer (Miller 2022) ships them, one file a data set, under names such
as ``cow_nmc.csv`` or ``cow_nmc.csv.gz``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "states",
    "capabilities",
    "alliances",
    "contiguity",
    "distance",
    "terrain",
    "trade by pairs",
    "trade by states",
    "polyarchy",
    "polity",
    "memberships",
    "joint memberships",
    "disputes",
]


@dataclass(frozen=True)
class Source:
    """What to cite.

    Parameters
    ----------
    key : str
        Key in a bibliography.
    name : str
        Name of the data set, short.
    item : mapping
        The rest of the item, in the fields of CSL-JSON.
    """

    key: str
    name: str
    item: Mapping[str, object]


def _article(title: str, journal: str, year: int, where: str, *authors: str, **more: str) -> dict[str, object]:
    volume, _, pages = where.partition(": ")
    volume, _, issue = volume.partition("(")
    named = [dict(zip(("family", "given"), author.split(", "), strict=True)) for author in authors]
    item: dict[str, object] = {"type": "article-journal", "title": title, "author": named, "container-title": journal}
    item |= (
        {"volume": volume, "issue": issue.rstrip(")"), "page": pages} if issue else {"volume": volume, "page": pages}
    )
    return item | {"issued": {"date-parts": [[year]]}} | more


_IGO = _article(
    "Tracking organizations in the world: The Correlates of War IGO version 3.0 datasets",
    "Journal of Peace Research", 2020, "57(3): 492-503",
    "Pevehouse, Jon C. W.", "Nordstrom, Timothy", "McManus, Roseanne W.", "Jamison, Anne Spencer",
)  # fmt: skip
SOURCES = {
    source.key: source
    for source in (
        Source("cow-states", "COW state system", {
            "type": "dataset", "title": "State system membership list, v2016",
            "author": [{"literal": "Correlates of War Project"}], "issued": {"date-parts": [[2017]]},
        }),
        Source("cow-nmc", "COW National Material Capabilities", _article(
            "Reconstructing the Correlates of War dataset on material capabilities of states, 1816-1985",
            "International Interactions", 1987, "14: 115-132", "Singer, J. David")),
        Source("cow-alliances", "COW Formal Alliances", {
            "type": "book", "title": "International military alliances, 1648-2008",
            "author": [{"family": "Gibler", "given": "Douglas M."}],
            "publisher": "CQ Press", "issued": {"date-parts": [[2009]]},
        }),
        Source("atop", "ATOP", _article(
            "Alliance treaty obligations and provisions, 1815-1944", "International Interactions", 2002,
            "28(3): 237-260", "Leeds, Brett Ashley", "Ritter, Jeffrey M.", "Mitchell, Sara McLaughlin",
            "Long, Andrew G.")),
        Source("cow-contiguity", "COW Direct Contiguity", _article(
            "The Correlates of War project direct contiguity data, version 3",
            "Conflict Management and Peace Science", 2002, "19(2): 59-67", "Stinnett, Douglas M.", "Tir, Jaroslav",
            "Schafer, Philip", "Diehl, Paul F.", "Gochman, Charles S.")),
        Source("cshapes", "CShapes minimum distance", _article(
            "Mapping the international system, 1886-2019: The CShapes 2.0 dataset", "Journal of Conflict Resolution",
            2022, "66(1): 144-161", "Schvitz, Guy", "Girardin, Luc", "Rüegger, Seraina", "Weidmann, Nils B.",
            "Cederman, Lars-Erik", "Gleditsch, Kristian Skrede")),
        Source("ruggedness", "Nunn & Puga ruggedness", _article(
            "Ruggedness: The blessing of bad geography in Africa", "Review of Economics and Statistics", 2012,
            "94(1): 20-36", "Nunn, Nathan", "Puga, Diego")),
        Source("cow-trade", "COW Trade", _article(
            "Trading data: Evaluating our assumptions and coding rules", "Conflict Management and Peace Science", 2009,
            "26(5): 471-491", "Barbieri, Katherine", "Keshk, Omar M. G.", "Pollins, Brian M.")),
        Source("vdem", "V-Dem", {
            "type": "dataset", "title": "V-Dem country-year dataset",
            "author": [{"literal": "Varieties of Democracy Project"}], "issued": {"date-parts": [[2020]]},
        }),
        Source("polity", "Polity", {
            "type": "dataset", "title": "Polity: Political regime characteristics and transitions, 1800-2018",
            "author": [{"family": "Marshall", "given": "Monty G."}, {"family": "Gurr", "given": "Ted Robert"}],
            "issued": {"date-parts": [[2020]]},
        }),
        Source("cow-igo", "COW Intergovernmental Organizations", _IGO),
        Source("cow-mid", "COW Militarized Interstate Disputes", _article(
            "The MID5 dataset, 2011-2014: Procedures, coding rules, and description",
            "Conflict Management and Peace Science", 2022, "39(4): 470-482", "Palmer, Glenn", "McManus, Roseanne W.",
            "D’Orazio, Vito", "Kenwick, Michael R.", "Karstens, Mikaela", "Bloch, Chase", "Dietrich, Nick",
            "Kahn, Kayla", "Ritter, Kellan", "Soules, Michael J.")),
        Source("gml-disputes", "Gibler-Miller-Little disputes", _article(
            "An analysis of the Militarized Interstate Dispute (MID) dataset, 1816-2001",
            "International Studies Quarterly", 2016, "60(4): 719-730", "Gibler, Douglas M.", "Miller, Steven V.",
            "Little, Erin K.")),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """A file that is known.

    Parameters
    ----------
    kind : str
        What it holds.
    pattern : str
        Regular expression for the whole name in small letters, without ``.csv`` or ``.csv.gz``; the group ``v`` is the
        version.
    columns : mapping
        Our name -> its name.
    source : str
        Key in `SOURCES`.
    shown : str
        How the file is called when one is missed.
    version : str
        Where the name does not say it.
    optional : mapping
        Columns that only some versions have.
    missing : set of str
        Numbers that stand for no value. The Correlates of War write -9, which is a value of Polity.
    wide : bool
        One column an organisation.
    """

    kind: Kind
    pattern: str
    columns: Mapping[str, str]
    source: str
    shown: str
    version: str = ""
    optional: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset({"-9"})
    wide: bool = False

    def version_in(self, name: str) -> str | None:
        """Return the version of a file of that name, or None where the name is another."""
        found = re.fullmatch(self.pattern, name.lower())
        if found is None:
            return None
        digits = (found.groupdict().get("v") or "").replace("_", ".")
        # 60 for 6.0, as the capabilities are named; a year stays a year
        return f"{digits[0]}.{digits[1]}" if re.fullmatch(r"\d\d", digits) else digits or self.version


def _pair(year: bool = True, **more: str) -> dict[str, str]:
    return {"ccode1": "ccode1", "ccode2": "ccode2"} | ({"year": "year"} if year else {}) | more


def _state(code: str = "ccode", **more: str) -> dict[str, str]:
    return {"ccode": code, "year": "year"} | more


_SPAN = {"ccode": "ccode", "name": "statenme", "begin": "styear", "end": "endyear"}
_POWER = _state(milper="milper", tpop="tpop", cinc="cinc")
_ATOP = {"defence": "defense", "nonaggression": "nonagg"}
_POLITY_GAPS = frozenset({"-66", "-77", "-88", "-99"})

# in the order of preference where a folder has several of a kind; the others then serve as a check
LAYOUTS: tuple[Layout, ...] = (
    Layout("states", r"states(?P<v>\d{4})", _SPAN, "cow-states", "states2016.csv"),
    Layout("states", r"cow_states", _SPAN, "cow-states", "cow_states.csv", "2016"),
    Layout("capabilities", r"nmc[-_ ]?v?(?P<v>\d[_.]?\d).*", _POWER, "cow-nmc", "NMC-60-abridged.csv"),
    Layout("capabilities", r"cow_nmc", _POWER, "cow-nmc", "cow_nmc.csv", "6.0"),
    Layout("alliances", r"alliance_v(?P<v>\d\.\d)_by_(directed|dyad)_yearly",
           _pair(defence="defense", nonaggression="nonaggression"), "cow-alliances",
           "alliance_v4.1_by_directed_yearly.csv"),
    Layout("alliances", r"cow_alliance", _pair(defence="cow_defense", nonaggression="cow_nonagg"), "cow-alliances",
           "cow_alliance.csv", "4.1"),
    Layout("alliances", r"atop(?P<v>\d_\d)d(d)?yr?", {"ccode1": "mem1", "ccode2": "mem2", "year": "year", **_ATOP},
           "atop", "atop5_1ddyr.csv"),
    Layout("alliances", r"atop_alliance", _pair(defence="atop_defense", nonaggression="atop_nonagg"), "atop",
           "atop_alliance.csv", "5.1"),
    Layout("contiguity", r"contdir",
           {"ccode1": "statelno", "ccode2": "statehno", "type": "conttype", "begin": "begin", "end": "end"},
           "cow-contiguity", "contdir.csv", "3.2"),
    Layout("contiguity", r"cow_contdir", _pair(year=False, type="conttype", begin="stdate", end="enddate"),
           "cow-contiguity", "cow_contdir.csv", "3.2"),
    Layout("distance", r"cow_mindist.*", _pair(year=False, begin="styear", end="endyear", km="mindist_km"), "cshapes",
           "cow_mindist.csv", "2.0"),
    Layout("terrain", r"rugged", {"ccode": "ccode", "value": "rugged"}, "ruggedness", "rugged.csv", "2012"),
    Layout("terrain", r"rugged_data", {"iso3": "isocode", "value": "rugged"}, "ruggedness", "rugged_data.csv", "2012"),
    Layout("trade by pairs", r"dyadic_cow_(?P<v>\d\.\d)", _pair(flow1="flow1", flow2="flow2"), "cow-trade",
           "Dyadic_COW_4.0.csv"),
    Layout("trade by states", r"national_cow_(?P<v>\d\.\d)", _state(imports="imports", exports="exports"), "cow-trade",
           "National_COW_4.0.csv"),
    Layout("trade by states", r"cow_trade_sy", _state(imports="imports", exports="exports"), "cow-trade",
           "cow_trade_sy.csv", "4.0"),
    Layout("polyarchy", r"v-dem-cy-(core|full|full\+others)-v(?P<v>\d+(\.\d+)?)",
           _state("COWcode", value="v2x_polyarchy"), "vdem", "V-Dem-CY-Core-v13.csv"),
    Layout("polyarchy", r"ccode_democracy", _state(value="v2x_polyarchy"), "vdem", "ccode_democracy.csv", "10"),
    Layout("polity", r"p\dv(?P<v>\d{4})", _state(value="polity2"), "polity", "p5v2018.csv",
           optional={"regime": "polity"}, missing=_POLITY_GAPS),
    Layout("polity", r"ccode_democracy", _state(value="polity2"), "polity", "ccode_democracy.csv", "2017",
           missing=_POLITY_GAPS),
    Layout("memberships", r"state_year_format_?v?(?P<v>\d)", _state(), "cow-igo", "state_year_formatv3.csv", wide=True),
    Layout("memberships", r"cow_igo_sy", _state(total="sum_igo_full"), "cow-igo", "cow_igo_sy.csv", "3.0"),
    Layout("joint memberships", r"cow_igo_ndy.*", _pair(total="dyadigos"), "cow-igo", "cow_igo_ndy.csv", "3.0"),
    Layout("disputes", r"midb[ _](?P<v>\d\.\d+)",
           {"dispute": "dispnum", "ccode": "ccode", "side": "sidea", "year": "styear"}, "cow-mid", "MIDB 5.0.csv"),
    Layout("disputes", r"cow_mid_dirdisps", _pair(dispute="dispnum", side1="sidea1", side2="sidea2"), "cow-mid",
           "cow_mid_dirdisps.csv", "5.0"),
    Layout("disputes", r"gml_dirdisp", _pair(dispute="dispnum", side1="sidea1", side2="sidea2"), "gml-disputes",
           "gml_dirdisp.csv", "2.2.1"),
)  # fmt: skip


def stem(name: str) -> str | None:
    """Return the name of a file without ``.csv`` or ``.csv.gz``; None for another kind of file."""
    found = re.fullmatch(r"(.+?)\.csv(\.gz)?", name, re.IGNORECASE)
    return found[1] if found else None
