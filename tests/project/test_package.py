"""What is installed: the wheel holds everything that runs, and nothing that belongs to the project alone."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files in a wheel that is built here."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_everything_that_runs_is_installed(names: set[str]) -> None:
    source = ROOT / "src"
    wanted = {
        path.relative_to(source).as_posix()
        for path in (source / "blocs").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in (".nbi", ".nbc")
    }
    assert wanted <= names
    assert {"blocs/py.typed", "blocs/library/theories/patron-client.yaml"} <= names


def test_nothing_else_is_installed(names: set[str]) -> None:
    strays = {name for name in names if not name.startswith(("blocs/", "blocs-"))}
    assert not strays
    assert not {name for name in names if name.endswith((".pyc", ".nbi", ".nbc"))}


def test_the_licence_goes_along(names: set[str]) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in names)
