import numpy as np
import pytest

from blocs.errors import InputError
from blocs.fit.tables import parse_table, read_table, table_from
from blocs.fit.terms import columns_used, design_from, expand, term_column

TEXT = "id,x,y,kind\n1,2.5,NA,a\n2,-1,4,b\n3,0,1,c\n4,7,9,a\n"


def table(text=TEXT):
    return parse_table(text, "wars.csv", {"kind": ["a", "b", "c"]})


def told(call, *arguments, **options) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    return str(caught.value)


def test_columns_are_read_with_their_lines():
    data = table()
    assert len(data) == 4
    np.testing.assert_array_equal(data.numbers("x"), [2.5, -1, 0, 7])
    np.testing.assert_array_equal(data.numbers("kind"), [0, 1, 2, 0])
    assert data.lines.tolist() == [2, 3, 4, 5]


def test_each_fault_is_told_in_one_sentence_with_its_place():
    data = table()
    assert "wars.csv:2:3: y\n  a value is missing" in told(data.numbers, "y")
    assert "did you mean `kind`?" in told(data.numbers, "kinds")
    broken = parse_table("a,b\n1,2\n3,x\n", "t.csv")
    assert told(broken.numbers, "b") == (
        "t.csv:3:2: b\n  `x` is not a number; if these are words, list the column under `categories`"
    )
    assert "`d` is not a value of this category" in told(
        parse_table("k\nd\n", categories={"k": ["a", "b"]}).numbers, "k"
    )
    assert "3 cells where the header has 2" in told(parse_table, "a,b\n1,2,3\n", "t.csv")
    assert "two columns are called `a`" in told(parse_table, "a,a\n1,2\n")
    assert "no rows" in told(parse_table, "a,b\n")
    assert "no header" in told(parse_table, "")
    assert "-1 is negative" in told(parse_table("w\n2\n-1\n").counts, "w")
    assert "every count or weight is zero" in told(parse_table("w\n0\n").counts, "w")
    for cell in ("inf", "1_000", "1,5", "0x10"):
        assert "is not a number" in told(parse_table(f'a\n"{cell}"\n').numbers, "a")


def test_files_that_are_no_tables_are_told(tmp_path):
    assert "cannot be read" in told(read_table, tmp_path / "none.csv")
    wrong = tmp_path / "wrong.csv"
    wrong.write_bytes(b"a,b\n\xff\xfe,1\n")
    assert "is not UTF-8" in told(read_table, wrong)
    wrong.write_text('a,b\n"1,2\n')
    assert "not comma-separated" in told(read_table, wrong)
    wrong.write_bytes("\ufeffa,b\n1,2\n".encode())
    assert read_table(wrong).names == ("a", "b")


def test_listwise_deletion_is_counted():
    kept = table().complete(["x", "y"])
    assert len(kept) == 3
    assert kept.deleted == 1
    assert kept.lines.tolist() == [3, 4, 5]
    assert table().complete(["x"]).deleted == 0
    assert "no row has a value" in told(parse_table("a\nNA\n").complete, ["a"])


def test_formulas_make_terms():
    data = table()
    np.testing.assert_allclose(term_column(data, "sqrt(x + 2)"), np.sqrt(np.array([4.5, 1, 2, 9])))
    np.testing.assert_array_equal(term_column(data, "kind == b"), [0, 1, 0, 0])
    scaled = term_column(data, "standardise(x)")
    assert scaled.mean() == pytest.approx(0.0, abs=1e-15)
    assert scaled.std(ddof=1) == pytest.approx(1.0)
    assert expand(data, ["1", "kind"]) == ("1", "kind == b", "kind == c")
    assert set(columns_used(["sqrt(x) * y", "standardise(log(z))"])) == {"x", "y", "z"}


def test_wrong_terms_are_told():
    data = table()
    assert "line" not in told(term_column, data, "foo + 1") and "unknown name `foo`" in told(term_column, data, "foo")
    assert "wars.csv:3:1" in told(term_column, data, "sqrt(x)")
    assert "`sqrt(x)` is not a number where x = -1" in told(term_column, data, "sqrt(x)")
    assert "(at character 3 of `x +`)" in told(term_column, data, "x +") or "not a formula" in told(
        term_column, data, "x +"
    )
    assert "cannot be standardised" in told(term_column, data, "standardise(0 * x)")


def test_a_design_refuses_columns_that_tell_nothing():
    data = table()
    message = told(design_from, data, ["u", "v"], {"u": ["1", "0 * x"], "v": ["x", "2 * x"]})
    assert "`0 * x` in `u` is 0 in every one of 4 rows and tells nothing" in message
    assert "the terms `x`, `2 * x` repeat one another" in message
    assert "names a term twice" in told(design_from, data, ["u"], {"u": ["x", "x"]})
    assert "the model has no `w`" in told(design_from, data, ["u"], {"w": ["x"]})
    assert "both fixed and given terms" in told(design_from, data, ["u"], {"u": ["x"]}, {"u": 1.0})


def test_a_design_names_its_coefficients_and_holds_what_is_fixed():
    design = design_from(table(), ["u", "v", "w"], {"u": ["1", "kind"]}, {"w": 2.0})
    assert design.names == ("u:1", "u:kind == b", "u:kind == c")
    u, v, w = design.predict(np.array([1.0, 10.0, 100.0]))
    np.testing.assert_array_equal(u, [1, 11, 101, 1])
    np.testing.assert_array_equal(v, 0.0)
    np.testing.assert_array_equal(w, 2.0)


def test_data_frames_are_tables():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [1.5, np.nan], "flag": [True, False], "n": [1, 2]})
    data = table_from(frame)
    assert data.missing("x").tolist() == [False, True]
    np.testing.assert_array_equal(data.numbers("flag"), [1, 0])
    assert "one length" in told(table_from, {"a": [1], "b": [1, 2]})
