"""One run of a small case for all tests of reports."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.report.quarrel import write_quarrel
from tests.typed import BORDER, BORDER_CASE

import blocs
from blocs.report.findings import Findings
from blocs.report.html.page import render
from blocs.solve.private import Grid


@pytest.fixture(scope="session")
def quarrel_case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_quarrel(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="session")
def findings(quarrel_case: Path) -> Findings:
    """A run of the small case over eight draws, with everything that a report tells about it."""
    return Findings(blocs.run(blocs.load(quarrel_case), draws=8, threads=1), "blocs run small", threads=1)


@pytest.fixture(scope="session")
def page(findings: Findings) -> str:
    return render(findings)


@pytest.fixture(scope="session")
def typed_findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """Return the findings of a small case in which a role has private types."""
    return _border(tmp_path_factory, BORDER_CASE)


@pytest.fixture(scope="session")
def quiet_findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """Return those of the same case without an advance: an option of a role with types that was never taken."""
    return _border(
        tmp_path_factory,
        "\n".join(line for line in BORDER_CASE.splitlines() if "advance" not in line and "another" not in line),
    )


@pytest.fixture(scope="session")
def grid_findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """Return those of the same case solved on a grid of beliefs."""
    return _border(tmp_path_factory, BORDER_CASE, Grid(3))


def _border(tmp_path_factory: pytest.TempPathFactory, case: str, beliefs: Grid | None = None) -> Findings:
    folder = tmp_path_factory.mktemp("border")
    (folder / "border.yaml").write_text(BORDER, encoding="utf-8")
    (folder / "case.yaml").write_text(case, encoding="utf-8")
    return Findings(blocs.run(blocs.load(folder / "case.yaml"), draws=4, beliefs=beliefs))
