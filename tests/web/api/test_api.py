from __future__ import annotations

import json
import math

import pytest

import blocs
from blocs.forecast.explain import choose_decisions, explain
from blocs.forecast.live import LiveCase
from blocs.game.history import lay_out
from blocs.language.reading import MAX_BYTES
from blocs.library import case_path, list_cases, theory_path

CASE = "guatemalan-1954"


@pytest.fixture(scope="module")
def live():
    return LiveCase(blocs.load(CASE))


def test_all_cases_are_listed(client):
    found = client.get("/api/cases").json()["cases"]
    assert sorted(one["case"] for one in found) == list_cases()


def test_a_case_is_described_with_its_sources(client):
    told = client.get(f"/api/cases/{CASE}").json()
    case = blocs.load(CASE)
    assert told["facts"]["trade_dependence"]["value"] == case.facts["trade_dependence"].value
    assert len(told["history"]) == len(case.history) and all(
        one["source"] or one.get("assumed") for one in told["history"]
    )
    assert set(told["parameters"]) == set(case.theory_spec.parameters)


def test_a_what_if_is_what_the_solver_says(client, live):
    body = {"set": {"land_route": False, "base_worth": 2.0}, "without": ["back_coup"]}
    told = client.post(f"/api/cases/{CASE}/what-if", json=body).json()
    case = blocs.changed(live.case, {"land_route": False}, without=["back_coup"])
    expected = blocs.solve(blocs.compile(case), None, settings={"base_worth": 2.0}, with_history=False)
    assert told["now"]["outcomes"] == pytest.approx(
        dict(zip(live.game.outcomes, expected.outcome_draws()[:, 0], strict=True))
    )
    for name, p in told["now"]["outcomes"].items():
        assert sum(told["now"]["ended"][name]) <= p + 1e-12


def test_over_draws_there_are_intervals_and_paired_differences(client):
    told = client.post(f"/api/cases/{CASE}/what-if?draws=2&seed=3", json={"without": ["back_coup"]}).json()
    one = told["alternatives"]["asked"]
    assert told["draws"] == 2 and set(one["differences"]) == set(told["baseline"])
    for name, gap in one["differences"].items():
        assert gap["mean"] == pytest.approx(one["outcomes"][name]["mean"] - told["baseline"][name]["mean"], abs=1e-12)


def test_an_explanation_adds_up_and_is_the_command_lines(client, live):
    event = next(one for one in live.case.history if one.role == "patron")
    date = live.case.calendar.label(live.case.calendar.index(event.date))
    body = {"at": date, "role": "patron", "option": event.option, "against": "hold"}
    told = client.post(f"/api/cases/{CASE}/explain", json=body).json()
    decisions = choose_decisions(live.game, lay_out(live.game), at=date, role="patron")
    mine = explain(live.game, live.centre, decisions)
    assert [one["stage"] for one in told["explanations"]] == [one.stage for one in mine]
    for difference in told["differences"]:
        assert sum(part["mean"] for part in difference["parts"]) == pytest.approx(difference["total"]["mean"], abs=1e-9)


def test_drivers_are_derivatives(client, live):
    outcome = max(range(len(live.game.outcomes)), key=lambda o: list(live.glance(blocs_what_if()).outcomes.values())[o])
    name = live.game.outcomes[outcome]
    told = client.post(f"/api/cases/{CASE}/drivers", json={"outcome": name}).json()["outcomes"][name]
    first = next(one for one in told["drivers"] if one["kind"] == "parameter")
    value, step = first["value"]["mean"], 1e-4 * first["value"]["mean"]
    ends = [
        client.post(f"/api/cases/{CASE}/what-if", json={"set": {first["name"]: value + sign * step}}).json()["now"][
            "outcomes"
        ][name]
        for sign in (1, -1)
    ]
    assert first["slope"]["mean"] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5)


