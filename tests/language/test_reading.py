from __future__ import annotations

import math
import os

import pytest

from blocs.errors import InputError
from blocs.language.reading import read_document, read_text


def problems_of(text: str):
    with pytest.raises(InputError) as caught:
        read_text(text, "f.yaml")
    return caught.value.problems


# the core schema's own examples and the traps of YAML 1.1 (YAML 1.2.2, section 10.3)
SCALARS = {
    "NO": "NO", "no": "no", "yes": "yes", "on": "on", "off": "off", "y": "y", "N": "N",
    "true": True, "True": True, "TRUE": True, "tRUE": "tRUE", "false": False, "FALSE": False,
    "null": None, "Null": None, "~": None, "": None, "nUll": "nUll",
    "0": 0, "-19": -19, "+12": 12, "0o14": 12, "0xC": 12, "014": 14, "1_000": "1_000", "190:20:30": "190:20:30",
    "1.5": 1.5, ".5": 0.5, "1.": 1.0, "1e3": 1000.0, "-1.2E-2": -0.012, "12.5.3": "12.5.3", "e5": "e5", "-": "-",
    ".inf": math.inf, "-.INF": -math.inf,
    "1960-06": "1960-06", "1960-06-15": "1960-06-15", "2001-12-14t21:59:43.10-05:00": "2001-12-14t21:59:43.10-05:00",
    '"1960"': "1960", "'true'": "true", "=": "=",
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), [item for item in SCALARS.items() if item[0] != "-"])
def test_single_values_follow_the_core_schema_of_yaml_1_2(text, value):
    found = read_text(f"a: {text}\n").data["a"]
    assert found == value
    assert type(found) is type(value)


def test_nan_is_a_number():
    assert math.isnan(read_text("a: .nan").data["a"])


def test_keys_are_text():
    assert read_text("{1: a, true: b, null: c, 1960-06: d}").data == {
        "1": "a",
        "true": "b",
        "null": "c",
        "1960-06": "d",
    }


def test_every_entry_is_marked_with_its_line_and_column():
    document = read_text("a: 1\nb:\n  - x\n  - {c: y, 'd e': [1, 2]}\n", "f.yaml")
    assert document.data == {"a": 1, "b": ["x", {"c": "y", "d e": [1, 2]}]}
    assert document.marks[("a",)] == (1, 1)
    assert document.marks[("b",)] == (2, 1)
    assert document.marks[("b", 0)] == (3, 5)
    assert document.marks[("b", 1, "c")] == (4, 6)
    assert document.marks[("b", 1, "d e", 1)] == (4, 23)
    assert document.locate(("b", 1, "missing", "deeper")) == (4, 5)
    assert dict(document.entries())[("b", 1, "c")] == (4, 6, 4, 9, "", None)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("f: a + b", (1, 8)),
        ("f: 'a + b'", (1, 9)),
        ('f: "a + b"', (1, 9)),
        ("f: >-\n  a + b", (2, 7)),
        ("f: |\n    a + b\n", (2, 9)),
    ],
)
def test_a_position_in_a_value_has_a_line_and_a_column(text, place):
    assert read_text(text).locate(("f",), 4) == place


def test_characters_and_not_bytes_are_counted():
    assert read_text("é: {ß: 1, x: 2}").marks[("é", "x")] == (1, 11)


REFUSED = {
    "a: 1\nb: 2\na: 3\n": ("the name `a` stands here twice; the first is on line 1", 3, 1),
    "a: {b: 1,\n b: 2}": ("the name `b` stands here twice; the first is on line 1", 2, 2),
    "a:\n\t- b\n": ("a tab indents this line", 2, 1),
    "a:\n  b:\n  \tc: 1\n": ("a tab indents this line", 3, 3),
    "a: &x b": ("the anchor `&x`", 1, 4),
    "a: *x": ("`*x` refers to another place", 1, 4),
    "*x : a": ("`*x` refers to another place", 1, 1),
    "a: !!python/object:os.system {}": ("the tag `tag:yaml.org,2002:python/object:os.system`", 1, 4),
    "a: !x b": ("the tag `!x`", 1, 4),
    "a: 1\n---\nb: 2": ("a second document begins here", 2, 1),
    "%TAG ! tag:x,2000:\n---\na: 1": ("a directive", 1, 1),
    "%YAML 1.1\n---\na: 1": ("a directive", 1, 1),
    "? [a, b]\n: c": ("a list cannot be the name of an entry", 1, 3),
    "{a: {? {b: c} : d}}": ("a mapping cannot be the name of an entry", 1, 8),
    '"a\\nb": 1': ("cannot be a name", 1, 1),
    "": ("the file is empty", 1, 1),
    "# nothing\n": ("the file is empty", 1, 1),
    "- a": ("the file holds a list", 1, 1),
    "just text": ("the file holds a single value", 1, 1),
    "a: b: c": ("a second `: ` in one entry", 1, 5),
    "a: 1\n  b: 2": ("an entry cannot begin here", 2, 4),
    "a: [1, 2\nb: 3": ("the list, begun on line 1, is not closed here", 2, 2),
    "a: {b: 1": ("the mapping, begun on line 1, is not closed here", 1, 9),
    "a: 'b": ("the quotation mark on line 1 has no partner", 1, 6),
    "a: @b": ("a value cannot begin with `@`", 1, 4),
    "a: `b`": ("a value cannot begin with ```", 1, 4),
    "a: %b": ("a value cannot begin with `%`", 1, 4),
    'a: "\\d"': ("no such escape", 1, 5),
    'a: "\\ud800"': ("this escape stands for no character", 1, 7),
    'a: "\\0"': ("the text holds a control character (U+0000)", 1, 4),
    "- a\nb: c": ("this does not fit the list before it", 2, 1),
    "a: 1\nb\n": ("a name without its colon", 3, 1),
    "a: x\0y": ("a character that cannot be seen (U+0000)", 1, 5),
    "a: x\u2028y": ("a line separator (U+2028)", 1, 5),
    "a: x\ufeffy": ("a byte order mark (U+FEFF)", 1, 5),
    "a: \ud800": ("a character that cannot be seen (U+D800)", 1, 4),
    "a: " + "9" * 5000: ("a number of 5000 characters", 1, 4),
    "a: 1e999": ("the number 1e999 is too large", 1, 4),
    "a" * 300 + ": 1": ("cannot be a name", 1, 1),
}


