from __future__ import annotations

import pytest


def only(problems, severity="error"):
    found = [one for one in problems if one.severity == severity]
    assert len(found) == 1, "\n".join(map(str, problems))
    return found[0]


def test_the_example_has_no_problems(theory_problems):
    assert theory_problems() == []


CONTINUE = "horizon: {after_last_step: continue}"
AT_ONCE = """\
  - stage: at once
    roles: [client, patron]
    options: {client: {stay: {}}, patron: {stay: {}, move: {when: arms == held}}}
"""


def at_once(more: str) -> tuple[str, str]:
    """Return what is replaced so that a third stage is one of two roles."""
    return "payoffs:\n", f"{AT_ONCE}    {more}\npayoffs:\n"


ERRORS = [
    # formulas: syntax, names, kinds
    ("when: alignment < rival,", "when: alignment <, rival,", "unknown key", "", "options.lean"),
    ("p: odds * tension", "p: odds ** tension ((", "this is not a formula", "", "chance[0].p"),
    (
        "arms == held and not purged",
        "arm == held and not purged",
        "unknown name `arm`",
        "did you mean `arms`",
        "seize.when",
    ),
    ("arms == held and not purged", "arms == hold and not purged", "unknown name `hold`", "`held`", "seize.when"),
    ("alignment / 2", "alignment == mood", "cannot be compared", "", "payoffs.client.autonomy"),
    ("not purged", "not anger", "joins conditions", "", "seize.when"),
    ("base: base_value * (arms == held)", "base: client * 2", "unknown name `client`", "not of roles", "patron.base"),
    (
        "      hold: {}\n      back_coup:",
        "      hold: {secret: true}\n      back_coup:",
        "`hold` cannot be secret",
        "",
        "hold.secret",
    ),
    (
        "      hold: {}\n      back_coup:\n",
        "      back_coup:\n        secret: true\n",
        "needs a `hold` beside it",
        "add it",
        "back_coup.secret",
    ),
    # occasions
    ("role: client\n", "role: client\n    occasion: 1.5\n", "a probability from 0 to 1, found 1.5", "", "[0].occasion"),
    ("role: client\n", "role: client\n    occasion: odds +\n", "this is not a formula", "", "stages[0].occasion"),
    ("role: client\n", "role: client\n    occasion: od\n", "unknown name `od`", "`odds`", "stages[0].occasion"),
    ("role: client\n", "role: client\n    occasion: odds * anger\n", "`anger` is a state variable", "", "[0].occasion"),
    (
        "role: client\n",
        "role: client\n    occasion: odds\n    otherwise: leen\n",
        "`leen` is no option of this stage",
        "did you mean `lean`",
        "stages[0].otherwise",
    ),
    (
        "role: client\n",
        "role: client\n    occasion: odds\n    otherwise: lean\n",
        "must be legal in every state",
        "remove the condition",
        "lean.when",
    ),
    (
        "role: client\n    options:\n      hold: {}\n",
        "role: client\n    occasion: odds\n    options:\n",
        "`hold` is no option of this stage",
        "say with `otherwise`",
        "stages[0].occasion",
    ),
    ("role: client\n", "role: client\n    otherwise: hold\n", "speaks of none", "add `occasion`", "[0].otherwise"),
    # occasions where several choose at once
    (*at_once("occasion: {client: 2}\n    otherwise: {client: stay}"), "a probability", "", "[2].occasion.client"),
    (*at_once("occasion: {clien: 0.5}"), "`clien` is not among the roles", "`client`", "[2].occasion.clien"),
    (*at_once("otherwise: {client: stay}"), "speaks of none", "add `occasion`", "[2].otherwise.client"),
    (*at_once("occasion: {client: 1}"), "`hold` is no option of", "say with `otherwise`", "[2].occasion.client"),
    (
        *at_once("occasion: {client: 1}\n    otherwise: {client: stey}"),
        "`stey` is no option of this stage",
        "did you mean `stay`",
        "[2].otherwise.client",
    ),
    (
        *at_once("occasion: {patron: 1}\n    otherwise: {patron: move}"),
        "must be legal in every state",
        "remove the condition",
        "[2].options.patron.move.when",
    ),
    # what a formula may depend on
    (
        "when: alignment > loyal and",
        "when: base_value > 1 and",
        "`base_value` is a parameter",
        "use facts",
        "back_coup.when",
    ),
    ("exit: alignment == rival", "exit: odds > 0.5", "`odds` is a parameter", "", "outcomes.exit"),
    ("discount: 0.95", "discount: 0.9 - 0.01 * anger", "`anger` is a state variable", "", "play.discount"),
    ("patron: lam,", "patron: lam * (arms == held),", "`arms` is a state variable", "", "precision.patron"),
    # constants out of range
    ("discount: 0.95", "discount: 1.5", "expected a discount above 0 and at most 1, found 1.5", "", "play.discount"),
    ("discount: 0.95", "discount: 1", "need a discount below 1", "", "horizon.after_last_step"),
    (CONTINUE, "horizon: forevr", "expected `forever` or `{after_last_step: ...}`", "", "horizon"),
    (CONTINUE, "horizon: forevr", "did you mean `forever`", "", "horizon"),
    (CONTINUE, "horizon: continue", "found the text `continue`", "", "horizon"),
    (CONTINUE, "horizon: 3", "expected `forever` or `{after_last_step: ...}`", "", "horizon"),
    (CONTINUE, "horizon: {after: 3}", "unknown key `after`", "after_last_step", "horizon.after"),
    (CONTINUE, "horizon: {after_last_step: -2}", "a number of steps of at least 0", "", "horizon.after_last_step"),
    ("p: odds * tension", "p: 1.5", "expected a probability from 0 to 1, found 1.5", "", "chance[0].p"),
    ("patron: lam,", "patron: -1,", "expected a precision of at least 0", "", "precision.patron"),
    # what options do
    (
        "{alignment: next}",
        "{alignmnt: next}",
        "no state variable `alignmnt`",
        "did you mean `alignment`",
        "lean.set.alignmnt",
    ),
    (
        "{alignment: next}",
        "{alignment: rivla}",
        "`rivla` is no value of `alignment`",
        "did you mean `rival`",
        "lean.set",
    ),
    ("purged: true}", "purged: next}", "true or false and has no next value", "write true or false", "set.purged"),
    ("set: {anger: anger + 1}", "set: {anger: 4}", "expected a whole number from 0 to 3, found 4", "", "set.anger"),
    ("set: {anger: anger + 1}", "set: {anger: 1.5}", "expected a whole number from 0 to 3, found 1.5", "", "set.anger"),
    ("{alignment: next}", "{alignment: arms}", "expected one of [loyal, hedging, rival]", "", "lean.set.alignment"),
    ("{p: rest, label: fails}", "{p: rest, label: succeeds}", "`succeeds` stands here twice", "", "chance[1].label"),
    ("p: odds * tension", "p: rest", "only one result can take the rest", "", "chance[1].p"),
    ("cost: {client: 0.1}", "cost: {clent: 0.1}", "no role `clent`", "did you mean `client`", "lean.cost.clent"),
    ('cameo: "173"', 'cameo: "213"', "`213` has no CAMEO root", "01 to 20", "back_coup.cameo"),
    ('cameo: "173"', 'cameo: "1"', "`1` is no CAMEO code", "two to four digits", "back_coup.cameo"),
    ("plover: COERCE", "plover: COERSE", "`COERSE` is no PLOVER type", "did you mean `COERCE`", "back_coup.plover"),
    # roles, stages, outcomes
    ("role: patron\n", "role: patrn\n", "no role `patrn`", "did you mean `patron`", "stages[1].role"),
    ("stage: answer", "stage: line of the client", "stands here twice", "", "stages[1].stage"),
    ("patron: {base:", "patrn: {base:", "no role `patrn`", "did you mean `patron`", "payoffs.patrn"),
    (
        "{patron: lam, client: lam}",
        "{patron: lam}",
        "`client` chooses, but has no precision",
        "client: 1",
        "play.precision",
    ),
    (
        "exit: alignment == rival",
        "exit: otherwise",
        "so `in line` below it never happens",
        "put it last",
        "outcomes.exit",
    ),
    ("forget: {anger:", "forget: {angr:", "no state variable `angr`", "did you mean `anger`", "forget.angr"),
    # variables and facts
    ("{range: [0, 3], help", "{range: [3, 0], help", "least value must be below", "", "anger.range"),
    ("{range: [0, 3], help", "{range: [0, 3000000000], help", "at most 65,536 values", "", "anger.range"),
    (
        "{type: boolean, help: a purge}",
        "{help: a purge}",
        "expected one of `values`, `type` and `range`",
        "",
        "state.purged",
    ),
    (
        "start: loyal",
        "start: loayl",
        "expected one of loyal, hedging, rival",
        "did you mean `loyal`",
        "alignment.start",
    ),
    ("[loyal, hedging, rival]", "[loyal, hedging, rival, loyal]", "`loyal` stands here twice", "", "alignment.values"),
    ("default: 10", "default: -1", "expected a number from 0 to 500, found the number -1", "", "troops.default"),
    ("high: 500,", "high: 5,", "expected a number from 0 to 5, found the number 10", "", "troops.default"),
    ("land_route: {type: boolean,", "land_route: {type: boolean, low: 0,", "only numbers", "", "land_route.low"),
    # names
    ("tension: 0.5 if", "max: 0.5 if", "`max` has a meaning of its own", "", "define.max"),
    ("lam: {prior", "arms: {prior", "`arms` is a state variable here and a parameter on line 13", "", "state.arms"),
    ("[calm, tense]", "[calm, next]", "the value `next` of `mood`", "", "facts.mood"),
    (
        "tension: 0.5 if mood == tense else trade",
        "tension: tension + 1",
        "`tension` is defined by itself",
        "",
        "define.tension",
    ),
]


