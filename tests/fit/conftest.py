"""The sanctions data and reference estimates, for the tests of this folder."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.fit.tug import Make, maker

from blocs.fit.signalling.first_stage import Supplied
from blocs.fit.signalling.games import SignallingGames
from blocs.fit.tables import read_table

UTILITIES = {
    "SA": ["sqrt(senderecondep)", "senderdemocracy", "contig", "ally"],
    "VA": ["1", "anticipatedsendercosts"],
    "CB": ["1", "sqrt(targetecondep)", "anticipatedtargetcosts", "contig", "ally"],
    "WA": ["1", "sqrt(senderecondep)", "senderdemocracy", "lncaprat"],
    "WB": ["1", "targetdemocracy", "lncaprat"],
    "a": ["1", "senderdemocracy"],
}


Column = Callable[[str, str], np.ndarray]


@pytest.fixture(scope="session")
def column(shared: Path) -> Column:
    """Read one column of a file of reference estimates."""

    def read(name: str, what: str) -> np.ndarray:
        with (shared / "reference/estimates" / f"{name}.csv").open(newline="") as file:
            return np.array([float(row[what]) for row in csv.DictReader(file)])

    return read


Anchor = Callable[[str], tuple[float, np.ndarray, np.ndarray]]


@pytest.fixture(scope="session")
def anchor(shared: Path) -> Anchor:
    """Read the log-likelihood of a reference run, and estimates and standard errors of its free coefficients."""

    def read(name: str) -> tuple[float, np.ndarray, np.ndarray]:
        folder = shared / "reference/estimates"
        height = json.loads((folder / f"{name}.json").read_text())["logLik"]
        with (folder / f"{name}.csv").open(newline="") as file:
            free = [row for row in csv.DictReader(file) if row["se"].strip() != "NA"]
        return height, *(np.array([float(row[what]) for row in free]) for what in ("estimate", "se"))

    return read


@pytest.fixture(scope="session")
def sanctions(shared: Path) -> SignallingGames:
    """The 418 games of the sanctions data."""
    return SignallingGames.from_table(read_table(shared / "data/estimation/sigInt_sanctionsData.csv"), UTILITIES)


@pytest.fixture(scope="session")
def first_stage(column: Column) -> Supplied:
    """The first stage of the reference runs."""
    name = "sigint_pl_userRFphat_phat"
    return Supplied(column(name, "PRhat"), column(name, "PFhat"))


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that writes and loads a case of the small theory."""
    return maker(tmp_path)
