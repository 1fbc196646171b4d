from __future__ import annotations

import subprocess
import sys

import pytest

from blocs.errors import InputError
from blocs.language.case import Case
from blocs.language.check import check
from blocs.language.identity import content_hash
from blocs.language.load import examine, load_case, load_theory
from blocs.language.reading import read_text
from blocs.language.theory import Theory
from blocs.library import case_path, list_cases, list_theories, theory_path


@pytest.mark.parametrize("name", list_theories())
def test_shipped_theories_have_no_errors(name):
    assert examine(name, "theory").errors == ()
    assert load_theory(name).theory == name


@pytest.mark.parametrize("name", list_cases())
def test_shipped_cases_have_no_errors(name):
    assert examine(name).errors == ()
    assert load_case(name).case == name


def test_a_case_is_found_by_path_and_by_folder(folder):
    by_file = load_case(folder / "case.yaml")
    by_folder = load_case(str(folder))
    assert by_file.model_dump() == by_folder.model_dump()
    assert by_file.theory_spec.theory == "small"


def test_the_nearest_name_is_suggested():
    first = list_cases()[0]
    with pytest.raises(InputError, match=rf"there is no case `{first[:-1]}x`; did you mean `{first}`"):
        load_case(first[:-1] + "x")
    with pytest.raises(InputError, match=r"there is no theory `patron-cliet`; did you mean `patron-client`"):
        load_theory("patron-cliet")
    with pytest.raises(InputError, match="shipped are"):
        load_theory("zzz")


def test_a_theory_is_not_taken_for_a_case(folder):
    with pytest.raises(InputError, match="this file is a theory; expected a case"):
        load_case(folder / "small.yaml")
    with pytest.raises(InputError, match="this file is a case; expected a theory"):
        load_theory(folder / "case.yaml")


def test_loading_raises_all_errors_and_no_warnings(folder):
    text = (
        (folder / "case.yaml").read_text().replace("option: lean,", "option: laen,").replace("value: 0.54", "value: 54")
    )
    (folder / "case.yaml").write_text(text.replace("event: The break., source: [smith1971]", "event: The break."))
    with pytest.raises(InputError) as caught:
        load_case(folder / "case.yaml")
    assert [one.path for one in caught.value.problems] == ["facts.trade.value", "history[0].option"]
    assert {one.severity for one in examine(folder / "case.yaml").problems} == {"error", "warning"}


def test_a_theory_made_in_python_is_checked_without_places():
    theory = Theory.model_validate(read_text((theory_path("patron-client")).read_text()).data)
    broken = theory.model_copy(update={"ends_when": "verdit != pending"})
    (problem,) = [one for one in check(broken) if one.severity == "error" and "verdit" in one.message]
    assert (problem.file, problem.line, problem.path) == ("", 0, "ends_when")
    assert "did you mean `verdict` (state variable)?" in problem.hint


def test_models_are_frozen_and_survive_being_dumped(folder):
    case = load_case(folder / "case.yaml")
    with pytest.raises(ValueError, match="frozen"):
        case.title = "another"
    assert Case.model_validate(case.model_dump(mode="json")).model_dump() == case.model_dump()
    theory = case.theory_spec
    assert Theory.model_validate(theory.model_dump(mode="json")).model_dump() == theory.model_dump()


def test_a_case_without_its_theory_says_so(folder):
    case = Case.model_validate(read_text((folder / "case.yaml").read_text()).data)
    with pytest.raises(ValueError, match=r"use blocs\.load"):
        _ = case.theory_spec


class TestContentHash:
    """The same content has the same hash, any change another."""

    def test_comments_and_the_order_of_facts_do_not_count(self, folder):
        before = content_hash(load_case(folder / "case.yaml"))
        text = (folder / "case.yaml").read_text()
        land = "  land_route: {value: false, source: [smith1971]}\n"
        moved = (
            text.replace(land, "")
            .replace("facts:\n", "# a comment\nfacts:\n")
            .replace("start:\n", land + "start:\n", 1)
        )
        (folder / "case.yaml").write_text(moved)
        assert content_hash(load_case(folder / "case.yaml")) == before

    @pytest.mark.parametrize(
        ("file", "old", "new"),
        [
            ("case.yaml", "value: 0.54", "value: 0.55"),
            ("case.yaml", "confidence: 0.5", "confidence: 0.6"),
            ("small.yaml", "Beta(2, 2)", "Beta(2, 3)"),
            (
                "small.yaml",
                "  exit: alignment == rival\n  in line: otherwise",
                "  exit: alignment > hedging\n  in line: otherwise",
            ),
            ("small.yaml", "hold: {}\n      back_coup", "hold: {cost: {patron: 0.0}}\n      back_coup"),
        ],
    )
    def test_any_change_counts(self, folder, file, old, new):
        before = content_hash(load_case(folder / "case.yaml"))
        text = (folder / file).read_text()
        assert text.count(old) == 1
        (folder / file).write_text(text.replace(old, new))
        assert content_hash(load_case(folder / "case.yaml")) != before

    def test_the_order_of_outcomes_counts(self, folder):
        before = content_hash(load_theory(folder / "small.yaml"))
        text = (folder / "small.yaml").read_text()
        (folder / "small.yaml").write_text(
            text.replace(
                "outcomes:\n  exit: alignment == rival\n",
                "outcomes:\n  early: anger == 3\n  exit: alignment == rival\n",
            )
        )
        one = content_hash(load_theory(folder / "small.yaml"))
        (folder / "small.yaml").write_text(
            text.replace(
                "outcomes:\n  exit: alignment == rival\n",
                "outcomes:\n  exit: alignment == rival\n  early: anger == 3\n",
            )
        )
        two = content_hash(load_theory(folder / "small.yaml"))
        assert len({before, one, two}) == 3

    def test_it_is_the_same_in_every_process(self, folder):
        code = "import sys; from blocs.language.load import load_case; from blocs.language.identity import content_hash; print(content_hash(load_case(sys.argv[1])))"
        found = subprocess.run(
            [sys.executable, "-c", code, str(folder / "case.yaml")], capture_output=True, text=True, check=True
        )
        assert found.stdout.strip() == content_hash(load_case(folder / "case.yaml"))
        assert len(found.stdout.strip()) == 64


def test_checking_loads_neither_numpy_nor_plotting_nor_the_writer():
    code = f"import sys; from blocs.language.load import examine; examine({str(case_path(list_cases()[0]))!r}); print([one for one in ('numpy', 'numba', 'scipy', 'pandas', 'matplotlib', 'ruamel.yaml', 'rich') if one in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
