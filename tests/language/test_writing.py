from __future__ import annotations

import os
import stat

import pytest

from blocs.errors import InputError
from blocs.language.reading import read_document, read_text
from blocs.language.writing import edit, edit_text, write_atomically
from blocs.library import case_path, list_cases, list_theories, theory_path

TEXT = """\
# what this is
case: small   # the name

facts:
  # the most important one
  trade: {value: 0.54, note: 'from the "handbook"'}   # of 1960
  route:
    value: false
    source:
      - smith1971
      - jones1980
history:
  # first
  - date: 1960-06
    option: lean
  - {date: 1960-07, option: seize}
summary: >-
  Folded text
  on two lines.
"""


@pytest.mark.parametrize(
    "path",
    [*map(case_path, list_cases()), *map(theory_path, list_theories())],
    ids=lambda one: one.parent.name + "/" + one.name,
)
def test_shipped_files_written_back_unchanged_are_unchanged(path):
    document = read_document(path)
    assert edit_text(document, {}) == document.text


def test_a_bibliography_written_back_is_unchanged():
    for name in list_cases():
        path = case_path(name).parent / "bibliography.yaml"
        document = read_document(path, "list")
        assert edit_text(document, {}) == document.text


def changed_lines(before: str, after: str) -> list[str]:
    old = before.splitlines()
    return [line for line in after.splitlines() if line not in old]


def test_a_value_is_set_and_all_else_stays():
    document = read_text(TEXT)
    after = edit_text(document, {("facts", "trade", "value"): 0.6})
    # the comment stays in its column
    assert changed_lines(TEXT, after) == ["  trade: {value: 0.6, note: 'from the \"handbook\"'}    # of 1960"]
    assert len(after.splitlines()) == len(TEXT.splitlines())


def test_entries_are_added_and_taken_away():
    changes = {
        ("facts", "route", "assumed"): "no map",
        ("facts", "route", "source"): None,
        ("facts", "mood", "value"): "tense",
        ("history", 2): {"date": "1960-08", "option": "NO"},
        ("history", 0, "confidence"): 0.5,
        ("version",): 2,
    }
    after = edit_text(read_text(TEXT), changes)
    data = read_text(after).data
    assert data["facts"]["route"] == {"value": False, "assumed": "no map"}
    assert data["facts"]["mood"] == {"value": "tense"}
    assert data["history"][2] == {"date": "1960-08", "option": "NO"}
    assert data["history"][0] == {"date": "1960-06", "option": "lean", "confidence": 0.5}
    assert data["version"] == 2
    for comment in ("# what this is", "# the name", "# the most important one", "# of 1960", "# first"):
        assert comment in after


@pytest.mark.parametrize("value", ["NO", "true", "1960", "0x1F", "null", "~", "1e3", "a: b", "- a", "# c", " padded ", "line\nbreak", "'", '"', "é", "1960-06-15", "", "*x", "&x", "!t", "%", "@", "`"])  # fmt: skip
def test_text_stays_text(value):
    after = edit_text(
        read_text(TEXT), {("facts", "trade", "note"): value, ("title",): value, ("history", 0, "event"): value}
    )
    data = read_text(after).data
    assert (data["facts"]["trade"]["note"], data["title"], data["history"][0]["event"]) == (value, value, value)


def test_lists_indented_in_another_way_stay_so():
    text = "a:\n- x\n- y:\n  - 1\n  - 2\nb:\n    c:\n        d: 1\n"
    after = edit_text(read_text(text), {("a", 0): "z"})
    assert after == text.replace("- x", "- z")


def test_line_ends_of_another_system_stay():
    text = TEXT.replace("\n", "\r\n")
    after = edit_text(read_text(text), {("version",): 2})
    assert after.count("\r\n") == after.count("\n")
    assert after.startswith(text)


def test_one_value_in_two_places_is_written_twice():
    shared = {"value": 1}
    after = edit_text(read_text("a: 1\n"), {("b",): shared, ("c",): shared})
    assert read_text(after).data == {"a": 1, "b": {"value": 1}, "c": {"value": 1}}


@pytest.mark.parametrize(
    "path", [("facts", "trade", "value", "deeper"), ("history", 7), ("history", "first"), ("facts", 0), ()]
)
def test_paths_that_lead_nowhere_are_told(path):
    with pytest.raises(InputError, match=r"has no entry|cannot be replaced"):
        edit_text(read_text(TEXT), {path: 1})


def test_a_file_is_replaced_at_once(tmp_path):
    file = tmp_path / "case.yaml"
    file.write_text(TEXT)
    file.chmod(0o640)
    edit(file, {("version",): 3})
    assert read_document(file).data["version"] == 3
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["case.yaml"]


def test_a_file_behind_a_link_is_replaced_and_the_link_stays(tmp_path):
    (tmp_path / "real.yaml").write_text("a: 1\n")
    (tmp_path / "link.yaml").symlink_to("real.yaml")
    edit(tmp_path / "link.yaml", {("a",): 2})
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text() == "a: 2\n"


def test_a_list_at_the_top_can_be_edited(tmp_path):
    file = tmp_path / "bibliography.yaml"
    file.write_text("# sources\n- id: a\n  title: One\n- id: b\n")
    edit(file, {(1, "title"): "Two", (2,): {"id": "c"}})
    assert file.read_text() == "# sources\n- id: a\n  title: One\n- id: b\n  title: Two\n- id: c\n"


def test_a_failed_change_leaves_the_file_alone(tmp_path):
    file = tmp_path / "case.yaml"
    file.write_text(TEXT)
    with pytest.raises(InputError):
        edit(file, {("version",): 3, ("facts", "trade", "value", "x"): 1})
    assert file.read_text() == TEXT
    with pytest.raises(InputError, match="cannot be written"):
        write_atomically(tmp_path / "nowhere" / "f.yaml", "a: 1\n")
    assert os.listdir(tmp_path) == ["case.yaml"]