@pytest.mark.parametrize(("old", "new", "message", "hint", "path"), ERRORS)
def test_each_error_is_told_where_it_is(theory_problems, old, new, message, hint, path):
    errors = [one for one in theory_problems((old, new)) if one.severity == "error"]
    found = [one for one in errors if message in one.message]
    assert found, "\n".join(map(str, errors))
    assert hint in found[0].hint
    assert path in found[0].path
    assert found[0].line > 0
    assert found[0].column > 0


def test_a_problem_points_at_the_name_within_the_formula_and_says_where_the_right_one_is(theory_problems, folder):
    problem = only(theory_problems(("when: alignment > loyal and anger < 3", "when: alignment > loyal and angr < 3")))
    lines = (folder / "small.yaml").read_text().splitlines()
    row = next(number for number, line in enumerate(lines, 1) if "angr " in line)
    assert (problem.line, problem.column) == (row, lines[row - 1].index("angr") + 1)
    home = next(number for number, line in enumerate(lines, 1) if line.startswith("  anger:"))
    assert problem.hint == f"did you mean `anger` (state variable, line {home})?"


@pytest.mark.parametrize("quote", ["'", '"'])
def test_the_column_counts_the_quotes(theory_problems, folder, quote):
    problem = only(theory_problems(("discount: 0.95", f"discount: {quote}0.5 * wrong{quote}")))
    line = (folder / "small.yaml").read_text().splitlines()[problem.line - 1]
    assert line[problem.column - 1 :].startswith("wrong")


