"""The rules of the house that no other tool checks: what is imported when, and what no file may contain."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import blocs

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "blocs"
FILES = sorted(SOURCE.rglob("*.py"))

UNSAFE = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}

# what takes long to import and has no place in a command that only reads or helps
HEAVY = {"numba", "matplotlib", "pandas", "scipy", "xarray", "pyarrow", "networkx"}


def modules_after(code: str) -> set[str]:
    """Return the top-level modules loaded by a fresh interpreter that ran `code`."""
    program = f"{code}\nimport json, sys\nsys.stderr.write('MODULES' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stderr.rpartition("MODULES")[2])}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
    return names


def test_importing_blocs_loads_nothing_heavy() -> None:
    assert not modules_after("import blocs") & HEAVY


def test_help_loads_nothing_heavy() -> None:
    code = "from blocs.cli import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    loaded = modules_after(code)
    assert not loaded & HEAVY
    # the help of the command line does not even need the language
    assert not loaded & {"numpy", "pydantic", "yaml", "rich"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_runs_text_as_code(path: Path) -> None:
    tree = parsed(path)
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"eval", "exec", "compile", "__import__"}
    assert not {name.partition(".")[0] for name in imported(tree)} & {
        "pickle",
        "marshal",
        "shelve",
        "dill",
        "cloudpickle",
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_module_is_one_idea_of_a_readable_size(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 800
    assert ast.get_docstring(parsed(path)), "the first line of a module says what lives there"
    for word in ("TODO", "FIXME", "XXX", "HACK", "raise NotImplementedError", "pragma: no cover"):
        assert word not in text


def test_nine_modules_in_ten_are_short() -> None:
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in FILES)
    assert lengths[len(lengths) * 9 // 10] <= 450


def test_kernels_know_nothing_of_the_rest_of_blocs() -> None:
    for path in FILES:
        if path.parent.name == "kernels" or path.stem == "kernels":
            others = {name for name in imported(parsed(path)) if name.partition(".")[0] == "blocs"}
            assert all(name.startswith("blocs.game.kernels") for name in others), path


def test_public_door_is_sorted_and_complete() -> None:
    assert list(blocs.__all__) == sorted(blocs.__all__)
    for name in blocs.__all__:
        assert getattr(blocs, name) is not None


def test_declared_dependencies_are_those_that_are_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = list(project["dependencies"])
    requirements += [entry for extra in project["optional-dependencies"].values() for entry in extra]
    declared = {entry.partition(">")[0].partition("<")[0].strip().lower() for entry in requirements}
    names_on_index = {"yaml": "pyyaml", "ruamel": "ruamel.yaml", "sklearn": "scikit-learn", "pydantic_core": "pydantic"}
    names_on_index["markdown_it"] = "markdown-it-py"
    # given by name to xarray, SQLAlchemy and Starlette, never imported by us
    named_only = {"h5netcdf", "psycopg[binary]", "python-multipart"}
    used = {name.partition(".")[0] for path in FILES for name in imported(parsed(path))}
    foreign = {names_on_index.get(name, name).lower() for name in used - sys.stdlib_module_names - {"blocs"}}
    assert foreign - declared == set(), "imported, but not in pyproject.toml"
    assert declared - foreign == named_only, "in pyproject.toml, but imported nowhere"


def test_lock_files_name_no_place_but_the_public_index() -> None:
    for name in ("run.txt", "dev.txt"):
        lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if "://" in line or line.startswith("-") or "file:" in line]
        pinned = [line for line in lines if line and not line.startswith(("#", " "))]
        assert all("==" in line for line in pinned)
        assert sum("--hash=sha256:" in line for line in lines) >= len(pinned)
