"""Small data files of the field, in the forms of the projects and of peacesciencer, about states that never were."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

# 901 Arcadia (patron), 902 Boeotia (client), 903 Corinth (rival), 904 Delphi (ally of Arcadia, neighbour of Boeotia)
ORIGINAL = {
    "states2016.csv": """stateabb,ccode,statenme,styear,stmonth,stday,endyear,endmonth,endday,version
ARC,901,Arcadia,1816,1,1,2016,12,31,2016
BOE,902,Boeotia,1990,1,1,2016,12,31,2016
COR,903,Corinth,1816,1,1,2016,12,31,2016
DEL,904,Delphi,1816,1,1,2016,12,31,2016
""",
    "NMC-60-abridged.csv": """stateabb,ccode,year,milex,milper,irst,pec,tpop,upop,cinc,version
ARC,901,1999,1,300,1,1,9000,1,0.3,2021
ARC,901,2000,1,310,1,1,9100,1,0.3,2021
BOE,902,2000,1,-9,1,1,1000,1,0.1,2021
COR,903,2000,1,200,1,1,5000,1,0.2,2021
""",
    "alliance_v4.1_by_directed_yearly.csv": """version4id,ccode1,ccode2,defense,neutrality,nonaggression,entente,year
1,901,902,1,0,0,1,2000
1,902,901,1,0,0,1,2000
2,901,904,1,0,0,1,1999
2,904,901,1,0,0,1,1999
2,901,904,1,0,0,1,2000
2,904,901,1,0,0,1,2000
""",
    "contdir.csv": """dyad,statelno,statelab,statehno,statehab,conttype,begin,end,notes,version
1,901,ARC,902,BOE,1,199001,199912,,3.2
2,902,BOE,904,DEL,1,199001,201612,,3.2
3,902,BOE,903,COR,4,199001,201612,,3.2
""",
    "Dyadic_COW_4.0.csv": """ccode1,ccode2,year,importer1,importer2,flow1,flow2,source1,source2,version
901,902,2000,Arcadia,Boeotia,20,10,1,1,4
902,903,2000,Boeotia,Corinth,-9,5,1,1,4
902,904,2000,Boeotia,Delphi,15,15,1,1,4
""",
    "National_COW_4.0.csv": """ccode,statename,stateabb,year,imports,exports,alt_imports,alt_exports,version
901,Arcadia,ARC,1999,1000,1000,-9,-9,4
901,Arcadia,ARC,2000,50,60,-9,-9,4
902,Boeotia,BOE,2000,40,60,-9,-9,4
""",
    "p5v2018.csv": """p5,ccode,scode,country,year,democ,autoc,polity,polity2
0,901,ARC,Arcadia,2000,0,9,-9,-9
0,902,BOE,Boeotia,2000,-88,-88,-88,0
""",
    "V-Dem-CY-Core-v13.csv": """country_name,country_text_id,year,COWcode,v2x_polyarchy
Arcadia,ARC,2000,901,0.25
Boeotia,BOE,2000,,0.5
""",
    "state_year_formatv3.csv": """ccode,year,state,aaa,bbb,ccc,ddd
901,2000,arcadia,1,1,1,0
902,2000,boeotia,1,2,1,-9
903,2000,corinth,0,0,1,1
""",
    "MIDB 5.0.csv": """dispnum,stabb,ccode,stday,stmon,styear,endday,endmon,endyear,sidea,hostlev
1,ARC,901,-9,1,1995,1,2,1995,1,4
1,BOE,902,-9,1,1995,1,2,1995,0,4
2,ARC,901,-9,1,1996,1,2,1996,1,4
2,BOE,902,-9,1,1996,1,2,1996,1,4
3,ARC,901,-9,1,1985,1,2,1985,1,4
3,BOE,902,-9,1,1985,1,2,1985,0,4
4,ARC,901,-9,1,2000,1,2,2000,1,4
4,BOE,902,-9,1,2000,1,2,2000,0,4
""",
    "rugged_data.csv": "isocode,isonum,country,rugged\nARC,1,Arcadia,1.5\nBOE,2,Boeotia,3.25\n",
}

PACKAGED = {
    "cow_nmc.csv.gz": 'ccode,year,milper,tpop,cinc\n901,2000,310,9100,0.3\n902,2000,NA,1000,0.1\n',
    "atop_alliance.csv.gz": """"ccode1","ccode2","year","atop_defense","atop_offense","atop_neutral","atop_nonagg","atop_consul"
901,902,2000,0,0,0,1,0
902,901,2000,0,0,0,1,0
""",
    "cow_contdir.csv": "ccode1,ccode2,conttype,stdate,enddate\n901,902,0,1990-01-01,1999-12-01\n901,902,1,2000-01-01,2016-12-01\n",
    "cow_mindist_spells_1945_2019.csv.gz": "ccode1,ccode2,styear,endyear,mindist_km\n901,902,1990,2016,12.5\n",
    "cow_igo_ndy_1945_2014.csv.gz": "ccode1,ccode2,year,dyadigos\n901,902,2000,7\n",
    "cow_mid_dirdisps.csv": """dispnum,ccode1,ccode2,year,dispongoing,disponset,sidea1,sidea2
1,901,902,1995,1,1,1,0
1,902,901,1995,1,1,0,1
1,901,902,1996,1,0,1,0
5,901,902,1999,1,1,1,1
""",
    "gml_dirdisp.csv": "dispnum,ccode1,ccode2,year,sidea1,sidea2\n1,901,902,1995,1,0\n7,901,902,1997,0,1\n",
}  # fmt: skip


def _write(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        data = text.encode("utf-8")
        (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return folder


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """A folder with files as the projects publish them."""
    return _write(tmp_path / "original", ORIGINAL)


@pytest.fixture
def packaged(tmp_path: Path) -> Path:
    """A folder with files as the R package peacesciencer ships them, some compressed."""
    return _write(tmp_path / "packaged", PACKAGED)
