"""A formula written back reads as the same formula."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocs.language.formulas import Enumeration, Expr, Scope, Symbol, parse, resolve, to_latex, to_text
from blocs.language.formulas.parse import MAX_EXPONENT
from blocs.language.formulas.syntax import (
    FUNCTIONS,
    Arithmetic,
    Call,
    Choice,
    Comparison,
    Logical,
    Member,
    Name,
    Negate,
    Not,
    Number,
    Truth,
)

numbers = st.floats(-1e15, 1e15) | st.integers(-1000, 1000).map(float) | st.sampled_from([1e-300, -5e-324, 1e22, 0.1])
leaves: st.SearchStrategy[Expr] = (
    numbers.map(Number) | st.booleans().map(Truth) | st.sampled_from(["x", "alignment", "e1", "t_2"]).map(Name)
)


def larger(below: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    """Return formulas one level deeper, in every shape that the parser gives."""
    several = st.lists(below, min_size=2, max_size=3).map(tuple)
    calls = [
        st.builds(Call, st.just(name), st.lists(below, min_size=few, max_size=most or 3).map(tuple))
        for name, (few, most) in FUNCTIONS.items()
    ]
    return st.one_of(
        # minus before a number is part of the number
        below.filter(lambda node: not isinstance(node, Number)).map(Negate),
        below.map(Not),
        st.builds(Arithmetic, st.sampled_from("+-*/"), below, below),
        st.builds(
            Arithmetic,
            st.just("**"),
            below,
            below.filter(lambda node: not isinstance(node, Number) or abs(node.value) <= MAX_EXPONENT),
        ),
        st.builds(Comparison, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), below, below),
        st.builds(Logical, st.sampled_from(["and", "or"]), several),
        st.builds(Member, below, st.lists(below, min_size=1, max_size=3).map(tuple)),
        st.builds(Choice, below, below, below),
        st.one_of(calls),
    )


@given(st.recursive(leaves, larger, max_leaves=25))
def test_text_parses_to_the_same_tree(expr: Expr) -> None:
    assert parse(to_text(expr)) == expr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a-b -  c", "a - b - c"),
        ("a - (b - c)", "a - (b - c)"),
        ("-x ** 2", "-x ** 2"),
        ("(-2) ** 2", "(-2) ** 2"),
        ("a ** b ** c", "a ** b ** c"),
        ("(a ** b) ** c", "(a ** b) ** c"),
        ("not (a and b) or c", "not (a and b) or c"),
        ("1 < x <= 3", "1 < x and x <= 3"),
        ("x not in (a, b)", "not x in [a, b]"),
        ("a if b else (c if d else e)", "a if b else c if d else e"),
        ("(a if b else c) + 1", "(a if b else c) + 1"),
        ("True and False", "true and false"),
        ("2.0 * 1e3", "2 * 1000"),
        ("+x", "x"),
        ("x\n  + 1", "x + 1"),
    ],
)
def test_text_in_the_common_form(text: str, expected: str) -> None:
    assert to_text(parse(text)) == expected


SCOPE = Scope(
    {
        "alignment": Symbol("state", Enumeration(("loyal", "hedging", "at_war"))),
        "base_value": Symbol("parameter", "number"),
        "p": Symbol("parameter", "number"),
        "q": Symbol("parameter", "number"),
        "land": Symbol("fact", "boolean"),
    }
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "base_value * (alignment == at_war)",
            r"\mathit{base\_value} \cdot \mathbb{1}\left[\mathit{alignment} = \mathrm{at\_war}\right]",
        ),
        ("-(p + q) / 2", r"\frac{-\left(\mathit{p} + \mathit{q}\right)}{2}"),
        ("p ** 2 / (1 + q)", r"\frac{\mathit{p}^{2}}{1 + \mathit{q}}"),
        ("(p / q) ** 2", r"\left(\frac{\mathit{p}}{\mathit{q}}\right)^{2}"),
        ("(p + q) ** (1 - p)", r"\left(\mathit{p} + \mathit{q}\right)^{1 - \mathit{p}}"),
        ("p - (q - 1)", r"\mathit{p} - \left(\mathit{q} - 1\right)"),
        ("p - -q", r"\mathit{p} - \left(-\mathit{q}\right)"),
        ("p * -2", r"\mathit{p} \cdot \left(-2\right)"),
        ("0.00001 * p", r"10^{-5} \cdot \mathit{p}"),
        ("2.5e-7 ** 2", r"\left(2.5 \cdot 10^{-7}\right)^{2}"),
        (
            "alignment in [loyal, hedging] and not land",
            r"\mathit{alignment} \in \{\mathrm{loyal}, \mathrm{hedging}\} \land \lnot \mathit{land}",
        ),
        ("p <= 1 or (land and q != 2)", r"\mathit{p} \leq 1 \lor \mathit{land} \land \mathit{q} \neq 2"),
        ("(p <= 1 or land) and q >= 2", r"\left(\mathit{p} \leq 1 \lor \mathit{land}\right) \land \mathit{q} \geq 2"),
        (
            "p if land else 0",
            r"\begin{cases} \mathit{p} & \text{if } \mathit{land} \\ 0 & \text{otherwise} \end{cases}",
        ),
        ("sqrt(1 + p) * exp(-q)", r"\sqrt{1 + \mathit{p}} \cdot \exp\left(-\mathit{q}\right)"),
        (
            "max(0, logistic(p), true)",
            r"\max\left(0, \operatorname{logistic}\left(\mathit{p}\right), \mathrm{true}\right)",
        ),
    ],
)
def test_latex_by_hand(text: str, expected: str) -> None:
    assert to_latex(resolve(parse(text), SCOPE)[0]) == expected
