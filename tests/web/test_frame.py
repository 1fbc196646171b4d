from __future__ import annotations

import re
from dataclasses import replace

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from blocs.errors import InputError
from blocs.library import list_cases
from blocs.web.app import create_app
from blocs.web.settings import Settings


def test_the_first_page_has_every_case_as_a_link(client):
    page = client.get("/").text
    for name in list_cases():
        assert f'href="/cases/{name}"' in page


def test_a_page_runs_and_shows_nothing_but_our_own_files(client):
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"<(style|script)>| on[a-z]+=|javascript:", answer.text)


def test_every_file_that_a_page_names_is_served_and_may_be_kept(client):
    names = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/").text)
    assert len(names) >= 3
    for name in names:
        answer = client.get(name)
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/0/../app.py",
        "/static/0/..%2fapp.py",
        "/static/0/%2e%2e%2f%2e%2e%2fpyproject.toml",
        "/static/0//etc/passwd",
        "/static/0/frame.jinja",
        "/static/0/frame.css%00.js",
    ],
)
def test_no_address_reaches_another_file(client, path):
    assert client.get(path).status_code == 404


def test_what_is_not_there_is_a_page_for_people_and_a_document_for_programs(client):
    page = client.get("/nowhere")
    assert page.status_code == 404 and "no such page" in page.text and "<nav" in page.text
    assert "<h1>There is nothing here</h1>" in page.text
    misfit = client.get("/?q=" + "x" * 300)
    assert misfit.status_code == 422 and "<h1>That does not fit</h1>" in misfit.text
    assert "<code>q</code>: String should have at most 200 characters" in misfit.text
    document = client.get("/api/nowhere")
    assert document.status_code == 404 and document.headers["content-type"] == "application/problem+json"
    assert document.json()["status"] == 404


def test_writes_from_pages_of_other_sites_are_refused(client):
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        assert client.post("/", headers=headers).status_code == 403
    # from our own pages, and from programs, they reach the app, which has nothing that takes this one
    for headers in ({"origin": "http://localhost"}, {"sec-fetch-site": "same-origin"}, {}):
        assert client.post("/", headers=headers).status_code == 405


def test_what_nobody_foresaw_is_told_without_details_and_under_the_same_headers(settings, caplog):
    def fails():
        raise RuntimeError("a secret of the inside")

    app = create_app(settings)
    app.router.routes.insert(0, Route("/fails", lambda request: fails()))
    with TestClient(app, base_url="http://localhost") as client:
        answer = client.get("/fails")
    assert answer.status_code == 500 and "secret" not in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "a secret of the inside" in caplog.text  # for whoever runs the server


def test_requests_for_a_foreign_name_are_refused(client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 421
    assert client.get("/", headers={"host": "127.0.0.1:8080"}).status_code == 200


def test_bodies_that_are_too_large_are_refused_whatever_they_say_of_their_size(client, settings):
    big = b"x" * (settings.most_body + 1)
    assert client.post("/api/nowhere", content=big).status_code == 413
    assert client.post("/api/nowhere", headers={"content-length": "many"}).status_code in (400, 413)


def test_the_app_may_stand_below_a_path_of_another(settings):
    from starlette.applications import Starlette

    outer = Starlette()
    outer.mount("/blocs", create_app(settings))
    with TestClient(outer, base_url="http://localhost") as client:
        page = client.get("/blocs/").text
        assert 'href="/blocs/cases/sino-albanian-1961"' in page
        for name in re.findall(r'(?:href|src)="(/blocs/static/[^"]+)"', page):
            assert client.get(name).status_code == 200


def test_pages_may_be_embedded_where_that_was_allowed(settings):
    app = create_app(replace(settings, embed_in=("https://moodle.example.org",)))
    with TestClient(app, base_url="http://localhost") as client:
        policy = client.get("/").headers["content-security-policy"]
    assert "frame-ancestors 'self' https://moodle.example.org" in policy


def test_settings_of_the_wrong_form_are_told_all_at_once():
    with pytest.raises(InputError) as told:
        Settings(database="mysql://x", names=("a b",), embed_in=("moodle",))
    assert len(told.value.problems) == 3
    with pytest.raises(InputError, match="memory"):
        Settings(database="sqlite://")
    assert Settings(database="postgresql://me@db/blocs").database == "postgresql+psycopg://me@db/blocs"


def test_names_and_addresses_in_sentences_are_set_and_nothing_else_gets_through():
    from blocs.web.pages import linked, ticked

    assert ticked("no `a<b`, but `c`") == "no <code>a&lt;b</code>, but <code>c</code>"
    assert ticked("5` <b>") == "5` &lt;b&gt;"
    assert linked("<i> http://x.org/?a&b.", "http://x.org/?a&b") == (
        '&lt;i&gt; <a href="http://x.org/?a&amp;b" rel="noreferrer">http://x.org/?a&amp;b</a>.'
    )
    assert linked("x", "http://y.org").endswith(">http://y.org</a>")
    assert linked("x", "javascript:alert(1)") == linked("x", "") == "x"
