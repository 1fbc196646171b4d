"""Cases of the host's own, served besides those that ship."""

from __future__ import annotations

import shutil

import pytest
from starlette.testclient import TestClient

from blocs.library import list_cases
from blocs.web.app import create_app
from blocs.web.settings import Settings

OWN = "/cases/quarrel-1960"


@pytest.fixture(scope="module")
def app(tmp_path_factory, quarrel_file):
    top = tmp_path_factory.mktemp("mine")
    shutil.copytree(quarrel_file.parent, top / "quarrel")
    database = f"sqlite:///{tmp_path_factory.mktemp('own') / 'rooms.sqlite'}"
    made = create_app(Settings(database=database, cases=top))
    with TestClient(made, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


def test_ones_own_case_stands_first_in_the_library_and_is_said_to_be_ones_own(app):
    page = app.get("/").text
    assert page.index(f'href="{OWN}"') == page.index('href="/cases/')
    assert page.count("your own") == 1
    names = [one["case"] for one in app.get("/api/cases").json()["cases"]]
    assert names[0] == "quarrel-1960" and set(names[1:]) == set(list_cases())


def test_it_is_explored_like_any_other(app, quarrel_file):
    page = app.get(f"{OWN}?at=1960-04&role=patron&why=hold").text
    assert "<h1>A quarrel</h1>" in page and 'name="set.odds"' in page and "What was done: intervene" in page
    before = app.get(f"{OWN}/live?part=endings").json()
    after = app.get(f"{OWN}/live?part=endings&without=intervene").json()
    assert before["headline"] != after["headline"] and "repelled" in before["parts"]["endings"]
    assert app.get(f"/api{OWN}").json()["case"] == "quarrel-1960"
    assert app.get(f"{OWN}/case.yaml").text == quarrel_file.read_text(encoding="utf-8")
    assert app.get("/cases/quarrel/case.yaml").status_code == 404


def test_without_a_folder_it_is_not_there(client):
    assert client.get(OWN).status_code == 404
    assert "your own" not in client.get("/").text
