"""The documentation is in step: every command and every Python example of the guide runs, and no link leads nowhere."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path

import pytest

from blocs.cli import main
from blocs.language.reference import language_reference
from blocs.version import __version__

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]


def blocks(page: Path, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BLOCS_DATA", str(tmp_path / "data"))
    lines = [line for block in blocks(DOCS / "guide.md", "sh") for line in block.splitlines() if line]
    assert len(lines) > 10
    for line in lines:
        words = shlex.split(line, comments=True)
        assert words[0] == "blocs"
        assert main(words[1:]) == 0, f"{line}\n{capsys.readouterr().err}"
    (example,) = blocks(DOCS / "guide.md", "python")
    Path("example.py").write_text(example, encoding="utf-8")
    capsys.readouterr()
    runpy.run_path("example.py")
    assert "the client complies" in capsys.readouterr().out


def test_the_page_of_the_language_is_in_step() -> None:
    assert (DOCS / "language.md").read_text(encoding="utf-8") == language_reference(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_index_names_every_page() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    for page in DOCS.glob("*.md"):
        assert page.name == "index.md" or f"]({page.name})" in index, page.name


def test_the_version_is_the_same_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {__version__}\n" in citation
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in changelog or f"## [{__version__}]" in changelog
