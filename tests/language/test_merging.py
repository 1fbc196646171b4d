from __future__ import annotations

import pytest

from blocs.language.load import examine, load_case, load_theory


@pytest.fixture
def extended(folder):
    """Write a theory over the small one and return it, or its problems."""

    def write(text, name="over.yaml", base="small.yaml"):
        (folder / name).write_text(f"theory: {name[:-5]}\nextends: {base}\n{text}")
        return folder / name

    return write


def test_keys_replace_keys_and_the_rest_stays(extended):
    theory = load_theory(extended("parameters: {base_value: {prior: Fixed(2)}}\nplay: {discount: 0.8}\n"))
    assert theory.theory == "over"
    assert str(theory.parameters["base_value"].prior) == "Fixed(2)"
    assert theory.parameters["base_value"].help == "worth of the base"
    assert (theory.play.discount, theory.play.response) == ("0.8", "logit")
    assert list(theory.roles) == ["patron", "client"]


def test_short_forms_replace_what_they_stand_for(extended):
    theory = load_theory(extended("parameters: {odds: 0.25}\npayoffs: {client: {autonomy: alignment}}\n"))
    assert (str(theory.parameters["odds"].prior), theory.parameters["odds"].help) == ("Fixed(0.25)", "odds of a coup")
    term = theory.payoffs["client"]["autonomy"]
    assert (term.formula, term.help) == ("alignment", "own course")


def test_null_takes_away(extended):
    theory = load_theory(extended("forget: null\npayoffs: {patron: {route: null}}\nfacts: {land_route: null}\n"))
    assert theory.forget == {}
    assert list(theory.payoffs["patron"]) == ["base"]
    assert "land_route" not in theory.facts


def test_stages_go_by_their_name_and_options_by_theirs(extended):
    theory = load_theory(
        extended(
            """\
stages:
  - stage: answer
    options:
      back_coup: {when: alignment == rival, cost: {patron: 3}}
      scold: {set: {anger: 0}, cost: {patron: 0.1}}
  - {stage: afterwards, role: client, options: {hold: {}, calm_down: {set: {anger: 0}}}}
  - {stage: line of the client, options: {seize: null}}
outcomes: {coup: anger == 3}
"""
        )
    )
    assert [stage.stage for stage in theory.stages] == ["line of the client", "answer", "afterwards"]
    assert list(theory.stages[0].options) == ["hold", "lean"]
    back_coup = theory.stages[1].options["back_coup"]
    assert (back_coup.when, back_coup.cost, len(back_coup.chance)) == ("alignment == rival", {"patron": "3"}, 2)
    assert list(theory.stages[1].options) == ["hold", "back_coup", "scold"]
    assert list(theory.outcomes) == ["exit", "coup", "in line"]


def test_a_stage_without_options_goes_away(extended):
    theory = load_theory(extended("stages: [{stage: answer, options: null}]\n"))
    assert [stage.stage for stage in theory.stages] == ["line of the client"]


def test_problems_are_told_in_the_file_that_they_come_from(extended, folder):
    (folder / "small.yaml").write_text((folder / "small.yaml").read_text().replace("odds * tension", "ods * tension"))
    path = extended(
        "stages:\n  - {stage: answer, options: {scold: {when: angr > 0, cost: {patron: 1}}}}\ndefine: {tension: moood == calm}\n"
    )
    errors = [one for one in examine(path).problems if one.severity == "error"]
    assert {(one.file.rsplit("/", 1)[-1], one.path) for one in errors} == {
        ("small.yaml", "stages[1].options.back_coup.chance[0].p"),
        ("over.yaml", "stages[0].options.scold.when"),
        ("over.yaml", "define.tension"),
    }
    lines = {one.path: one.line for one in errors}
    assert lines["stages[0].options.scold.when"] == 4
    assert lines["define.tension"] == 5


def test_a_theory_over_a_theory_over_a_theory(extended, folder):
    extended("stages: [{stage: answer, options: {scold: {when: angr > 0, cost: {patron: 1}}}}]\n", "middle.yaml")
    top = extended("stages: [{stage: line of the client, options: null}]\n", "top.yaml", "middle.yaml")
    problems = [one for one in examine(top).problems if one.severity == "error"]
    assert [(one.file.rsplit("/", 1)[-1], one.line) for one in problems] == [("middle.yaml", 3)]
    extended("stages: [{stage: answer, options: {scold: {when: anger > 0, cost: {patron: 1}}}}]\n", "middle.yaml")
    theory = load_theory(top)
    assert [stage.stage for stage in theory.stages] == ["answer"]
    assert "scold" in theory.stages[0].options


