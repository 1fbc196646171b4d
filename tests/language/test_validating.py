"""The shape of files: every mistake at once, in plain words, at its place."""

from __future__ import annotations

import pytest

from blocs.language.load import examine

ROWS = [
    ("title: A small theory", "titel: A small theory", "titel", "unknown key `titel`", "did you mean `title`?"),
    ("version: 1", "version: one", "version", "expected a whole number, found the text `one`", ""),
    ("version: 1", "version: 1.5", "version", "expected a whole number, found the number 1.5", ""),
    ("version: 1", "version: 0", "version", "expected a number at least 1, found the number 0", ""),
    ("title: A small theory", "title: 1984", "title", "expected text, found the number 1984", "put it in quotes"),
    ("title: A small theory", "title: true", "title", "expected text, found true", "put it in quotes"),
    ("forget: {anger: alignment == rival}", "forget: [anger]", "forget", "expected a mapping, such as `name: value` lines, found a list", ""),
    ("forget: {anger: alignment == rival}", "forget:", "forget", "expected a mapping, such as `name: value` lines, found nothing", "write `{}`"),
    ("      hold: {}\n      lean:", "      hold:\n      lean:", "stages[0].options.hold", "expected a mapping, found nothing", "write `{}`"),
    ("{client: 0.1}", "{client: [0.1]}", "stages[0].options.lean.cost.client", "expected a formula, found a list", ""),
    ("discount: 0.95", "discount: .inf", "play.discount", "expected a formula, found the number inf", ""),
    ("discount: 0.95", "discount: null", "play.discount", "expected a formula, found nothing", ""),
    ("response: logit", "response: logti", "play.response", "expected logit or probit or best, found the text `logti`", "did you mean `logit`?"),
    ("type: share", "type: shares", "facts.trade.type", "expected boolean, share, number, count or a list of values", ""),
    ("type: boolean, help: is", "type: [], help: is", "facts.land_route.type", "expected a list of names", ""),
    ("type: boolean, help: is", "type: [no way, way], help: is", "facts.land_route.type", "expected a name: a letter", ""),
    ('prior: "Beta(2, 2)"', 'prior: "Bta(2, 2)"', "parameters.odds.prior", "there is no prior `Bta`; did you mean `Beta`?", ""),
    ('prior: "Beta(2, 2)"', "prior: true", "parameters.odds.prior", "expected a prior such as", ""),
    ('prior: "Beta(2, 2)", help', "help", "parameters.odds", "`prior` is missing", "prior: Prior distribution"),
    ("range: [0, 3], help", "range: [0, 3, 4], help", "state.anger.range", "expected two whole numbers", ""),
    ("range: [0, 3], help", "range: [0, 2.5], help", "state.anger.range", "expected two whole numbers", ""),
    ("  - stage: answer\n", "  - stge: answer\n", "stages[1].stge", "unknown key `stge`", "did you mean `stage`?"),
    ("{p: rest, label: fails}", "{q: rest, label: fails}", "stages[1].options.back_coup.chance[1]", "`p` is missing", ""),
    ("{p: rest, label: fails}", "{p: rest, label: 3}", "stages[1].options.back_coup.chance[1].label", "expected text, found the number 3", "put it in quotes"),
    ('cameo: "173"', "cameo: 173", "stages[1].options.back_coup.cameo", "expected text, found the number 173", "put it in quotes"),
    ("roles: {patron: holds the bloc together,", "roles: {pat-ron: holds the bloc together,", "roles.pat-ron", "expected a name: a letter", ""),
    ("lean: {when", "2lean: {when", "stages[0].options.2lean", "expected a name: a letter", ""),
    ("autonomy: {formula: alignment / 2, help: own course}", "autonomy: {formul: alignment / 2}", "payoffs.client.autonomy.formul", "unknown key `formul`", "did you mean `formula`?"),
    ("autonomy: {formula: alignment / 2, help: own course}", "autonomy: [1]", "payoffs.client.autonomy", "expected a mapping, found a list", "its keys are formula"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "message", "hint"), ROWS)
