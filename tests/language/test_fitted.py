"""Summaries of fits: the normal distribution that they stand for, and which case is forecast with which."""

from __future__ import annotations

import json
import re
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

import blocs
from blocs.fit.validate import score
from blocs.forecast.score import Frequencies
from blocs.game.history import lay_out
from blocs.language.fitted import Fitted, coding_hash, compress, fitted_for, read_fit, with_fit
from blocs.language.identity import content_hash
from blocs.language.load import under_theory
from blocs.library import case_fit_path, list_cases, theory_fit_path
from blocs.solve.draws import Draws, draw, medians
from blocs.solve.sobol_points import sobol_points

THEORY = """
theory: three
roles: {patron: p}
parameters:
  a: {prior: "Normal(1, 2)", help: a}
  b: {prior: "Normal(0, 1)", help: b}
  c: {prior: "LogNormal(0, 0.5)", help: c}
state: {line: {values: [calm, loud]}}
stages:
  - {stage: only, role: patron, options: {hold: {}, shout: {set: {line: loud}}}}
payoffs: {patron: {noise: (a + b) * c * (line == loud)}}
outcomes: {calm: line == calm, loud: otherwise}
play: {discount: 0.9, precision: {patron: 1}}
horizon: {after_last_step: nothing}
"""
COVARIANCE = np.array([[0.5, 0.3, 0.0], [0.3, 0.8, -0.1], [0.0, -0.1, 0.25]])
MEAN = np.array([0.4, -1.0, 0.2])


@pytest.fixture(scope="module")
def theory(tmp_path_factory):
    path = tmp_path_factory.mktemp("three") / "three.yaml"
    path.write_text(THEORY, encoding="utf-8")
    return blocs.load_theory(path)


@pytest.fixture(scope="module")
def fitted(theory):
    mean, directions, spreads = compress(MEAN, COVARIANCE, least=0.0)
    return Fitted("three", content_hash(theory), {}, ("a", "b", "c"), mean, directions, spreads, "fit to 0 cases",
                  counts={"only": {"hold": 3.0, "shout": 0.0}})  # fmt: skip


def test_draws_have_the_mean_and_the_covariance(theory, fitted):
    rng = np.random.default_rng(1)
    values = fitted.values(theory, rng.random((200_000, 3)))
    u = np.stack([(values["a"] - 1) / 2, values["b"], np.log(values["c"]) / 0.5], axis=1)
    assert u.mean(axis=0) == pytest.approx(MEAN, abs=0.01)
    assert np.cov(u.T) == pytest.approx(COVARIANCE, abs=0.01)
    for name, value in fitted.centre(theory).items():
        expected = {"a": 1.8, "b": -1.0, "c": np.exp(0.1)}[name]
        assert value[0] == pytest.approx(expected)


def test_directions_as_wide_as_the_prior_are_left_out(theory):
    mean, directions, spreads = compress(np.zeros(3), np.diag([1.0, 0.25, 3.0]))
    assert np.abs(directions) == pytest.approx(np.array([[0.0, 1.0, 0.0]])) and spreads == pytest.approx([0.5])
    everything = Fitted("t", "", {}, ("a", "b", "c"), mean, directions[:0], spreads[:0], "nothing")
    # with no direction left a draw is the prior's
    points = np.array([[0.1, 0.5, 0.8]])
    z = [NormalDist().inv_cdf(p) for p in points[0]]
    values = everything.values(theory, points)
    assert [values[name][0] for name in "abc"] == pytest.approx([1 + 2 * z[0], z[1], np.exp(0.5 * z[2])])


def test_a_file_gives_back_what_was_written(theory, fitted, tmp_path):
    path = tmp_path / "fit.json"
    path.write_text(json.dumps(fitted.to_json()), encoding="utf-8")
    again = read_fit(path)
    assert again.names == fitted.names and again.mean == pytest.approx(fitted.mean, abs=1e-4)
    assert again.directions == pytest.approx(fitted.directions, abs=1e-3)
    assert again.counts == fitted.counts == {"only": {"hold": 3.0, "shout": 0.0}}


@pytest.mark.parametrize("name", list_cases())
def test_no_shipped_case_is_forecast_with_parameters_that_saw_it(name):
    case = blocs.load(name)
    fitted = fitted_for(case)
    assert fitted is not None and name not in fitted.cases
    assert set(fitted.cases) == set(list_cases()) - {name}
    assert fitted.label == f"fit to the other {len(list_cases()) - 1} cases"


def test_the_fits_are_of_the_theory_and_the_codings_that_ship():
    whole = read_fit(theory_fit_path("patron-client"))
    hashes = {name: coding_hash(blocs.load(name)) for name in list_cases()}
    assert dict(whole.cases) == hashes, "a coding changed: run `make validation`"
    for name in list_cases():
        case, others = blocs.load(name), read_fit(case_fit_path(name))
        assert others.theory_sha256 == content_hash(case.whole_theory), "the theory changed: run `make validation`"
        assert dict(others.cases) == {other: one for other, one in hashes.items() if other != name}


def test_the_counts_that_ship_are_those_of_the_histories_without_the_case():
    whole = read_fit(theory_fit_path("patron-client")).counts
    assert sum(sum(options.values()) for options in whole.values()) == 1023  # decisions, as docs/validation.md has them
    for name in ("guatemalan-1954", "french-1966"):
        game, others = blocs.compile(blocs.load(name)), read_fit(case_fit_path(name)).counts
        own: dict[tuple[str, str], int] = {}
        for decision in lay_out(game).decisions:
            if len(decision.arcs) > 1:
                place = (
                    game.plan.stages[decision.stage].name,
                    game.option_names[int(game.graph.arc_option[decision.arc])],
                )
                own[place] = own.get(place, 0) + 1
        assert sum(own.values()) > 30
        for stage, options in whole.items():
            assert others[stage] == {option: n - own.get((stage, option), 0) for option, n in options.items()}