@pytest.mark.parametrize(("text", "expected"), REFUSED.items())
def test_what_is_no_plain_data_is_refused_with_its_place(text, expected):
    message, line, column = expected
    first = problems_of(text)[0]
    assert message in first.message
    assert (first.line, first.column) == (line, column)
    assert first.file == "f.yaml"
    assert str(first).startswith(f"f.yaml:{line}:{column}")


def test_all_problems_are_told_at_once():
    text = "a: &x 1\nb: *x\nc: !t 2\na: 3\nd: 1e999\n"
    assert [one.line for one in problems_of(text)] == [1, 2, 3, 4, 5]


def test_what_stands_under_a_second_name_is_not_told_of():
    (problem,) = problems_of("a: {b: 1}\na: {c: 1, c: 2}\n")
    assert problem.line == 2


def test_a_byte_order_mark_at_the_beginning_is_passed_over(tmp_path):
    (tmp_path / "f.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    document = read_document(tmp_path / "f.yaml")
    assert (document.data, document.marks[("a",)]) == ({"a": 1}, (1, 1))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems_count_as_one(end):
    assert read_text(f"a: 1{end}b: 2{end}").marks[("b",)] == (2, 1)


BYTES = {
    b"\xff\xfea\x00:\x00": "UTF-16",
    "a: 1".encode("utf-16-be"): "cannot be seen",
    b"a: 1\nb: \xe9\n": "not text in UTF-8: byte 0xe9",
    b"\x00" * 10: "cannot be seen",
    b"\x89PNG\r\n\x1a\n": "not text in UTF-8: byte 0x89",
    b"a: \xed\xa0\x80": "not text in UTF-8",
}


@pytest.mark.parametrize(("raw", "message"), BYTES.items())
def test_other_encodings_are_refused(tmp_path, raw, message):
    (tmp_path / "f.yaml").write_bytes(raw)
    with pytest.raises(InputError, match=message):
        read_document(tmp_path / "f.yaml")


def test_the_place_of_a_wrong_byte_is_told(tmp_path):
    (tmp_path / "f.yaml").write_bytes("ä: 1\nbé: ".encode() + b"\xe9\n")
    with pytest.raises(InputError) as caught:
        read_document(tmp_path / "f.yaml")
    assert (caught.value.problems[0].line, caught.value.problems[0].column) == (2, 5)


def test_files_that_cannot_be_read_are_told_of(tmp_path):
    (tmp_path / "case.yaml").write_text("a: 1")
    with pytest.raises(InputError, match=r"no such file; did you mean `case.yaml`"):
        read_document(tmp_path / "cas.yaml")
    with pytest.raises(InputError, match="this is a folder"):
        read_document(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="no ordinary file"):
        read_document(tmp_path / "pipe")
    with pytest.raises(InputError, match="cannot be the name of a file"):
        read_document("a\0b")
    with pytest.raises(InputError, match="cannot be read"):
        read_document("x" * 5000)
    (tmp_path / "long.yaml").write_bytes(b"a: 1\n" + b"#" * 1_048_576)
    with pytest.raises(InputError, match="more than 1,048,576 bytes"):
        read_document(tmp_path / "long.yaml")


def test_limits_of_depth_and_size():
    assert read_text("[" * 39 + "]" * 39, top="list").data
    assert "nested more than 40 deep" in problems_of("a: " + "[" * 40 + "]" * 40)[0].message
    assert len(read_text("[" + "1," * 59_000 + "]", top="list").data) == 59_000
    assert "more than 60,000 entries" in problems_of("a: [" + "1," * 60_000 + "]")[0].message
