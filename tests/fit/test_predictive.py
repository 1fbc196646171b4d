"""Courses simulated from a posterior: their law, and what is compared with the real history."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from tests.fit.tug import event
from tests.typed import BORDER, BORDER_CASE

import blocs
from blocs.errors import UsageError
from blocs.fit.methods import Laplace, Map
from blocs.fit.predictive import predictions, predictive_check, replicate
from blocs.fit.problem import problem_of
from blocs.language.load import load_case
from blocs.solve.draws import draw, medians
from blocs.solve.private import Exact, Grid

HISTORY = [
    event("1960-01", "client", "defy"),
    event("1960-02", "patron", "press", ", result: fails"),
    event("1960-03", "patron", "press", ", result: works"),
]


def test_simulated_courses_follow_the_exact_forecast(make) -> None:
    """Means over courses against the forward pass of the engine, which knows no random numbers."""
    game = blocs.compile(make(HISTORY, steps=6))
    draws = draw(game, 32, seed=1)
    played = replicate(game, draws, each=100, seed=2)
    exact = blocs.solve(game, draws)
    n = len(played.taken)
    chance = exact.outcome_draws().mean(axis=1)
    assert played.outcomes == game.outcomes
    assert played.ended.mean(axis=0) == pytest.approx(chance, abs=4 * 0.5 / np.sqrt(n))
    assert (played.ended.sum(axis=1) == 1).all()
    expected = dict(
        zip(
            [f"{game.plan.stages[k].name}: {plan.name}" for k, plan in game.layout.options],
            exact.taken.mean(axis=2).sum(axis=0),
            strict=True,
        )
    )
    spread = played.taken.std(axis=0) / np.sqrt(n)
    for name, mean, error in zip(played.options, played.taken.mean(axis=0), spread, strict=True):
        assert mean == pytest.approx(expected[name], abs=4 * error), name
    # a draw's course does not depend on which other draws are played
    alone = replicate(game, draws.part(0, 3), each=100, seed=2)
    assert np.array_equal(alone.taken, played.taken[:300])


def test_a_check_counts_the_history_and_finds_what_is_unlike_it(make) -> None:
    game = blocs.compile(make(HISTORY))
    checks = predictive_check(game, medians(game), paths=400, seed=3)
    assert checks.loc["answer: press", "real"] == 2 and checks.loc["line: defy", "real"] == 1
    assert ((checks["p"] >= 0) & (checks["p"] <= 1)).all()
    assert (checks["low"] <= checks["mean"]).all() and (checks["mean"] <= checks["high"]).all()
    # one who cannot bear a month of defiance presses whenever he can; a real history without pressing is then unlike it
    quiet = blocs.compile(make([event("1960-01", "client", "defy")], "quiet"))
    eager = medians(quiet, {"force": 40.0, "worth": 40.0})
    odd = predictive_check(quiet, eager, paths=400)
    assert odd.loc["answer: press", "p"] > 0.99
    with pytest.raises(UsageError):
        replicate(game, medians(game), each=0)


def test_cases_stand_on_common_axes(make) -> None:
    cases = [make(HISTORY), make([event("1960-02", "client", "defy")], "two", 5)]
    problem = problem_of(cases)
    found = predictions(problem, np.zeros((1, 1, problem.size)))
    assert found.options == ("line: defy", "line: submit", "answer: press")
    assert found.simulated["times_taken"].shape == (1, 200, 2, 3)  # a mode is played 200 times
    assert found.observed["times_taken"].tolist() == [[1, 0, 2], [1, 0, 0]]
    assert found.observed["outcome"].tolist() == [[0, 1], [0, 1]]
    again = predictions(problem, np.zeros((2, 30, problem.size)))
    assert again.simulated["outcome"].shape == (2, 30, 2, 2)
    assert not np.array_equal(again.simulated["times_taken"][..., 0, :], again.simulated["times_taken"][..., 1, :])


def test_a_file_has_all_groups_of_arviz_and_comes_back(make, tmp_path, capsys) -> None:
    """Facts integrated, one parameter by case: written, opened by ArviZ itself, read back, and used for a forecast."""
    import xarray as xr

    from blocs.cli import main
    from blocs.fit.arviz_quietly import load_arviz
    from blocs.fit.learn import fit
    from blocs.fit.netcdf import load_posterior

    cases = [make(HISTORY), make([event("1960-02", "client", "defy")], "two", 5)]
    method = Laplace(draws=200, starts=1)
    posterior = fit(cases, method, seed=7, facts="integrated", deviations=["worth"], predict=True)
    path = tmp_path / "p.nc"
    posterior.save(path)
    data = load_arviz().from_netcdf(path, engine="h5netcdf")
    with contextlib.closing(data):
        assert {"posterior", "prior", "posterior_predictive", "observed_data", "log_likelihood"} <= set(data.groups())
        for group in ("posterior", "prior"):
            assert {"worth", "force", "odds", "twin", "tau_worth", "worth_by_case", "trade_by_case"} <= set(data[group])
        prior, simulated, real = data["prior"], data["posterior_predictive"], data["observed_data"]
        # draws from the prior have its quantiles
        for name, spec in cases[0].theory_spec.parameters.items():
            below = float((prior[name] < spec.prior.ppf(0.25)).mean())
            assert below == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / 1000)), name
        assert float(prior["trade_by_case"].min()) >= 0.1 and float(prior["trade_by_case"].max()) <= 0.9
        assert simulated["times_taken"].shape == (1, 200, 2, 3)
        assert real["times_taken"].sel(case="one", option="answer: press") == 2
        assert real["outcome"].sel(ending="defiant").values.tolist() == [1.0, 1.0]
        xr.testing.assert_allclose(
            data["log_likelihood"]["history"].isel(chain=0, draw=3, drop=True),
            xr.DataArray(posterior.log_likelihood[0, 3], {"case": ["one", "two"]}, ("case",)),
        )
        assert data.attrs["seed"] == 7 and "Laplace" in data.attrs["method"]
    back = load_posterior(path)
    for what in ("values", "by_case", "spreads", "prior"):
        mine, theirs = getattr(posterior, what), getattr(back, what)
        assert set(mine) == set(theirs)
        for name in mine:
            assert np.array_equal(mine[name], theirs[name]), (what, name)
    assert back.mode == posterior.mode and back.mode_by_case == posterior.mode_by_case
    assert back.attributes == posterior.attributes and back.diagnostics == posterior.diagnostics
    assert back.predictions is not None and posterior.predictions is not None
    for name, value in posterior.predictions.simulated.items():
        assert np.array_equal(value, back.predictions.simulated[name])
    # each case is forecast with its own parameters and facts
    one, two = (back.draws(case=case) for case in cases)
    assert np.array_equal(one.values["worth"], back.by_case["worth"][..., 0].reshape(-1))
    assert np.array_equal(two.values["trade"], back.by_case["trade"][..., 1].reshape(-1))
    assert not np.array_equal(one.values["worth"], two.values["worth"])
    assert main(["run", str(tmp_path / "two.yaml"), "--posterior", str(path), "--draws", "50", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    exact = blocs.solve(blocs.compile(cases[1]), back.draws(50, cases[1])).forecast().outcomes
    shown = {name: one["mean"] for name, one in told["outcomes"].items()}
    assert shown == pytest.approx({name: one.mean for name, one in exact.items()}, abs=1e-9)


def test_a_mode_has_no_interval(make) -> None:
    from blocs.fit.learn import fit

    frame = fit([make(HISTORY)], Map(starts=1)).to_pandas()
    assert frame["mode"].notna().all()
    assert frame[["mean", "median", "low", "high"]].isna().all().all()


@pytest.mark.parametrize("beliefs", [Exact(starts=0), Grid(5, starts=0)])
def test_courses_of_a_game_with_private_types_are_those_of_its_types(tmp_path: Path, beliefs: Exact | Grid) -> None:
    (tmp_path / "border.yaml").write_text(BORDER, encoding="utf-8")
    (tmp_path / "case.yaml").write_text(BORDER_CASE, encoding="utf-8")
    game = blocs.compile(load_case(tmp_path / "case.yaml"))
    draws = draw(game, 8, seed=1)
    played = replicate(game, draws, each=200, seed=2, beliefs=beliefs)
    exact = blocs.solve(game, draws, beliefs=beliefs)
    error = 4 * 0.5 / np.sqrt(len(played.taken))
    assert played.ended.mean(axis=0) == pytest.approx(exact.outcome_draws().mean(axis=1), abs=error)
    number = game.option_names.index("advance")
    advances = exact.taken[:, number].sum(axis=0).mean()
    at = played.options.index("march: advance")
    spread = played.taken[:, at].std() / np.sqrt(len(played.taken))
    assert played.taken[:, at].mean() == pytest.approx(advances, abs=4 * spread)