def test_a_forecast_is_held_against_the_frequencies_of_the_cases_that_taught_it():
    case = blocs.load("guatemalan-1954")
    history = blocs.solve(blocs.compile(case), draws=None).forecast().history
    assert history is not None
    # as docs/validation.md has it for the case held out
    assert history.counted_on == "16 other cases"
    assert len(history.decisions) * history.frequencies == pytest.approx(-24.6, abs=0.05)
    assert history.to_json()["frequencies_counted_on"] == "16 other cases"
    # parameters from elsewhere may have seen the history: its own frequencies are the peer then
    for other in (with_fit(case, None), case):
        game = blocs.compile(other)
        own = blocs.solve(game, Draws(medians(game).values, None, "mine.nc", 1)).forecast().history
        assert own is not None and own.counted_on == "" and own.frequencies > history.frequencies
        assert own.to_json()["frequencies_counted_on"] == "this history"
    # a theory with other stages has no counts there
    covert = blocs.solve(blocs.compile(blocs.load("sino-albanian-1961-covert")), draws=None).forecast().history
    assert covert is not None and covert.counted_on == ""


def test_a_new_case_gets_the_fit_to_all_and_others_their_priors():
    case = blocs.load("hungarian-1956")
    # a copy under another name, or what extends it, is still the case that was seen
    for copy in ({"case": "my-own"}, {"case": "my-own", "extends": "../hungarian-1956/case.yaml", "history": ()}):
        own = fitted_for(case.model_copy(update=copy))
        assert own is not None and "hungarian-1956" not in own.cases
    fitted = fitted_for(case.model_copy(update={"case": "my-own", "history": ()}))
    assert fitted is not None and set(fitted.cases) == set(list_cases())
    assert fitted.label == f"fit to {len(list_cases())} other cases"
    prior = with_fit(case, None)
    assert fitted_for(prior) is None and fitted_for(blocs.changed(prior, facts={"land_route": False})) is None
    game = blocs.compile(prior)
    assert medians(game).origin == "prior medians" and draw(game, 4).origin == "prior"
    default = blocs.compile(case)
    assert draw(default, 4).origin == "fit to the other 16 cases"
    assert medians(default).origin == "mode of the fit to the other 16 cases"
    # another theory under the same name, or priors of the case's own, have no fit
    theory = case.whole_theory.model_copy(update={"title": "another"})
    other = case.model_copy()
    other._whole_theory = theory
    assert fitted_for(other) is None


def test_other_moves_with_the_same_parameters_have_the_fit_of_the_theory_below():
    fitted = fitted_for(blocs.load("sino-albanian-1961-covert"))
    assert fitted is not None and "sino-albanian-1961" not in fitted.cases
    assert fitted.label == "fit of patron-client-steady to the other 16 cases"


def test_the_theory_without_occasions_has_fits_of_its_own():
    theory = blocs.load_theory("patron-client-steady")
    whole = read_fit(theory_fit_path(theory.theory))
    hashes = {name: coding_hash(blocs.load(name)) for name in list_cases()}
    assert dict(whole.cases) == hashes and whole.theory_sha256 == content_hash(theory), "run `make validation`"
    for name in list_cases():
        fitted = fitted_for(under_theory(blocs.load(name), theory))
        assert fitted is not None and fitted.theory_sha256 == content_hash(theory)
        assert dict(fitted.cases) == {other: one for other, one in hashes.items() if other != name}
    new = fitted_for(under_theory(blocs.load(name).model_copy(update={"case": "my-own", "history": ()}), theory))
    assert new is not None and new.label == f"fit to {len(list_cases())} other cases"


def test_a_fit_foretells_as_well_as_the_validation_says():
    case = blocs.load("guatemalan-1954")
    theory = blocs.load_theory("patron-client")
    fitted = fitted_for(case)
    assert fitted is not None
    game = blocs.compile(case)
    held = {name: np.full(128, one.prior.median) for name, one in theory.parameters.items() if not one.prior.free}
    values = fitted.values(theory, sobol_points(len(fitted.names), 0, 0, 128))
    found = score(blocs.solve(game, Draws({**held, **values}, None, "fit", 128)), Frequencies.of_stages(fitted.counts))
    page = (Path(__file__).resolve().parents[2] / "docs" / "validation.md").read_text(encoding="utf-8")
    (row,) = re.findall(r"^\| `guatemalan-1954` \|(.*)$", page.split("## Calibration")[0], re.MULTILINE)
    _, theory, frequencies, *_ = (cell.strip() for cell in row.split("|"))
    # the file holds three digits of the directions
    assert found.theory.sum() == pytest.approx(float(theory), abs=0.1)
    assert found.frequencies.sum() == pytest.approx(float(frequencies), abs=0.05)


def test_settings_hold_and_draws_nest():
    game = blocs.compile(blocs.load("hungarian-1956"))
    few, many = draw(game, 8, seed=3), draw(game, 32, seed=3)
    held = draw(game, 8, seed=3, settings={"tempo": 0.25})
    for name in game.theory.parameters:
        assert many.values[name][:8] == pytest.approx(few.values[name])
    assert (held.values["tempo"] == 0.25).all() and set(held.values) == set(few.values)
