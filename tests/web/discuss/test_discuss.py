"""Replies under a case: off by default, plain text, threads, moderation, limits, export."""

from __future__ import annotations

import html
import re

import pytest
from starlette.testclient import TestClient

from blocs.language.load import load_case
from blocs.web.app import create_app
from blocs.web.discuss.forum import entries
from blocs.web.rooms.keys import digest
from blocs.web.settings import Settings

CASE = "french-1966"
KEY = {"Authorization": "Bearer moderator"}


@pytest.fixture
def forum(tmp_path):
    settings = Settings(database=f"sqlite:///{tmp_path / 'rooms.sqlite'}", moderator=digest("moderator"))
    with TestClient(create_app(settings), base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


def say(forum, text="A remark.", anchor="move-0", **more):
    return forum.post(f"/api/cases/{CASE}/replies", json={"anchor": anchor, "name": "Ann", "text": text, **more})


def test_it_is_off_unless_it_was_asked_for(client):
    assert say(client).status_code == 404
    assert client.get("/moderate").status_code == 404
    assert "discuss.js" not in client.get(f"/cases/{CASE}").text


def test_replies_make_threads_and_are_read_by_all(forum):
    first = say(forum).json()
    second = say(forum, "An answer.", parent=first["reply"]).json()
    assert [one["text"] for one in forum.get(f"/api/cases/{CASE}/replies").json()] == ["A remark.", "An answer."]
    assert second["parent"] == first["reply"]
    assert say(forum, parent=999).status_code == 404
    assert say(forum, anchor="remark-0", parent=first["reply"]).status_code == 404
    assert "discuss.js" in forum.get(f"/cases/{CASE}").text
    assert forum.get("/moderate").status_code == 200


def test_a_thread_goes_no_deeper_than_can_be_read(forum):
    parent = None
    for _ in range(4):
        answer = say(forum, parent=parent)
        assert answer.status_code == 201
        parent = answer.json()["reply"]
    assert say(forum, parent=parent).status_code == 409


def test_text_is_kept_as_text(forum):
    # pages put it in with textContent; here it must come back as it was, without control characters
    script = "<script>alert(1)</script>"
    assert say(forum, script + "\x00\u202e").json()["text"] == script
    assert script not in forum.get(f"/cases/{CASE}").text


@pytest.mark.parametrize("text", ["see https://spam.example", "WWW.spam.example", "write to a@b.example"])
def test_addresses_are_held_until_somebody_has_looked(forum, text):
    made = say(forum, text).json()
    assert made["held"] and forum.get(f"/api/cases/{CASE}/replies").json() == []
    assert forum.post(f"/api/replies/{made['reply']}/shown", headers=KEY).status_code == 200
    assert len(forum.get(f"/api/cases/{CASE}/replies").json()) == 1


def test_the_moderator_alone_holds_hides_and_exports(forum):
    made = say(forum).json()
    for headers in ({"Authorization": "Bearer wrong"}, {"Authorization": "moderator"}):
        assert forum.post(f"/api/replies/{made['reply']}/hidden", headers=headers).status_code == 403
        assert forum.get("/api/replies", headers=headers).status_code == 403
    assert forum.post(f"/api/replies/{made['reply']}/hidden", headers=KEY).status_code == 200
    assert forum.get(f"/api/cases/{CASE}/replies").json() == []
    # what is hidden cannot be answered, and is still in the export
    assert say(forum, parent=made["reply"]).status_code == 404
    assert [one["standing"] for one in forum.get("/api/replies", headers=KEY).json()] == ["hidden"]
    assert forum.post("/api/replies/999/hidden", headers=KEY).status_code == 404
    assert forum.post(f"/api/replies/{made['reply']}/deleted", headers=KEY).status_code == 422


def test_nobody_floods_it(forum):
    codes = [say(forum).status_code for _ in range(8)]
    assert codes == [201] * 6 + [429] * 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"anchor": "move-999"},
        {"anchor": "../x"},
        {"anchor": "move--1"},
        {"text": "\x00\u200b "},
        {"name": "\x00"},
        {"text": ""},
        {"text": "x" * 4001},
        {"parent": -1},
        {"parent": "x"},
        {"more": 1},
    ],
)
def test_what_is_no_reply_is_refused(forum, wrong):
    body = {"anchor": "move-0", "name": "Ann", "text": "A remark.", **wrong}
    assert forum.post(f"/api/cases/{CASE}/replies", json=body).status_code in (400, 422)
    assert forum.get("/api/replies", headers=KEY).json() == []


def test_a_page_of_another_site_writes_nothing(forum):
    body = {"anchor": "move-0", "name": "Ann", "text": "A remark."}
    answer = forum.post(f"/api/cases/{CASE}/replies", json=body, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert forum.post("/api/cases/nowhere/replies", json=body).status_code == 404


def test_cases_of_ones_own_are_discussed_too(quarrel_file, tmp_path):
    settings = Settings(
        database=f"sqlite:///{tmp_path / 'rooms.sqlite'}", moderator=digest("moderator"), cases=quarrel_file.parent
    )
    with TestClient(create_app(settings), base_url="http://localhost", raise_server_exceptions=False) as client:
        body = {"anchor": "move-1", "name": "Ann", "text": "A remark."}
        assert client.post("/api/cases/quarrel-1960/replies", json=body).status_code == 201
        told = client.get("/api/replies", headers=KEY).json()
    assert [(one["case"], one["under"]) for one in told] == [("quarrel-1960", "1960-04: intervention")]


def test_replies_stand_under_exactly_what_the_page_shows(forum):
    page = forum.get(f"/cases/{CASE}").text
    shown = re.findall(r'<li class="(?:move \w+|remark)" data-step="[-\d]+" id="((?:move|remark)-\d+)">', page)
    found = entries(load_case(CASE))
    assert list(found) == shown and len(shown) > 5
    for anchor, told in found.items():
        date, _, event = told.partition(": ")
        entry = page[page.index(f'id="{anchor}"') :].split("</li>")[0]
        assert html.escape(event, quote=False) in entry.replace("&#39;", "'").replace("&#34;", '"') and date in entry
    missing = next(f"remark-{n}" for n in range(99) if f"remark-{n}" not in found)
    assert say(forum, anchor=missing).status_code == 400
    say(forum)
    told = forum.get("/api/replies", headers=KEY).json()
    assert told[0]["under"] == found["move-0"]
