"""The page that checks files of one's own: what it tells, and what it withstands."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocs.errors import Problem
from blocs.library import case_path
from blocs.web.check.telling import LONGEST_LINE, MOST_TOLD, tell

FOLDER = case_path("guatemalan-1954").parent
CASE = (FOLDER / "case.yaml").read_text(encoding="utf-8")
SOURCES = (FOLDER / "bibliography.yaml").read_text(encoding="utf-8")


def verdict(page: str) -> str:
    return unescape(re.search(r'<h2 id="verdict"[^>]*>([^<]*)</h2>', page).group(1))


def test_a_sound_case_is_said_to_be_sound(client):
    answer = client.post("/check", data={"case": CASE, "bibliography": SOURCES})
    assert answer.status_code == 200 and verdict(answer.text).startswith("No mistakes")
    assert "no-store" in answer.headers["cache-control"]


def test_a_mistake_is_told_with_its_line_and_the_nearest_right_name(client):
    wrong = CASE.replace("role: patron", "role: patrn", 1)
    number = 1 + wrong[: wrong.index("role: patrn")].count("\n")
    line = wrong.splitlines()[number - 1]
    page = client.post("/check", data={"case": wrong, "bibliography": SOURCES}).text
    assert verdict(page).startswith("1 mistake")
    assert f"case.yaml, line {number}, column" in page and "did you mean <code>patron</code>?" in page
    shown = unescape(re.sub(r"</?mark>", "", re.search(rf'<span class="at">{number}</span>(.*)</pre>', page).group(1)))
    assert shown == line
    # what was sent stands in the form, to be mended there
    assert "role: patrn" in page[page.index("<textarea") :]


def test_a_file_that_is_missing_is_told_with_all_the_rest(client):
    page = client.post("/check", data={"case": CASE.replace("role: patron", "role: patrn", 1)}).text
    assert verdict(page).startswith("2 mistakes")
    assert "did you mean" in page and "<code>bibliography.yaml</code> is named but was not sent along" in page
    told = client.post("/check", data={"case": "case: x\ntheory: theory.yaml\n"}).text
    assert "<code>theory.yaml</code> is named but was not sent along" in told


def test_a_file_goes_before_what_was_pasted(client):
    files = {"case": ("mine.yaml", CASE.encode(), "application/yaml")}
    page = client.post("/check", data={"case": "nonsense", "bibliography": SOURCES}, files=files).text
    assert verdict(page).startswith("No mistakes") and "nonsense" not in page


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (CASE.encode("utf-16"), "UTF-16"),
        ("case: caf\xe9\n".encode("latin-1"), "byte 0xe9"),
        (b"case: a\x00b\n", "case.yaml, line 1, column 8"),
        (b"a: &a [*a]\n", "line 1"),
        (b"\xef\xbb\xbf- a list\n", "the file holds a list"),
        (b"{" * 5000, "line 1"),
        (b"case: x\ntheory: /etc/passwd\n", "names another file"),
    ],
    ids=["utf-16", "latin-1", "nul", "anchor", "list", "deep", "path"],
)
def test_what_is_no_text_or_no_file_of_ours_is_refused_in_words(client, raw, said):
    answer = client.post("/check", files={"case": ("x.yaml", raw, "text/yaml")})
    assert answer.status_code == 200 and said in unescape(answer.text)
    assert "mistake" in verdict(answer.text) and "No mistakes" not in verdict(answer.text)


def test_nothing_sent_too_much_sent_and_another_site(client):
    assert client.post("/check").status_code == 400
    assert client.post("/check", data={"bibliography": SOURCES}).status_code == 400
    big = {"case": ("x.yaml", b"# " + b"x" * 1_000_000, "text/yaml")}
    assert client.post("/check", files=big).status_code == 413
    many = [("case", (f"{i}.yaml", b"case: x", "text/yaml")) for i in range(9)]
    assert client.post("/check", files=many).status_code == 400
    elsewhere = {"origin": "https://elsewhere.example"}
    assert client.post("/check", data={"case": CASE}, headers=elsewhere).status_code == 403


def test_names_and_values_cannot_break_out_of_the_page(client):
    attack = "</textarea></pre><script>alert(1)</script><img src=x onerror=alert(2)>"
    text = f'case: "{attack}"\n"{attack}": 1\nroles: {{"{attack}": {{actor: "{attack}"}}}}\n'
    page = client.post("/check", data={"case": text}).text
    assert "<script>alert" not in page and "<img" not in page.split("</header>")[1]
    assert page.count("<textarea") == page.count("</textarea>") == 3
    assert "script-src 'self'" in client.post("/check", data={"case": text}).headers["content-security-policy"]


@settings(max_examples=25)
@given(st.dictionaries(st.sampled_from(["case", "theory", "bibliography"]), st.binary(max_size=80), min_size=1))
def test_no_bytes_make_the_server_fail(client, sent):
    files = {name: ("x.yaml", raw, "text/yaml") for name, raw in sent.items()}
    assert client.post("/check", files=files).status_code in (200, 400)


@given(st.text(alphabet="ab: \n\r\t#é", max_size=400), st.integers(0, 40), st.integers(0, 500))
def test_a_line_is_shown_around_its_mistake(text, line, column):
    told = tell([Problem("wrong", "case.yaml", line, column)], {"case.yaml": text})
    (place,) = told.places
    assert len(place.before) + len(place.after) <= LONGEST_LINE + 2
    whole = (place.before + place.after).strip("…")
    lines = re.split("\r\n|\r|\n", text)
    assert whole in (lines[line - 1] if 0 < line <= len(lines) else "")


def test_of_very_many_problems_the_errors_come_first_and_the_rest_is_counted():
    problems = [Problem(f"warned {i}", severity="warning") for i in range(MOST_TOLD)] + [Problem("wrong")]
    told = tell(problems, {})
    assert told.places[0].problem.message == "wrong" and len(told.places) == MOST_TOLD and told.left_out == 1
    assert told.headline == f"1 mistake; {MOST_TOLD} warnings."
