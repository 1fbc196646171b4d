"""Formulas that are wrong: what is said, where, and what to try; and formulas made to do harm."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocs.language.formulas import (
    BOOLEAN,
    NUMBER,
    Enumeration,
    FormulaError,
    Kind,
    Scope,
    Symbol,
    evaluate,
    parse,
    resolve,
    to_latex,
    to_text,
)
from blocs.language.formulas.parse import MAX_DEPTH, MAX_LENGTH

SCOPE = Scope(
    {
        "alignment": Symbol("state", Enumeration(("loyal", "hedging", "rival"))),
        "aid": Symbol("state", Enumeration(("cut", "full"))),
        "x": Symbol("state", NUMBER),
        "land": Symbol("fact", BOOLEAN),
        "p": Symbol("parameter", NUMBER),
    },
    {"worth": parse("p * alignment"), "wrong": parse("1 + zz"), "one": parse("two"), "two": parse("one")},
)


def failure(text: str, expected: Kind | None = None) -> FormulaError:
    with pytest.raises(FormulaError) as caught:
        resolve(parse(text), SCOPE, expected)
    return caught.value


@pytest.mark.parametrize(
    ("text", "message", "offset", "hint"),
    [
        # what is no formula
        ("", "the formula is empty", 0, ""),
        ("   ", "the formula is empty", 0, ""),
        ("x +", "this is not a formula", 2, "something is missing at the end"),
        ("x if land", "this is not a formula", 0, "write `a if condition else b`"),
        ("x 1", "this is not a formula", 2, ""),
        ("x = 1", "this is not a formula", 2, "write `==` to compare"),
        ("((x)", "this is not a formula", 0, "the brackets do not match"),
        ("land then 1", "this is not a formula", 5, "write `a if condition else b`"),
        ("x $ 1", "the character '$' has no meaning in a formula", 2, ""),
        ("land & x", "the character '&' has no meaning in a formula", 5, "write `and`, `or`, `not`"),
        ("'x'", 'the character "\'" has no meaning in a formula', 0, ""),
        ("x.real", "this is not part of the formula language", 0, ""),
        ("x[0]", "this is not part of the formula language", 0, ""),
        ("x // 2", "`//` is not part of the language", 0, "use `/`"),
        ("x is 1", "this comparison is not part of the language", 0, "use == != < <= > >= or `in`"),
        ("[1, 2]", "a list stands only behind `in`", 0, ""),
        ("x in x", "`in` is followed by a list", 0, "write `x in [a, b]`"),
        ("None", "only numbers and names are values", 0, ""),
        ("2x + 1", "`2x` is no number", 0, "write numbers as"),
        ("1 + 0x10", "`0x10` is no number", 4, "write numbers as"),
        ("1 + 1_000", "`1_000` is no number", 4, "write numbers as"),
        ("1j", "`1j` is no number", 0, "write numbers as"),
        ("1 + 1e400", "this number is too large", 4, ""),
        ("p ** 17", "exponents go up to 16", 5, ""),
        # functions
        ("1 + maxx(x, 2)", "unknown function `maxx`", 4, "did you mean `max`?"),
        ("print(x)", "unknown function `print`", 0, "known are abs, clip, exp, log, logistic, max, min, sqrt"),
        ("min(x)", "`min` takes 2 or more argument(s), here are 1", 0, ""),
        ("clip(x, 1)", "`clip` takes 3 argument(s), here are 2", 0, ""),
        ("min(x, key=1)", "only the known functions can be called, with plain arguments", 0, ""),
        # names
        ("1 + alignmnt", "unknown name `alignmnt`", 4, "did you mean `alignment`?"),
        ("alignment == rvial", "unknown name `rvial`", 13, "did you mean `rival`?"),
        ("zz == 1", "unknown name `zz`", 0, ""),
        (
            "x + rival",
            "`rival` is a value of `alignment` and means something only when compared with it",
            4,
            "write `alignment == rival`",
        ),
        ("alignment == full", "unknown name `full`", 13, "expected one of [loyal, hedging, rival]"),
        ("wrong + 1", "in `wrong`: unknown name `zz`", 0, ""),
        ("one", "is defined by itself: one -> two -> one", 0, ""),
        # kinds of value
        ("land and x", "`and` joins conditions, but this is a number", 9, "compare it with something"),
        ("not p", "`not` joins conditions, but this is a number", 4, "compare it with something"),
        ("1 if x else 2", "`if` joins conditions, but this is a number", 5, "compare it with something"),
        (
            "alignment == 1",
            "one of [loyal, hedging, rival] cannot be compared with a number",
            0,
            "compare with a value by its name",
        ),
        (
            "alignment == aid",
            "one of [loyal, hedging, rival] cannot be compared with one of [cut, full]",
            0,
            "compare with a value by its name",
        ),
        ("x < land", "a number cannot be compared with true or false", 0, ""),
        ("land < true", "conditions have no order", 0, "use `==`, `!=`, `and`, `or`, `not`"),
        ("alignment in [loyal, x]", "a number in a list for one of [loyal, hedging, rival]", 21, ""),
        ("alignment if land else 1", "`if` gives one of [loyal, hedging, rival], `else` gives a number", 0, ""),
    ],
)
def test_what_is_said(text: str, message: str, offset: int, hint: str) -> None:
    error = failure(text)
    assert message in error.message
    assert error.offset == offset
    assert error.hint.startswith(hint) and bool(error.hint) == bool(hint)


def test_the_place_counts_leading_blanks() -> None:
    assert failure("\n   1 + zz").offset == 8


@pytest.mark.parametrize(
    ("text", "expected", "message"),
    [
        ("x", BOOLEAN, "this gives a number; expected true or false"),
        ("land", Enumeration(("loyal", "rival")), "this gives true or false; expected one of [loyal, rival]"),
        ("aid", Enumeration(("loyal", "rival")), "this gives one of [cut, full]; expected one of [loyal, rival]"),
    ],
)
def test_the_place_wants_a_kind(text: str, expected: Kind, message: str) -> None:
    assert failure(text, expected).message == message


def test_a_bare_value_has_a_meaning_where_its_enumeration_is_wanted() -> None:
    kind = Enumeration(("loyal", "hedging", "rival"))
    expr, found = resolve(parse("rival if land else alignment"), SCOPE, kind)
    assert found == kind
    assert evaluate(expr, {"land": False, "alignment": 1}) == 1
    assert evaluate(expr, {"land": True, "alignment": 1}) == 2


def test_limits_stand_where_they_are_said() -> None:
    assert parse("x" + " " * (MAX_LENGTH - 1))
    assert "at most 2000 characters" in failure("x" + " " * MAX_LENGTH).message
    inside = "(" * MAX_DEPTH + "x" + ")" * MAX_DEPTH
    assert parse(inside)
    assert "nested more than 40 deep" in failure(f"({inside})").message
    assert parse("-" * MAX_DEPTH + "x")
    assert "nested more than 40 deep" in failure("-" * (MAX_DEPTH + 1) + "x").message
    assert parse("p ** 16 + p ** -16")


BOMB = {f"d{i}": parse(f"d{i + 1} + d{i + 1}") for i in range(60)} | {"d60": parse("x")}
TOWER = {f"t{i}": parse("-" * 30 + f"(1 + t{i + 1})") for i in range(60)} | {"t60": parse("x")}

HOSTILE = {
    "nested comparisons": "(" * 39 + "zz" + " == 1)" * 39,
    "nested choices": "(1 if " * 30 + "zz == 1" + " else 2) == 1" * 30,
    "nested lists": "x in [" * 30 + "1" + "]" * 30,
    "minus signs": "-" * 1990 + "x",
    "nots": "not " * 490 + "land",
    "powers": "x" + "**x" * 600,
    "sum": "+".join(["x"] * 900),
    "chain": "x" + "<x" * 900,
    "ands": " and ".join(["land"] * 300),
    "choices": "x" + " if land else x" * 130,
    "digits": "9" * 1990,
    "fraction": "0." + "1" * 1990,
    "names": "a" * 1990,
    "commas": "min(" + "1," * 900 + "2)",
    "brackets": "[" * 1990,
    "round brackets": "(" * 1990,
    "closing brackets": ")" * 1990,
    "calls": "exp(" * 400,
    "blanks": " " * 1999 + "x",
    "lines": "\n" * 1990 + "x",
    "long": "x" * 1_000_000,
    "nul": "\0" * 100,
    "surrogate": "\ud800",
    "bomb": "d0",
    "tower": "t0",
    "import": "__import__('os').system('x')",
    "dunder": "x.__class__.__bases__",
    "lambda": "(lambda x: x)(1)",
    "walrus": "(x := 1)",
    "comprehension": "[x for x in [1]]",
    "yield": "(yield)",
    "await": "await x",
    "star": "max(*x)",
    "slice": "x[1:2]",
    "string": '"a" * 10',
    "f-string": "f'{x}'",
    "comment": "x # y",
    "statement": "x; y",
    "continuation": "x \\\n + 1",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_formulas_fail_fast_and_in_one_way(name: str) -> None:
    scope = Scope(SCOPE.symbols, BOMB | TOWER)
    began = time.process_time()
    try:
        expr, _ = resolve(parse(HOSTILE[name]), scope)
        to_text(expr)
        to_latex(expr)
        evaluate(expr, {"x": 1.0, "p": 2.0, "land": True})
    except FormulaError as error:
        assert error.message
        assert 0 <= error.offset <= len(HOSTILE[name])
    assert time.process_time() - began < 0.5


@given(st.text(alphabet="xp1.e()[]+-*/<>=! ,\n_andortif", max_size=40) | st.text(max_size=20))
def test_any_text_is_a_formula_or_a_formula_error(text: str) -> None:
    try:
        expr, _ = resolve(parse(text), SCOPE)
    except FormulaError as error:
        assert 0 <= error.offset <= len(text)
        return
    assert parse(to_text(parse(text))) == parse(text)
    to_latex(expr)


words = st.sampled_from(
    [
        "x",
        "p",
        "land",
        "alignment",
        "rival",
        "worth",
        "1",
        "2.5",
        "(",
        ")",
        "+",
        "-",
        "*",
        "/",
        "**",
        "==",
        "<",
        "and",
        "or",
        "not",
        "if",
        "else",
        "in",
        "[",
        "]",
        ",",
        "max",
        "exp",
    ]
)


@given(st.lists(words, max_size=14).map(" ".join))
def test_any_words_are_a_formula_or_a_formula_error(text: str) -> None:
    try:
        expr, kind = resolve(parse(text), SCOPE)
    except FormulaError as error:
        assert 0 <= error.offset <= len(text)
        return
    value = evaluate(expr, {"x": 1.5, "p": 0.5, "land": True, "alignment": 1})
    assert (kind == BOOLEAN) == (isinstance(value, bool | np.bool_) or getattr(value, "dtype", None) == np.bool_)
