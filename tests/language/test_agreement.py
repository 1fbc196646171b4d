"""Agreement statistics against published examples, closed forms and their invariances."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocs.language.agreement import cohens_kappa, interval, krippendorffs_alpha, share_of_agreement

LABELS = st.sampled_from("abc")
PAIRS = st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=30)


def test_kappa_of_a_table_worked_out_by_hand() -> None:
    """Observed 35 of 50; expected 25/50 * 30/50 + 25/50 * 20/50 = 0.5."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert share_of_agreement(pairs) == pytest.approx(0.7)
    assert cohens_kappa(pairs) == pytest.approx(0.4)


def test_alpha_of_the_published_examples() -> None:
    """The examples of Krippendorff (2011): binary, nominal, and four observers with gaps, nominal and as intervals."""
    binary = zip([0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0], strict=True)
    assert krippendorffs_alpha(list(binary)) == pytest.approx(0.095, abs=5e-4)
    assert krippendorffs_alpha(list(zip("aabbdcccedda", "babbbccceddd", strict=True))) == pytest.approx(0.692, abs=5e-4)
    observers = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]
    units = [[int(row[i]) for row in observers if row[i] != "."] for i in range(12)]
    assert krippendorffs_alpha(units) == pytest.approx(0.743, abs=5e-4)
    assert krippendorffs_alpha(units, interval) == pytest.approx(0.849, abs=5e-4)


@given(PAIRS)
def test_both_are_one_for_agreement_and_never_above(pairs: list[tuple[str, str]]) -> None:
    same = [(a, a) for a, _ in pairs]
    varied = len({a for a, _ in same}) > 1
    assert cohens_kappa(same) == (pytest.approx(1) if varied else None)
    assert krippendorffs_alpha(same) == (pytest.approx(1) if varied else None)
    for value in (cohens_kappa(pairs), krippendorffs_alpha(pairs)):
        assert value is None or value <= 1 + 1e-12


@given(PAIRS)
def test_neither_order_nor_names_matter(pairs: list[tuple[str, str]]) -> None:
    renamed = [({"a": 7, "b": 8, "c": 9}[b], {"a": 7, "b": 8, "c": 9}[a]) for a, b in reversed(pairs)]
    for statistic in (cohens_kappa, krippendorffs_alpha):
        one, other = statistic(pairs), statistic(renamed)
        assert one == (None if other is None else pytest.approx(other))


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=20))
def test_alpha_of_intervals_does_not_move_with_the_scale(pairs: list[tuple[float, float]]) -> None:
    pairs = [(round(a, 2), round(b, 2)) for a, b in pairs]
    one = krippendorffs_alpha(pairs, interval)
    other = krippendorffs_alpha([(3 * a + 8, 3 * b + 8) for a, b in pairs], interval)
    assert one == (None if other is None else pytest.approx(other, abs=1e-6))


def test_nothing_to_compare() -> None:
    assert share_of_agreement([]) is cohens_kappa([]) is krippendorffs_alpha([]) is None
    assert krippendorffs_alpha([[1], [2]]) is None  # no unit that two coders saw
