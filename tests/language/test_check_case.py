from __future__ import annotations

import pytest

from blocs.language.coverage import coverage
from blocs.language.load import load_case

HISTORY = "  - {date: 1960-06, role: client, option: lean, event: It leans., source: [smith1971]}\n"


def test_the_example_has_no_problems(case_problems):
    assert case_problems() == []


ERRORS = [
    # facts
    ("mood: {value: tense, assumed: the mood of the time}", "mod: {value: tense, assumed: x}", "no fact `mod`", "did you mean `mood`", "facts.mod"),
    ("mood: {value: tense, assumed: the mood of the time}", "", "the fact `mood` (calm/tense) is missing: how it stands", "mood: {value", "facts"),
    ("{value: 0.54, range", "{value: 54, range", "expected a number from 0 to 1, found the number 54", "write 0.54", "facts.trade.value"),
    ("{value: 0.54, range", "{value: true, range", "expected a number from 0 to 1, found true", "", "facts.trade.value"),
    ("{value: false, source", "{value: no, source", "expected true or false, found the text `no`", "", "facts.land_route.value"),
    ("{value: tense,", "{value: tence,", "expected one of calm, tense, found the text `tence`", "did you mean `tense`", "facts.mood.value"),
    ("range: [0.5, 0.6]", "range: [0.6, 0.7]", "does not hold the value 0.54", "", "facts.trade.range"),
    ("range: [0.5, 0.6]", "range: [0.6, 0.5]", "the range runs backwards", "", "facts.trade.range"),
    ("range: [0.5, 0.6]", "range: [0.5, 1.6]", "expected a number from 0 to 1, found the number 1.6", "", "facts.trade.range"),
    ("{value: tense, assumed", "{value: tense, range: [0, 1], assumed", "only a number has a range", "", "facts.mood.range"),
    ("confidence: 0.9}", "confidence: 1.9}", "expected a number at most 1", "", "facts.trade.confidence"),
    (", source: [\"smith1971@p. 12\"], confidence: 0.9}", ", confidence: 0.9}", "this fact has no source", "assumed", "facts.trade"),
    # dates
    ("start: 1960-06,", "start: 1960-13,", "has no month 13", "", "calendar.start"),
    ("start: 1960-06,", "start: 1960,", "`1960` is less precise than a month", "", "calendar.start"),
    ("step: month,", "step: monht,", "expected month or quarter or half-year or year", "did you mean `month`", "calendar.step"),
    ("steps: 6}", "steps: 0}", "expected a number at least 1", "", "calendar.steps"),
    ("date: 1960-06, role", "date: 1961-06, role", "`1961-06` lies outside the calendar, which goes from 1960-06 to 1960-11", "", "history[0].date"),
    ("date: 1960-06, role", "date: June 1960, role", "`June 1960` is no date", "", "history[0].date"),
    ("date: 1960-06, role", "date: 1960-Q3, role", "covers more than one month", "give the month", "history[0].date"),
    ("date: 1960-07-20", "date: 1960-07-32", "has no day 32", "", "history[2].date"),
    ("{date: 1948, event", "{date: 1948-31, event", "has no month 31", "", "context[0].date"),
    # moves
    ("option: lean, event", "option: laen, event", "`client` has no option `laen`", "did you mean `lean`", "history[0].option"),
    ("role: client, option: lean", "role: clent, option: lean", "no role `clent`", "did you mean `client`", "history[0].role"),
    ("role: client, option: lean", "role: patron, option: lean", "`patron` has no option `lean`", "`client` has it in the stage `line of the client`", "history[0].option"),
    ("option: lean, event", "option: lean, stage: lin of the client, event", "no stage `lin of the client`", "did you mean", "history[0].stage"),
    ("option: lean, event", "option: lean, stage: answer, event", "`client` has no option `lean` in the stage `answer`", "", "history[0].option"),
    ("date: 1960-07-20, role", "date: 1960-06-20, role", "a second option of `client` in the stage `line of the client` at 1960-06; the first is on line", "", "history[2]"),
    ("result: fails, ", "", "`back_coup` leaves something to chance; its `result` is missing", "succeeds, fails", "history[1]"),
    ("result: fails, ", "result: failed, ", "`back_coup` has no result `failed`", "did you mean `fails`", "history[1].result"),
    ("option: lean, event", "option: lean, result: works, event", "leaves nothing to chance", "remove it", "history[0].result"),
    (", source: [smith1971], confidence: 0.5}", ", confidence: 0.5}", "this event has no source", "", "history[1]"),
    ("source: [smith1971], confidence: 0.5", "source: [smith1971], confidence: -0.5", "expected a number at least 0", "", "history[1].confidence"),
    # the rest
    ("client: Albania}", "clint: Albania}", "no role `clint`", "did you mean `client`", "roles.clint"),
    ("iso3: SUN", "iso3: Sun", "`Sun` is no country code", "", "roles.patron.iso3"),
    ("{value: held, source", "{value: hold, source", "expected one of held, seized, found the text `hold`", "did you mean `held`", "start.arms.value"),
    ("start:\n  arms:", "start:\n  arm:", "no state variable `arm`", "did you mean `arms`", "start.arm"),
    ("parameters:\n  base_value:", "parameters:\n  base_worth:", "no parameter `base_worth`", "", "parameters.base_worth"),
    ("outcome: exit", "outcome: exti", "no outcome `exti`", "did you mean `exit`", "outcome"),
    ("odds: 0.7}", "ods: 0.7}", "no fact or parameter `ods`", "did you mean `odds`", "alternatives.by_land.set.ods"),
    ("odds: 0.7}", "odds: high}", "a parameter takes a number", "", "alternatives.by_land.set.odds"),
    ("{land_route: true, odds", "{land_route: 1, odds", "expected true or false, found the number 1", "", "set.land_route"),
    ("start: {alignment: hedging}", "start: {alignment: hedge}", "expected one of loyal", "did you mean `hedging`", "start.alignment"),
    ("[1960-06 client lean]", "[1959-06 client lean]", "outside the calendar", "", "by_land.force"),
    ("[1960-06 client lean]", "[1960-06 client laen]", "no option `laen`", "did you mean `lean`", "by_land.force"),
    ("[1960-06 client lean]", "[lean]", "expected date, role and option", "", "by_land.force"),
    ("theory: small.yaml", "theory: smal.yaml", "there is no such file", "did you mean `small.yaml`", "theory"),
    ("theory: small.yaml", "theory: patron-cliet", "there is no theory `patron-cliet`", "did you mean `patron-client`", "theory"),
    # citations
    ("source: [\"smith1971@p. 12\"]", "source: [smyth1971]", "`smyth1971` is not in bibliography.yaml", "did you mean `smith1971`", "facts.trade.source"),
    ("source: [\"smith1971@p. 12\"]", "source: [\"smith1971@page 12\"]", "is no page", "", "facts.trade.source"),
    ("sources: bibliography.yaml", "", "cites sources but names no bibliography", "sources: bibliography.yaml", "source"),
    ("sources: bibliography.yaml", "sources: nothing.yaml", "there is no such file", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message", "hint", "path"), ERRORS)
def test_each_error_is_told_where_it_is(case_problems, old, new, message, hint, path):
    errors = [one for one in case_problems((old, new)) if one.severity == "error"]
    found = [one for one in errors if message in one.message or message in one.hint]
    assert found, "\n".join(map(str, errors))
    assert hint in found[0].hint or hint in found[0].message
    assert path in found[0].path
    assert found[0].line > 0 or not path


WARNINGS = [
    ("trade: {value: 0.54, range: [0.5, 0.6], source: [\"smith1971@p. 12\"], confidence: 0.9}", "trade: 0.54", "a bare value is a sketch"),
    ("arms: {value: held, source: [smith1971]}", "arms: held", "this start value has no source"),
    (", assumed: the only base there is}", "}", "this prior has no source"),
    ("event: The break., source: [smith1971]}", "event: The break.}", "this remark has no source"),
    ("patron: {actor: Soviet Union, cow: 365, iso3: SUN}, ", "", "nobody plays the role `patron`"),
    ("version: 1", "version: 2", "written for version 2 of `small`, which now has version 1"),
    ("assumed: the mood of the time}", "assumed: the mood of the time, source: smith1971}", "has a source and is also assumed"),
    ("{set: {land_route: true, odds: 0.7}, start: {alignment: hedging}, force: [1960-06 client lean]}", "{}", "this alternative changes nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), WARNINGS)
def test_each_warning_leaves_the_case_usable(case_problems, folder, old, new, message):
    problems = case_problems((old, new))
    assert {one.severity for one in problems} == {"warning"}
    assert any(message in one.message for one in problems), "\n".join(map(str, problems))
    assert load_case(folder / "case.yaml").case == "small-case"


def test_an_uncited_source_is_a_warning_with_its_line(case_problems, folder):
    extra = "- {id: jones1980, type: book, title: Another, issued: {date-parts: [[1980]]}}\n"
    (folder / "bibliography.yaml").write_text((folder / "bibliography.yaml").read_text() + extra)
    (problem,) = case_problems()
    assert (problem.severity, problem.line) == ("warning", 6)
    assert "`jones1980` is never cited" in problem.message


def test_a_forbidden_option_in_the_history_says_so(case_problems):
    (problem,) = [one for one in case_problems(more="without: [seize]\n") if one.severity == "error"]
    assert "`seize` is forbidden in this case" in problem.message
    assert problem.path == "history[2].option"


def test_an_unknown_forbidden_option_is_told(case_problems):
    (problem,) = [one for one in case_problems(more="without: [sieze]\n") if one.severity == "error"]
    assert (problem.path, problem.hint) == ("without[0]", "did you mean `seize`?")


def test_an_option_of_two_stages_needs_its_stage(case_problems, folder):
    theory = folder / "small.yaml"
    twice = "  - stage: second thoughts\n    role: client\n    options: {hold: {}, lean: {set: {alignment: next}}}\npayoffs:\n"
    theory.write_text(theory.read_text().replace("payoffs:\n", twice))
    problems = [one for one in case_problems() if one.severity == "error"]
    assert {one.path for one in problems} == {"history[0].option", "alternatives.by_land.force[0]"}
    assert all("stands in several stages" in one.message and one.hint == "say which stage is meant" for one in problems)
    staged = ("option: lean, event", "option: lean, stage: second thoughts, event")
    forced = ("[1960-06 client lean]", '["1960-06 client line of the client: lean"]')
    assert [one for one in case_problems(staged, forced) if one.severity == "error"] == []
    wanted = "`lean` stands in several stages"
    (problem,) = [one for one in case_problems(staged, forced, more="without: [lean]\n") if wanted in one.message]
    assert problem.hint == "write `stage: option`"
    assert not [
        one
        for one in case_problems(staged, forced, more="without: ['line of the client: lean']\n")
        if wanted in one.message
    ]


def test_forbidding_everything_in_a_stage_is_an_error(case_problems):
    problems = case_problems(more="without: ['answer: hold', back_coup]\n")
    assert any("nothing is left to choose in the stage `answer`" in one.message for one in problems)


def test_problems_of_the_case_the_theory_and_the_bibliography_come_together(case_problems, folder):
    (folder / "small.yaml").write_text((folder / "small.yaml").read_text().replace("odds * tension", "ods * tension"))
    (folder / "bibliography.yaml").write_text("- {id: smith1971, type: bok, title: A handbook}\n")
    problems = case_problems(("option: lean, event", "option: laen, event"))
    files = [one.file.rsplit("/", 1)[-1] for one in problems if one.severity == "error"]
    assert sorted(files) == ["bibliography.yaml", "case.yaml", "small.yaml"]


def test_a_range_of_a_fact_that_decides_what_is_possible_is_a_warning(case_problems, folder):
    theory = folder / "small.yaml"
    theory.write_text(
        theory.read_text().replace("when: alignment < rival,", "when: alignment < rival and trade > 0.2,")
    )
    (problem,) = case_problems()
    assert problem.severity == "warning"
    assert "its range is not drawn from" in problem.message


def test_coverage_counts_what_statements_rest_on(case_problems, folder):
    # facts: 2 sourced, 1 assumed, 1 left to the default; 3 events, 1 start and 1 remark sourced; 1 prior assumed
    found = coverage(load_case(folder / "case.yaml"))
    assert (found.sourced, found.assumed, found.missing, found.total) == (7, 3, 0, 10)
    case_problems(("event: The break., source: [smith1971]}", "event: The break.}"))
    assert coverage(load_case(folder / "case.yaml")).missing == 1
