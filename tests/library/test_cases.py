"""Every shipped case: it checks, it says where it comes from, its history ends where it says, its alternatives compile."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

import blocs
from blocs.forecast.compare import prepare
from blocs.forecast.whatif import named_alternatives
from blocs.game.history import lay_out
from blocs.game.inspect import inspect_case
from blocs.language.case import Case
from blocs.language.coverage import coverage, statements
from blocs.language.load import examine
from blocs.sources.citations import parse_citation

FOLDERS = sorted(path.parent for path in (Path(blocs.__file__).parent / "library" / "cases").glob("*/case.yaml"))
each_case = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@cache
def load(folder: Path) -> Case:
    """Read a case once for all tests."""
    case = blocs.load(folder.name)
    assert isinstance(case, Case)
    return case


@each_case
def test_it_has_no_errors_and_alternatives_that_compile(folder: Path) -> None:
    assert [str(problem) for problem in examine(folder / "case.yaml").errors] == []
    case = load(folder)
    assert case.case == folder.name
    assert [str(problem) for problem in inspect_case(case) if problem.severity == "error"] == []
    assert len(case.alternatives) >= 2
    assert len(prepare(case, named_alternatives(case))) == len(case.alternatives)


@each_case
def test_its_coded_history_ends_in_the_outcome_that_it_names(folder: Path) -> None:
    case = load(folder)
    game = blocs.compile(case)
    graph, last = game.graph, lay_out(game).last - game.graph.nodes
    row = graph.first_stage + last if last < graph.ends else last - graph.ends
    assert game.outcomes[graph.outcome[row]] == case.outcome


@each_case
def test_every_statement_has_a_source_or_says_that_it_is_assumed(folder: Path) -> None:
    case = load(folder)
    assert coverage(case).missing == 0
    assert {"patron", "client", "rival"} == set(case.roles)
    assert all(actor.cow for actor in case.roles.values())


@each_case
def test_its_bibliography_lists_what_it_cites_and_its_page_names_it(folder: Path) -> None:
    items = yaml.safe_load((folder / "bibliography.yaml").read_text(encoding="utf-8"))
    keys = {item["id"] for item in items}
    cited = {parse_citation(text).key for one in statements(load(folder)) for text in one.sources}
    assert cited <= keys
    page = (folder / "README.md").read_text(encoding="utf-8")
    assert "## What happened" in page
    if "## Sources" in page:
        listed = set(re.findall(r"`([a-z0-9-]+)`", page.split("## Sources")[1]))
        assert cited <= listed <= keys


@each_case
def test_no_sentence_is_copied_from_the_sheets_of_facts(shared: Path, folder: Path) -> None:
    def shingles(text: str) -> set[str]:
        words = re.findall(r"[a-z0-9]+", text.lower())
        return {" ".join(words[i : i + 9]) for i in range(len(words) - 8)}

    if not (shared / "facts").is_dir():
        pytest.skip("the sheets of facts are not on this machine")
    sheets = "\n".join(path.read_text(encoding="utf-8") for path in sorted((shared / "facts").glob("*.md")))
    own = (folder / "case.yaml").read_text(encoding="utf-8") + (folder / "README.md").read_text(encoding="utf-8")
    assert not shingles(sheets) & shingles(own)


def test_nine_in_ten_facts_and_events_of_the_library_have_a_source() -> None:
    evidence = [one for folder in FOLDERS for one in statements(load(folder)) if one.kind in {"fact", "event"}]
    assert len(evidence) >= 20 * len(FOLDERS)
    assert sum(bool(one.sources) for one in evidence) >= 0.9 * len(evidence)


def test_a_data_set_goes_by_one_record_throughout_the_library() -> None:
    seen: dict[str, tuple[object, ...]] = {}
    for folder in FOLDERS:
        for item in yaml.safe_load((folder / "bibliography.yaml").read_text(encoding="utf-8")):
            if item["type"] == "dataset":
                record = (item["title"], item["author"], item["issued"])
                assert seen.setdefault(item["id"], record) == record, (folder.name, item["id"])
    assert {"atop", "cow-contiguity", "cow-nmc", "rivalries"} <= seen.keys()


@each_case
def test_every_alternative_says_why_it_is_worth_asking(folder: Path) -> None:
    assert [name for name, one in load(folder).alternatives.items() if not (one.title and one.help)] == []


@each_case
def test_its_page_says_what_the_validation_found(folder: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "validation.md").read_text(encoding="utf-8")
    table = page.split("## What each case was forecast with")[1].split("\n## ")[0]
    (row,) = [line for line in table.splitlines() if line.startswith(f"| `{folder.name}` |")]
    decisions, theory, frequencies, _, outcome, seen, held_out, _, likeliest = [
        cell.strip() for cell in row.strip("|").split("|")
    ][1:]
    told = " ".join((folder / "README.md").read_text(encoding="utf-8").split())
    if folder.name == "sino-albanian-1961":  # tells of the same forecast at more length
        wanted = [f"{float(theory) / int(decisions):.2f} a decision"]
    else:
        wanted = [
            outcome,
            held_out,
            seen,
            f"Over {decisions} decisions",
            f"scores {theory} in total",
            frequencies,
            likeliest,
        ]
    assert [piece for piece in wanted if piece not in told] == []