def test_all_unknown_names_of_one_formula_are_told(theory_problems):
    problems = theory_problems(("odds * tension", "ods * tensoin"))
    assert [one.message for one in problems if one.severity == "error"] == [
        "unknown name `ods`",
        "unknown name `tensoin`",
    ]


def test_probabilities_that_are_numbers_must_add_up(theory_problems):
    changes = ("p: odds * tension", "p: 0.3"), ("p: rest", "p: 0.6")
    assert "add up to 0.9" in only(theory_problems(*changes)).message
    assert not [
        one
        for one in theory_problems(("p: odds * tension", "p: 0.4"), ("p: rest", "p: 0.6"))
        if one.severity == "error"
    ]


def test_circles_of_definitions_are_told_once(theory_problems):
    old = "tension: 0.5 if mood == tense else trade"
    problems = theory_problems((old, "tension: one\n  one: two + 1\n  two: tension"))
    errors = [one for one in problems if one.severity == "error"]
    assert len(errors) == 1
    assert "tension -> one -> two -> tension" in errors[0].message


def test_a_broken_definition_is_told_once_and_not_where_it_is_used(theory_problems):
    problem = only(theory_problems(("tension: 0.5 if mood == tense else trade", "tension: mod == tense")))
    assert problem.path == "define.tension"


def test_definitions_that_double_again_and_again_are_refused(theory_problems):
    doubling = "".join(f"  d{n}: d{n - 1} + d{n - 1}\n" for n in range(1, 40))
    old = "define:\n"
    problems = theory_problems((old, f"define:\n  d0: trade\n{doubling}"), ("trade\nstate", "d39\nstate"))
    errors = [one for one in problems if one.severity == "error"]
    assert any(
        "formula is too large" in one.message or "too many formulas" in one.message or "30 deep" in one.message
        for one in errors
    )