def test_circles_and_missing_files_are_told(extended):
    extended("", "one.yaml", "two.yaml")
    path = extended("", "two.yaml", "one.yaml")
    assert "it extends itself in the end" in str(examine(path).problems[0])
    (problem, *_) = examine(extended("", "over.yaml", "patron-clint")).problems
    assert (problem.path, problem.line, problem.hint) == ("extends", 2, "did you mean `patron-client`?")


def test_a_shipped_theory_can_be_extended(extended):
    theory = load_theory(extended("parameters: {precision_patron: 2}\n", base="patron-client"))
    assert str(theory.parameters["precision_patron"].prior) == "Fixed(2)"


def test_a_case_has_the_theory_with_its_priors_and_without_what_it_forbids(folder):
    case_file = folder / "case.yaml"
    case_file.write_text(case_file.read_text().replace("outcome: exit", "without: ['answer: back_coup']").replace(
        "  - {date: 1960-07, role: patron, option: back_coup, result: fails, event: A plot., source: [smith1971], confidence: 0.5}\n", ""
    ))  # fmt: skip
    case = load_case(case_file)
    assert str(case.theory_spec.parameters["base_value"].prior) == "LogNormal(0, 0.5)"
    assert case.theory_spec.parameters["base_value"].help == "worth of the base"
    assert str(case.whole_theory.parameters["base_value"].prior) == "LogNormal(-0.7, 0.6)"
    assert list(case.theory_spec.stages[1].options) == ["hold"]
    assert list(case.whole_theory.stages[1].options) == ["hold", "back_coup"]
    document, path = case.theory_spec.origins.find(("parameters", "base_value", "prior"))
    assert (document.file, path) == (str(case_file), ("parameters", "base_value", "prior"))


AT_ONCE = """\
stages:
  - stage: at once
    roles: [client, patron]
    options:
      client: {hold: {}, lean: {moved_from: line of the client}}
      patron: {hold: {}, back_coup: {moved_from: answer, cost: {patron: 3}}}
"""


def test_options_move_into_a_stage_of_several_roles(extended):
    theory = load_theory(extended(AT_ONCE))
    assert [list(stage.options) for stage in theory.stages] == [["hold", "seize"], ["hold"], ["client", "patron"]]
    moved = theory.stages[2].options["patron"]["back_coup"]
    assert (moved.cost, len(moved.chance), moved.moved_from) == ({"patron": "3"}, 2, None)
    whole = load_theory(extended(AT_ONCE).parent / "small.yaml")
    lean = theory.stages[2].options["client"]["lean"]
    assert lean == whole.stages[0].options["lean"]


LINE = "stages:\n  - {stage: line of the client, occasion: odds}\n"


def test_options_that_are_moved_bring_their_occasions(extended):
    over = AT_ONCE.replace("stages:\n", LINE)
    theory = load_theory(extended(over))
    assert theory.stages[2].occasion == {"client": "odds"} and theory.stages[0].occasion == "odds"
    given = over.replace("    options:\n", "    occasion: {client: 0.5, patron: odds / 2}\n    options:\n")
    assert load_theory(extended(given)).stages[2].occasion == {"client": "0.5", "patron": "odds / 2"}
    other = LINE.replace("occasion: odds", "occasion: odds, otherwise: wait, options: {wait: {}}")
    theory = load_theory(extended(over.replace(LINE, other).replace("client: {hold: {}", "client: {wait: {}")))
    assert theory.stages[2].otherwise == {"client": "wait"}


def test_a_role_cannot_have_two_kinds_of_occasions_in_a_stage(extended):
    moved = "{hold: {}, lean: {moved_from: line of the client}, back_coup: {moved_from: answer}}"
    at_once = (
        f"  - stage: at once\n    roles: [client, patron]\n    options: {{client: {moved}, patron: {{hold: {{}}}}}}\n"
    )
    over = LINE + at_once
    errors = [one for one in examine(extended(over)).problems if one.severity == "error"]
    assert len(errors) == 1 and "a stage with other occasions than the role's other options" in errors[0].message
    assert "occasion: {client: ...}" in errors[0].hint and errors[0].line == 7


def test_what_is_wrong_with_a_moved_option_is_told_where_it_is_written(extended):
    wrong = AT_ONCE.replace("cost: {patron: 3}", "cost: {patron: coup_price}")
    problems = examine(extended(wrong)).problems
    assert [(one.file.rpartition("/")[2], one.line) for one in problems if one.severity == "error"] == [
        ("over.yaml", 8)
    ]
    lost = AT_ONCE.replace("moved_from: answer", "moved_from: answr")
    errors = [one for one in examine(extended(lost)).problems if one.severity == "error"]
    assert len(errors) == 1 and "no option `back_coup` to be moved from a stage `answr`" in errors[0].message
    assert "answer" in errors[0].hint and errors[0].line == 8
