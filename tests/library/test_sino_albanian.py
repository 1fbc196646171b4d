"""The founding case: what it must carry, and what its theory must be able to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import blocs
from blocs.fit.validate import decision_frequencies, merge, score
from blocs.library import list_cases

FOLDER = Path(blocs.__file__).parent / "library" / "cases" / "sino-albanian-1961"
THEORY = FOLDER.parents[1] / "theories" / "patron-client.yaml"


@pytest.fixture(scope="module")
def text() -> str:
    return (FOLDER / "case.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def clauses() -> set[str]:
    """Every clause of the passage, from the bibliography's own count."""
    items = yaml.safe_load((FOLDER / "bibliography.yaml").read_text(encoding="utf-8"))
    counts = next(item for item in items if item["id"] == "fink1998")["passage"]["clauses"]
    return {f"{sentence}{'abcdefgh'[i]}" for sentence, count in counts.items() for i in range(count)}


def test_every_clause_of_the_passage_carries_something(text: str, clauses: set[str]) -> None:
    assert len(clauses) == 31
    assert set(re.findall(r"fink1998@(s\d+[a-h])", text)) == clauses


def test_the_page_of_the_case_lists_every_clause_once(clauses: set[str]) -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| (s\d+[a-h]) \|", page, flags=re.MULTILINE)) == sorted(clauses)


def test_names_in_the_table_of_clauses_exist(text: str) -> None:
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    known = text + THEORY.read_text(encoding="utf-8")
    table = "\n".join(line for line in page.splitlines() if line.startswith("| s"))
    words = set(re.findall(r"[a-z][a-z_]{2,}", " ".join(re.findall(r"`([^`]+)`", table))))
    unknown = {word for word in words if not re.search(rf"\b{word}\b", known)}
    assert not unknown


@pytest.mark.parametrize("folder", ["case.yaml", "README.md"])
def test_no_sentence_is_copied_from_the_passage(shared: Path, folder: str) -> None:
    def shingles(words: list[str]) -> set[str]:
        return {" ".join(words[i : i + 8]) for i in range(len(words) - 7)}

    passage = re.findall(r"[a-z0-9]+", (shared / "sources" / "passage.txt").read_text(encoding="utf-8").lower())
    mine = re.findall(r"[a-z0-9]+", (FOLDER / folder).read_text(encoding="utf-8").lower())
    assert not shingles(passage) & shingles(mine)


def test_the_case_has_its_steps_instruments_and_disputes() -> None:
    case = blocs.load("sino-albanian-1961")
    assert case.calendar.steps == 19
    done = {(event.role, event.option) for event in case.history}
    instruments = {
        "cut_aid",
        "withdraw_advisers",
        "take_back_arms",
        "dismantle_base",
        "denounce",
        "manoeuvres",
        "back_coup",
    }
    instruments |= {"break_relations", "exclude_from_alliance", "exclude_from_council"}
    assert {("patron", option) for option in instruments} <= done
    assert ("patron", "invade") not in done
    disputed = {event.option for event in case.history if event.confidence < 1 and event.dispute}
    assert {"back_coup", "manoeuvres"} <= disputed
    assert len(case.alternatives) >= 6


def test_all_eight_outcomes_are_told_apart() -> None:
    theory = blocs.load("sino-albanian-1961").theory_spec
    assert set(theory.outcomes) == {
        "client complies", "coup", "invasion succeeds", "invasion repelled", "exit to the rival",
        "rupture without a rival", "accommodation", "bloc intact",
    }  # fmt: skip
    assert 10 <= len(theory.state) <= 15


def test_the_graph_stays_small_enough_to_be_solved_while_a_hand_moves() -> None:
    game = blocs.compile(blocs.load("sino-albanian-1961"))
    assert 2_000 < game.graph.nodes / game.graph.stages < 12_000


def test_the_fit_to_other_crises_foretells_decisions_better_than_their_frequencies_and_expects_what_happened() -> None:
    case = blocs.load("sino-albanian-1961")
    solution = blocs.solve(blocs.compile(case), draws=32)
    others = [blocs.load(name) for name in list_cases() if name != case.case]
    counted = [decision_frequencies(blocs.solve(blocs.compile(one), draws=None)) for one in others]
    scores = score(solution, merge(counted))
    assert scores.theory.sum() > scores.frequencies.sum() > scores.uniform.sum()
    assert scores.likeliest == case.outcome
