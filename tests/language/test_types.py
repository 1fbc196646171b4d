"""Private types and cases over cases, as they are written: what is wrong is told with its place and the nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.typed import BORDER, BORDER_CASE

from blocs.language.case import Case
from blocs.language.load import examine


def problems(tmp_path: Path, theory: str = BORDER, case: str = BORDER_CASE) -> list[str]:
    (tmp_path / "border.yaml").write_text(theory, encoding="utf-8")
    (tmp_path / "case.yaml").write_text(case, encoding="utf-8")
    return [str(one) for one in examine(tmp_path / "case.yaml").errors]


def test_a_theory_with_types_checks(tmp_path: Path) -> None:
    assert problems(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("set: {dread: -daring}", "set: {dred: -daring}", "a type sets parameters, and `dred` is no parameter"),
        ("prior: logistic(fear)", "prior: 1.5", "expected a probability from 0 to 1, found 1.5"),
        ("prior: logistic(fear)", "prior: feer", "unknown name `feer`; did you mean `fear`"),
        ("prior: logistic(fear)", "prior: troops", "`troops` is a state variable"),
        ("prior: logistic(fear)", "prior: rest", "only one type can take the rest"),
        ("  north:\n    bold", "  nort:\n    bold", "the theory has no role `nort`"),
        ("set: {dread: daring}", "set: {gain: daring}", ""),
        ("set: {dread: daring}", "set: {fear: daring}", "cannot shift `fear`, which also enters the payoff `safety`"),
        ("role: north\n", "role: north\n    occasion: logistic(gain)\n", ""),
        (
            "role: north\n",
            "role: north\n    occasion: logistic(dread)\n",
            "cannot shift `dread`, which also enters the occasions of the stage `march`",
        ),
        ("play: {discount: 0.9", "play: {response: best, discount: 0.9", "private types need `response: logit`"),
    ],
)
def test_what_is_wrong_with_types_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in BORDER
    found = problems(tmp_path, BORDER.replace(old, new, 1))
    assert (not found) if not said else any(said in one for one in found), found


def test_probabilities_that_are_numbers_add_up(tmp_path: Path) -> None:
    wrong = BORDER.replace("prior: logistic(fear)", "prior: 0.3").replace("prior: rest", "prior: 0.6")
    (found,) = problems(tmp_path, wrong)
    assert "the probabilities of the types of `north` add up to 0.9, not to 1" in found
    assert "let one type have `prior: rest`" in found
    # nobody loses by a rounding
    assert problems(tmp_path, wrong.replace("prior: 0.6", "prior: 0.7")) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{north: {bold: {prior: 0.4, assumed: so}}}", ""),
        ("{north: {bld: 0.4}}", "the theory has no type `bld` of `north`; did you mean `bold`?"),
        ("{nort: {bold: 0.4}}", "the theory has no types of `nort`; did you mean `north`?"),
        ("{north: {bold: 1.4}}", "expected a probability from 0 to 1, found 1.4"),
        ("{north: {bold: feer}}", "unknown name `feer`"),
        ("{north: {bold: 0.4, timid: 0.5}}", "add up to 0.9, not to 1"),
    ],
)
def test_a_case_gives_its_own_probabilities(tmp_path: Path, given: str, said: str) -> None:
    found = problems(tmp_path, case=BORDER_CASE + f"types: {given}\n")
    assert (not found) if not said else any(said in one and "case.yaml" in one for one in found), found


def test_a_case_over_a_case_keeps_the_rest_and_says_where_things_stand(tmp_path: Path) -> None:
    assert problems(tmp_path) == []
    over = tmp_path / "over.yaml"
    over.write_text(
        "case: border-again\nextends: case.yaml\ntypes: {north: {bold: {prior: 0.2, assumed: so}}}\n", encoding="utf-8"
    )
    examined = examine(over)
    assert examined.errors == ()
    case = examined.subject
    assert isinstance(case, Case)
    assert case.case == "border-again" and case.roles["north"].actor == "N" and len(case.history) == 3
    assert case.theory_spec.types["north"]["bold"].prior == "0.2"
    # an entry that is given replaces the one below as a whole: no source stays with another value
    over.write_text("case: border-again\nextends: case.yaml\nroles: {north: M}\nhistory: []\n", encoding="utf-8")
    case = examine(over).subject
    assert isinstance(case, Case) and case.roles["north"].actor == "M" and case.history == ()
    # what is wrong is told where it stands
    over.write_text("case: border-again\nextends: case.yaml\nfacts: {x: 1}\n", encoding="utf-8")
    assert [(Path(one.file).name, one.line) for one in examine(over).errors] == [("over.yaml", 3)]
    base = (tmp_path / "case.yaml").read_text(encoding="utf-8")
    (tmp_path / "case.yaml").write_text(base.replace("option: arm", "option: amr"), encoding="utf-8")
    over.write_text("case: border-again\nextends: case.yaml\n", encoding="utf-8")
    assert {Path(one.file).name for one in examine(over).errors} == {"case.yaml"}


@pytest.mark.parametrize(
    ("what", "said"), [("over.yaml", "it extends itself"), ("nowhere", "there is no case `nowhere`")]
)
def test_a_case_that_extends_nothing_is_told(tmp_path: Path, what: str, said: str) -> None:
    over = tmp_path / "over.yaml"
    over.write_text(f"case: a\nextends: {what}\n", encoding="utf-8")
    (found,) = examine(over, "case").errors
    assert said in str(found) and found.line == 2
