from __future__ import annotations

import csv
import io
import json

import pytest

import blocs
from blocs.library import case_path

CASE = "/cases/guatemalan-1954"


def test_the_page_shows_the_state_of_its_address(client):
    page = client.get(f"{CASE}?set.sea_reach=0.11&sd.base_worth=1.5&without=back_coup&show=beside").text
    assert 'name="set.sea_reach" min="0.0" max="1.0" step="0.01" value="0.11"' in page
    assert 'name="sd.base_worth" min="-3.0" max="3.0" step="0.1" value="1.5"' in page
    assert 'value="back_coup" checked' in page
    assert 'data-show="beside"' in page and "as it was" in page


def test_only_pictures_that_are_asked_for_are_drawn(client):
    answer = client.get(f"{CASE}/live?set.sea_reach=0.2&size=wide&part=endings&part=survival")
    assert set(answer.json()["parts"]) == {"endings", "survival"}
    whole = client.get(f"{CASE}/live?set.sea_reach=0.2&size=wide").json()
    assert whole["parts"]["endings"] == answer.json()["parts"]["endings"] and "field" in whole["parts"]
    told = [one.partition(";dur=") for one in answer.headers["server-timing"].split(", ")]
    assert [name for name, _, _ in told] == ["wait", "solve", "draw"] and all(float(ms) >= 0 for _, _, ms in told)
    assert client.get(f"{CASE}/live?part=everything").status_code == 422


def test_every_event_stands_in_the_story_with_its_sources(client):
    page = client.get(CASE).text
    case = blocs.load("guatemalan-1954")
    for number, event in enumerate(case.history):
        entry = page[page.index(f'id="move-{number}"') :].partition("</li>")[0]
        assert ('href="#ref-' in entry) == bool(event.source)
        assert ("Disputed." in entry) == bool(event.dispute)
        assert ("% sure" in entry) == (event.confidence < 1)


def test_a_newer_question_of_the_same_page_is_answered_first(client):
    first = client.get(f"{CASE}/live?set.sea_reach=0.3&page=a&turn=5").json()
    assert first["turn"] == 5 and "endings" in first["parts"]
    # one that was asked before it has no answer any more; another page has
    assert client.get(f"{CASE}/live?set.sea_reach=0.4&page=a&turn=4").status_code == 409
    assert client.get(f"{CASE}/live?set.sea_reach=0.4&page=b&turn=4").status_code == 200


def test_one_width_is_half_of_both(client):
    both, wide = (client.get(f"{CASE}/live?size={size}").json()["parts"]["field"] for size in ("", "wide"))
    assert wide in both and 'class="narrow"' not in wide


def test_how_far_long_work_has_come_can_be_asked(client):
    assert client.get("/progress/nobody").json()["done"] == 0
    assert client.get("/progress/no<body>").status_code == 422


@pytest.mark.parametrize(
    "query", ["set.land_rout=true", "sd.base_worth=x", "force=1900-01+patron+hold", "without=hold"]
)
@pytest.mark.parametrize("part", ["", "/live", "/beside", "/drivers"])
def test_what_is_wrong_in_an_address_is_told_on_a_page(client, part, query):
    answer = client.get(f"{CASE}{part}?{query}")
    assert answer.status_code == 400 and "<nav" in answer.text


def test_where_files_lie_on_the_server_is_not_told(client):
    page = client.get(f"{CASE}?without=back_coup&at=1954-04&role=patron&why=hold").text
    assert "has no option <code>back_coup</code>" in page and "library/cases" not in page
    answer = client.post(
        "/api" + CASE + "/explain",
        json={"circumstances": {"without": ["back_coup"]}, "at": "1954-04", "role": "patron"},
    )
    assert answer.status_code == 400 and "library/cases" not in answer.text


@pytest.mark.parametrize("name", ["nowhere", "%2e%2e%2fsecrets", "guatemalan-1954%00", "/etc/passwd"])
@pytest.mark.parametrize("file", ["", "/case.yaml", "/report.html", "/citation.bib"])
def test_only_cases_that_ship_have_pages_and_files(client, name, file):
    assert client.get(f"/cases/{name}{file}").status_code in (400, 404)


def test_downloads(client):
    answer = client.get(f"{CASE}/outcomes.csv?without=back_coup")
    assert answer.headers["content-disposition"] == 'attachment; filename="guatemalan-1954-outcomes.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    forecast = client.get(f"{CASE}/forecast.json?without=back_coup")
    told = json.loads(forecast.text)
    assert told["circumstances"] == "without=back_coup"
    means = {row["outcome"]: float(row["mean"]) for row in rows if row["alternative"] == "as it was"}
    assert means == pytest.approx({name: one["mean"] for name, one in told["baseline"].items()})
    assert client.get(f"{CASE}/citation.bib").text.count("\n@") > 10
    assert client.get(f"{CASE}/case.yaml").text == case_path("guatemalan-1954").read_text(encoding="utf-8")


def test_the_report_is_the_one_that_the_command_line_writes(client):
    answer = client.get(f"{CASE}/report.html?set.sea_reach=0.3")
    assert answer.status_code == 200 and "blocs run guatemalan-1954 --draws 32 --set sea_reach=0.3" in answer.text
    assert "script-src 'none'" in answer.headers["content-security-policy"]


def test_the_report_tells_forced_moves(client):
    answer = client.get(f"{CASE}/report.html?force=1954-01+patron+hold")
    assert answer.status_code == 200
    assert "With “1954-01 patron hold” forced, the likeliest end is" in answer.text
    assert "--force &#39;1954-01 patron hold&#39;" in answer.text
    assert client.get(f"{CASE}/report.html?force=1900-01+patron+hold").status_code == 400