def blocs_what_if():
    from blocs.forecast.whatif import WhatIf

    return WhatIf("")


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/api/cases/nowhere/what-if", {}, 404, "no case"),
        ("/api/cases/guatemalan-195/what-if", {}, 404, "guatemalan-1954"),
        (f"/api/cases/{CASE}/what-if", {"set": {"land_rout": True}}, 400, "land_route"),
        (f"/api/cases/{CASE}/what-if", {"set": {"sea_reach": 7}}, 400, "between 0 and 1"),
        (f"/api/cases/{CASE}/what-if", {"start": {"aid": "fulll"}}, 400, "expected one of"),
        (f"/api/cases/{CASE}/what-if", {"force": ["1900-01 patron hold"]}, 400, "1900-01"),
        (f"/api/cases/{CASE}/what-if", {"without": ["hold"]}, 400, "hold"),
        (f"/api/cases/{CASE}/what-if", {"unknown": 1}, 422, "unknown"),
        (f"/api/cases/{CASE}/what-if?draws=100000", {}, 422, "draws"),
        (f"/api/cases/{CASE}/what-if", {"set": {f"x{i}": 1 for i in range(300)}}, 422, "set"),
        (f"/api/cases/{CASE}/explain", {"at": "1900-01", "role": "patron"}, 400, "1900-01"),
        (f"/api/cases/{CASE}/explain", {"at": "1954-01", "role": "patrn"}, 400, "patron"),
        (f"/api/cases/{CASE}/drivers", {"outcome": "cup"}, 400, "coup"),
        ("/api/check", {}, 400, "nothing to check"),
    ],
)
def test_what_is_wrong_is_a_problem_document(client, path, body, status, said):
    answer = client.post(path, json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.text and answer.json()["status"] == status


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999"])
def test_numbers_are_numbers(client, value):
    text = f'{{"set": {{"base_worth": {value}}}}}'
    answer = client.post(f"/api/cases/{CASE}/what-if", content=text, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)


def test_a_value_without_an_answer_is_told_as_such(client):
    answer = client.post(f"/api/cases/{CASE}/what-if", json={"set": {"precedent_fear": 1e308, "complicity": 1e308}})
    assert answer.status_code == 422 and "overflow" in answer.json()["detail"]


def test_shipped_files_are_sound_and_mistakes_have_their_place(client):
    folder = case_path(CASE).parent
    files = {name: (folder / f"{name}.yaml").read_text() for name in ("case", "bibliography")}
    assert client.post("/api/check", json=files).json()["sound"]
    files["case"] = files["case"].replace("role: patron", "role: patrn", 1)
    told = client.post("/api/check", json=files).json()
    assert not told["sound"]
    wrong = next(one for one in told["problems"] if one["severity"] == "error")
    assert wrong["file"] == "case.yaml" and wrong["line"] > 0 and "patron" in wrong["hint"]


@pytest.mark.parametrize("key", ["theory", "extends", "sources"])
@pytest.mark.parametrize(
    "value", ["/etc/passwd", "../../pyproject.toml", "bibliography.yaml/../x", "file:///etc/passwd"]
)
def test_files_that_are_sent_reach_no_file_of_the_server(client, key, value):
    told = client.post("/api/check", json={"case": f"case: x\n{key}: {value}\n"}).json()
    assert not told["sound"] and [one["path"] for one in told["problems"]] == [key]


def test_formulas_have_the_limits_of_files(client):
    text = theory_path("patron-client").read_text().replace("sources: sources/patron-client.yaml\n", "")
    deep = "(" * 500 + "1" + ")" * 500
    told = client.post("/api/check", json={"theory": text.replace("define:", f"define:\n  deep: {deep}", 1)}).json()
    assert not told["sound"]
    assert client.post("/api/check", json={"theory": "x" * (MAX_BYTES + 1)}).status_code in (413, 422)
    assert client.post("/api/check", json={"theory": "a: &a [*a]"}).json()["sound"] is False


def test_the_document_describes_every_operation(client):
    document = client.get("/api/openapi.json").json()
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["summary"] and operation["description"], path
    page = client.get("/api").text
    assert all(f"/api{path}" in page for path in document["paths"])
    assert math.isfinite(len(json.dumps(document)))
