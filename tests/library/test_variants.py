"""Variants look at a shipped crisis under another theory: the same facts, the same history, nothing told twice."""

from __future__ import annotations

import pytest

import blocs
from blocs.language.case import Case
from blocs.language.coverage import coverage
from blocs.language.load import examine
from blocs.library import list_cases, list_variants


def test_there_are_some_and_none_is_taken_for_a_crisis_of_its_own() -> None:
    assert "sino-albanian-1961-resolve" in list_variants()
    assert not set(list_variants()) & set(list_cases())


@pytest.mark.parametrize("name", list_variants())
def test_a_variant_checks_and_keeps_what_its_case_says(name: str) -> None:
    assert [str(problem) for problem in examine(name).problems] == []
    case = blocs.load(name)
    assert isinstance(case, Case)
    assert case.case == name
    assert case.extends is not None
    base = blocs.load(case.extends)
    assert isinstance(base, Case)
    assert case.facts == base.facts
    assert case.history == base.history
    assert case.outcome == base.outcome
    assert case.theory != base.theory
    assert coverage(case).missing == 0