def test_each_mistake_is_told_in_plain_words_at_its_place(theory_problems, folder, old, new, path, message, hint):
    problems = theory_problems((old, new))
    found = [one for one in problems if message in one.message]
    assert found, "\n".join(map(str, problems))
    assert found[0].path == path
    assert hint in found[0].hint
    text = (folder / "small.yaml").read_text().splitlines()[found[0].line - 1]
    assert text[found[0].column - 1 :].strip()
    for word in ("pydantic", "Input should", "type=", "validation"):
        assert word not in str(found[0])


def test_several_mistakes_come_together_and_in_order(theory_problems):
    problems = theory_problems(
        ("version: 1", "version: one"), ("type: share", "type: shar"), ("response: logit", "response: lgit"), ("stage: answer", "stag: answer")
    )  # fmt: skip
    errors = [one for one in problems if one.severity == "error"]
    assert [one.path for one in errors] == [
        "version",
        "facts.trade.type",
        "stages[1].stag",
        "play.response",
    ]


def test_a_case_takes_short_forms(folder):
    subject = examine(folder / "case.yaml").subject
    assert subject.roles["client"].actor == "Albania"
    assert subject.history[0].source == ("smith1971",)
    text = (
        (folder / "case.yaml").read_text().replace("mood: {value: tense, assumed: the mood of the time}", "mood: tense")
    )
    (folder / "case.yaml").write_text(text.replace("start: 1960-06", "start: '1960-06'"))
    assert examine(folder / "case.yaml").subject.facts["mood"].value == "tense"


CASE_ROWS = [
    ("case: small-case\n", "", "", "`case` is missing"),
    ("calendar: {start: 1960-06, step: month, steps: 6}", "calendar: 1960-06", "calendar", "expected a mapping, found the text `1960-06`"),
    ("event: It leans., ", "", "history[0]", "`event` is missing"),
    ("{date: 1960-06, role: client, option: lean", "{date: [1960], role: client, option: lean", "history[0].date", "expected a date such as 1960-07"),
    ("range: [0.5, 0.6]", "range: 0.5-0.6", "facts.trade.range", "expected two numbers [low, high], found the text"),
    ("{value: false, source: [smith1971]}", "{value: [false], source: [smith1971]}", "facts.land_route.value", "expected one value"),
    ("{value: false, source: [smith1971]}", "{value: false, source: [3]}", "facts.land_route.source", "expected a citation"),
    ("cow: 365", "cow: '365'", "roles.patron.cow", "expected a whole number, found the text `365`"),
    ("outcome: exit", "outcome: exit\nwithout: [3]", "without", "expected a list of options"),
    ("force: [1960-06 client lean]", "force: {1960-06: lean}", "alternatives.by_land.force", "expected a list such as"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "message"), CASE_ROWS)
def test_mistakes_in_cases_are_told_likewise(case_problems, folder, old, new, path, message):
    (folder / "case.yaml").touch()
    problems = case_problems((old, new)) if old != "case: small-case\n" else _without_name(folder)
    found = [one for one in problems if message in one.message]
    assert found, "\n".join(map(str, problems))
    assert found[0].path == path


def _without_name(folder):
    text = (folder / "case.yaml").read_text().replace("case: small-case\n", "")
    (folder / "case.yaml").write_text(text)
    return examine(folder / "case.yaml", "case").problems


def test_what_stands_under_a_misspelt_key_is_checked_all_the_same(theory_problems, folder):
    problems = theory_problems(
        ("stages:\n", "stagse:\n"), ("arms == held and not purged", "arm == held and not purged")
    )
    found = [(one.path, one.message) for one in problems]
    assert found == [("stagse", "unknown key `stagse`"), ("stagse[0].options.seize.when", "unknown name `arm`")]
    text = (folder / "small.yaml").read_text().splitlines()[problems[1].line - 1]
    assert text[problems[1].column - 1 :].startswith("arm == held")


def test_the_theory_is_checked_even_where_the_case_cannot_be_made(case_problems, folder):
    (folder / "small.yaml").write_text((folder / "small.yaml").read_text().replace("odds * tension", "ods * tension"))
    problems = case_problems(("calendar: {start: 1960-06, step: month, steps: 6}\n", ""))
    assert [one.message for one in problems] == ["`calendar` is missing", "unknown name `ods`"]
