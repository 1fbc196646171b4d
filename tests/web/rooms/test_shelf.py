"""Which cases can be played: shipped ones, other views of them, one's own; and why one cannot be."""

from __future__ import annotations

import shutil

import pytest
from starlette.testclient import TestClient

from blocs.errors import InputError
from blocs.library import list_cases, list_variants
from blocs.web.app import create_app
from blocs.web.rooms.shelf import Shelf
from blocs.web.settings import Settings

OWN, TYPED, COVERT = "quarrel-1960", "sino-albanian-1961-resolve", "sino-albanian-1961-covert"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, quarrel_file):
    """A folder with a folder for one case of one's own."""
    top = tmp_path_factory.mktemp("mine")
    shutil.copytree(quarrel_file.parent, top / "quarrel")
    return top


@pytest.fixture(scope="module")
def app(folder, tmp_path_factory):
    database = f"sqlite:///{tmp_path_factory.mktemp('own') / 'rooms.sqlite'}"
    made = create_app(Settings(database=database, cases=folder))
    with TestClient(made, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


def test_everything_that_ships_is_there_and_what_cannot_be_played_says_why():
    shelf = Shelf()
    assert {one.case for one in shelf.entries} == {*list_cases(), *list_variants()}
    assert {one.case for one in shelf.entries} - {one.case for one in shelf.playable} == {TYPED}
    assert COVERT in {one.case for one in shelf.playable}
    why = next(one.why_not for one in shelf.entries if one.case == TYPED)
    assert why.startswith("The patron and the client have private types") and why.endswith(".")


def test_ones_own_case_is_offered_first_and_played(app):
    for path in ("/play", "/teach"):
        page = app.get(path).text
        assert page.index(OWN) < page.index("sino-albanian-1961")
        assert "A quarrel (your own)" in page and "private types" in page
    for path in ("roles/patron", "guide", "quiz"):
        assert app.get(f"/cases/{OWN}/{path}").status_code == 200
    sheet = app.get(f"/cases/{OWN}/roles/patron").text
    # as it stands in a sentence; and what is assumed has no empty brackets behind it
    assert "You are the Soviet Union" in sheet and "Before it all." in sheet and "()" not in sheet
    room = app.post("/api/rooms", json={"case": OWN, "people": ["client"], "seed": 3})
    assert room.status_code == 201, room.text
    code = room.json()["code"]
    seat = app.post(f"/api/rooms/{code}/seats", json={"name": "Ann"}).json()
    key = {"Authorization": f"Bearer {seat['key']}"}
    place = 0
    while not (seen := app.get(f"/api/rooms/{code}/view", headers=key).json())["outcome"]:
        assert seen["turn"]["mine"] and seen["place"] >= place
        place = seen["place"]
        answer = app.post(f"/api/rooms/{code}/moves", json={"place": place, "option": "hold"}, headers=key)
        assert answer.status_code == 200
    page = app.get(f"/rooms/{code}/tables/1")
    assert page.status_code == 200 and seen["outcome"] in page.text


def test_programs_are_told_what_can_be_played(app):
    told = {one["case"]: one for one in app.get("/api/playable").json()}
    assert told[OWN]["roles"] == {"patron": "Soviet Union", "client": "Albania", "rival": "China"}
    assert told[OWN]["why_not"] is None and "private types" in told[TYPED]["why_not"]


def test_a_room_for_a_case_that_cannot_be_played_is_refused_with_the_reason(app):
    answer = app.post("/api/rooms", json={"case": TYPED, "people": ["client"]})
    assert answer.status_code == 400 and "this case cannot be played: the patron and" in answer.json()["detail"]


@pytest.mark.parametrize("name", ["quarrel.yaml", "quarrel/case.yaml", "../quarrel", "quarrel-1960x", ""])
def test_nothing_but_names_is_known(app, name):
    answer = app.post("/api/rooms", json={"case": name, "people": ["client"]})
    assert answer.status_code == 400 and "there is no case" in answer.json()["detail"]


def test_a_folder_with_mistakes_is_refused_with_all_of_them(folder, tmp_path):
    for name, text in (("a", "case: a\n"), ("b", "case: b\ntheory: nowhere\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "case.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        Shelf(tmp_path)
    files = {problem.file for problem in refused.value.problems}
    assert {f"{tmp_path / 'a' / 'case.yaml'}", f"{tmp_path / 'b' / 'case.yaml'}"} <= files
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no folder in it has"):
        Shelf(tmp_path / "empty")


def test_a_name_that_ships_is_not_taken(folder, tmp_path):
    shutil.copytree(folder / "quarrel", tmp_path / "q")
    file = tmp_path / "q" / "case.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("quarrel-1960", "french-1966"), encoding="utf-8")
    with pytest.raises(InputError, match="a case that ships is called `french-1966` too"):
        Shelf(tmp_path)