def test_a_parameter_behind_a_definition_cannot_decide_what_is_possible(theory_problems):
    changes = (
        ("tension: 0.5 if mood == tense else trade", "tension: odds"),
        ("alignment > loyal and", "tension > 0.5 and"),
    )
    problem = only(theory_problems(*changes))
    assert "`odds` is a parameter" in problem.message
    assert problem.path.endswith("back_coup.when")


WARNINGS = [
    ("odds * tension", "0.5 * tension", "no formula uses the parameter `odds`"),
    ("odds * tension", "odds", "no formula uses the definition `tension`"),
    ("land_route * anger", "anger", "no formula uses the fact `land_route`"),
    (", purged: true}", "}", "no option sets the state variable `purged`"),
    (" and not purged", "", "no formula uses the state variable `purged`"),
    ("set: {alignment: next}, cost: {client: 0.1}}", "}", "`lean` does nothing"),
    ("{p: rest, label: fails}", "{p: rest}", "this result has no `label`"),
    (", client: may leave it}", ", client: may leave it, rival_power: waits}", "`rival_power` neither chooses nor"),
    ("help: odds of a coup", "unit: none", "the parameter `odds` has no `help`"),
    (
        'lam: {prior: "LogNormal(1, 0.4)", help: precision}',
        "seized: {prior: 1, help: x}\n  lam: 1",
        "also a value of `arms`",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), WARNINGS)
def test_each_warning_leaves_the_theory_usable(theory_problems, old, new, message):
    problems = theory_problems((old, new))
    assert [one for one in problems if one.severity == "error"] == []
    assert any(message in one.message for one in problems), "\n".join(map(str, problems))


def test_errors_of_all_kinds_are_told_at_once(theory_problems):
    problems = theory_problems(
        ("plover: COERCE", "plover: COERSE"),
        ("arms == held and not purged", "arm == held and not purged"),
        ("title: A small theory", "titel: A small theory"),
        ("discount: 0.95", "discount: 1.5"),
    )
    messages = " | ".join(one.message for one in problems)
    for part in ("COERSE", "`arm`", "`titel`", "discount above 0"):
        assert part in messages
    assert [one.line for one in problems] == sorted(one.line for one in problems)


def test_what_follows_from_a_structural_error_is_not_told(theory_problems):
    problems = theory_problems(("parameters:\n", "paramters:\n"))
    assert [one.message for one in problems] == ["unknown key `paramters`"]
    assert problems[0].hint == "did you mean `parameters`?"


def test_a_stage_of_several_roles_is_checked_role_by_role(theory_problems):
    old = "    role: patron\n    options:\n      hold: {}\n"
    new = "    roles: [patron, client]\n    options:\n     client: {hold: {}, purge: {when: arm == held}}\n     patron:\n      hold: {}\n"
    problems = theory_problems((old, new))
    assert [one.path for one in problems if one.severity == "error"] == ["stages[1].options.client.purge.when"]


def test_roles_that_choose_at_once_answer_by_logit_and_have_no_thousands_of_combinations(theory_problems):
    old = "    role: patron\n    options:\n      hold: {}\n"
    many = ", ".join(f"o{i}: {{cost: {{client: {i}}}}}" for i in range(600))
    new = f"    roles: [patron, client]\n    options:\n     client: {{hold: {{}}, {many}}}\n     patron:\n      hold: {{}}\n"
    found = only(theory_problems((old, new)))
    assert found.path == "stages[1].options" and "combinations of options" in found.message
    new = "    roles: [patron, client]\n    options:\n     client: {hold: {}}\n     patron:\n      hold: {}\n"
    found = only(theory_problems((old, new), ("response: logit", "response: best")))
    assert found.path == "stages[1].roles" and "`response: logit` only" in found.message


def test_a_game_without_a_last_step_needs_a_discount_and_no_types(theory_problems):
    forever = (CONTINUE, "horizon: forever")
    assert theory_problems(forever) == []
    found = only(theory_problems(forever, ("discount: 0.95", "discount: 1")))
    assert found.path == "horizon" and "needs a discount below 1" in found.message
    types = "types: {client: {firm: 0.3, soft: {prior: rest, set: {base_value: base_value}}}}"
    found = [one for one in theory_problems((CONTINUE, f"horizon: forever\n{types}")) if one.path == "horizon"]
    assert len(found) == 1 and "cannot have private types" in found[0].message
