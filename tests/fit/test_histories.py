"""Learning from coded histories: likelihood, gradient, modes, approximations, sampling, validation."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from tests.fit.tug import event

import blocs
from blocs.errors import InputError, NumericalError, UsageError
from blocs.fit.learn import fit, fit_problem
from blocs.fit.likelihood import HistoryLikelihood
from blocs.fit.methods import Laplace, Map, Nuts
from blocs.fit.mode import curvature, find_mode, flat_directions
from blocs.fit.netcdf import load_posterior
from blocs.fit.problem import problem_of
from blocs.fit.trial import leave_one_case_out
from blocs.fit.validate import calibration, leave_last_out, wilson
from blocs.language.case import Case
from blocs.language.priors import parse_prior
from blocs.language.whitening import White, WhiteFact

PLAIN = [
    event("1960-01", "client", "defy"),
    event("1960-02", "patron", "press", ", result: fails"),
    event("1960-03", "patron", "press", ", result: works"),
]
DOUBTFUL = [
    event("1960-01", "client", "defy", ", confidence: 0.7"),
    event("1960-02", "patron", "press", ", result: works, confidence: 0.4"),
    event("1960-03", "client", "submit", ", confidence: 0.9"),
]


def brute_force(case: Case, values: dict[str, np.ndarray]) -> float:
    """Sum the likelihood over every way of deciding the doubtful events, each followed on its own."""
    from blocs.game.game import compile_game
    from blocs.game.history import lay_out
    from blocs.solve.sequential import backward

    total = 0.0
    events = list(case.history)
    for happened in product([True, False], repeat=len(events)):
        weight = float(
            np.prod([e.confidence if h else 1 - e.confidence for e, h in zip(events, happened, strict=True)])
        )
        if weight == 0:
            continue
        kept = tuple(e for e, h in zip(events, happened, strict=True) if h)
        other = case.model_copy(update={"history": kept})
        other._theory_spec = case.theory_spec
        game = compile_game(other)
        try:
            history = lay_out(game)
        except InputError:
            continue  # this coding is illegal, so its probability is zero
        done = backward(game, game.tables(values, game.columns(), 1))
        for decision in history.decisions:
            first = int(game.graph.arc_ptr[game.graph.node_ptr[decision.stage]])
            weight *= done.sigma[int(done.sigma_at[decision.step, decision.stage]) + decision.arc - first, 0]
            weight *= done.tables.probability[game.graph.branch_row[decision.branch], 0]
        total += weight
    return float(np.log(total))


VALUES = {"worth": np.array([0.4]), "force": np.array([1.3]), "odds": np.array([0.35]), "twin": np.array([-0.1])}


@pytest.mark.parametrize("history", [PLAIN, DOUBTFUL, []])
def test_likelihood_sums_over_all_codings(make, history):
    case = make(history)
    likelihood = HistoryLikelihood.of(blocs.compile(case))
    assert likelihood.value(VALUES)[0] == pytest.approx(brute_force(case, VALUES), abs=1e-12)


@pytest.mark.parametrize("history", [PLAIN, DOUBTFUL])
def test_gradient_against_differences(make, history):
    likelihood = HistoryLikelihood.of(blocs.compile(make(history)))
    names = [*VALUES, "trade"]
    at = {**VALUES, "trade": np.array([0.5])}
    value, gradient = likelihood.gradient(at, names)
    assert value[0] == pytest.approx(likelihood.value(at)[0], abs=1e-13)
    for name in names:
        up, down = ({**at, name: at[name] + sign * 1e-6} for sign in (1, -1))
        slope = (likelihood.value(up)[0] - likelihood.value(down)[0]) / 2e-6
        assert gradient[name][0] == pytest.approx(slope, rel=1e-6, abs=1e-8), name


def test_impossible_histories_are_told(make, tmp_path):
    case = make([event("1960-01", "patron", "press", ", result: works")])
    with pytest.raises(InputError, match="not legal"):
        HistoryLikelihood.of(blocs.compile(case))
    # chance that never falls so: the third event of PLAIN, on the eleventh line of its file
    certain = HistoryLikelihood.of(blocs.compile(make(PLAIN)))
    with pytest.raises(NumericalError, match=r"one\.yaml:11:5: history\[2\]: `press` with the result `works` has prob"):
        certain.gradient({**VALUES, "odds": np.array([0.0])}, ["worth"])
    # under probit so sure of another option that the probability is zero in double precision: at the second draw
    path = tmp_path / "tug.yaml"
    path.write_text(path.read_text().replace("play: {", "play: {response: probit, "))
    certain = HistoryLikelihood.of(blocs.compile(blocs.load(tmp_path / "one.yaml")))
    draws = {name: np.repeat(value, 2) for name, value in VALUES.items()}
    draws["worth"] = np.array([0.4, -4000.0])
    with pytest.raises(NumericalError, match=r"one\.yaml:9:5: history\[0\]: `defy` has probability zero"):
        certain.gradient(draws, ["worth"], 2)
    # here to hold is what cannot be
    with pytest.raises(
        NumericalError, match="nothing is coded for `line` in 1960-01, and to hold has probability zero"
    ):
        HistoryLikelihood.of(blocs.compile(make([], "two"))).gradient({**VALUES, "worth": np.array([4000.0])}, ["odds"])
    # one of several codings is enough
    doubtful = [PLAIN[0], event("1960-02", "patron", "press", ", result: works, confidence: 0.5")]
    assert np.isfinite(
        HistoryLikelihood.of(blocs.compile(make(doubtful, "three"))).value({**VALUES, "odds": np.array([0.0])})
    )


@pytest.mark.parametrize(
    "text",
    [
        "Normal(0.3, 2)",
        "LogNormal(1, 0.4)",
        "Beta(2, 5)",
        "Gamma(3, 2)",
        "Uniform(-1, 4)",
        "HalfNormal(2)",
        "LogitNormal(0.5, 0.8)",
    ],
)
def test_whitening(text):
    from scipy.stats import norm

    white = White("x", parse_prior(text))
    u = np.array([-2.5, -0.7, 0.0, 0.3, 1.9])
    value, slope = white.value(u)
    assert value == pytest.approx(np.asarray(white.prior.ppf(norm.cdf(u))), rel=1e-9)
    assert slope == pytest.approx((white.value(u + 1e-6)[0] - white.value(u - 1e-6)[0]) / 2e-6, rel=1e-6)


def test_whitened_facts_have_their_value_as_median():
    fact = WhiteFact("f", 0.1, 0.6, 0.7)
    assert fact.value(np.zeros(1))[0] == pytest.approx(0.6)
    assert fact.value(np.array([-9.0, 9.0]))[0] == pytest.approx([0.1, 0.7])


def test_posterior_gradient_with_everything_on(make):
    """Facts integrated, one parameter varying by case, two cases: analytic against central differences."""
    problem = problem_of([make(PLAIN, "one"), make(DOUBTFUL, "two", 5)], facts="integrated", deviations=["worth"])
    assert problem.names[-3:] == ["tau worth", "worth [one]", "worth [two]"]
    u = np.random.default_rng(3).standard_normal(problem.size) * 0.5
    value, gradient = problem.log_posterior(u)
    for i in range(problem.size):
        step = np.zeros(problem.size)
        step[i] = 1e-5
        slope = (problem.log_posterior(u + step)[0] - problem.log_posterior(u - step)[0]) / 2e-5
        assert gradient[i] == pytest.approx(slope, rel=1e-6, abs=1e-7), problem.names[i]
    likelihood = problem.log_likelihood(u[None])
    assert likelihood.sum() - 0.5 * u @ u == pytest.approx(value, abs=1e-12)


def test_mode_is_a_maximum_and_starts_agree(make):
    problem = problem_of([make(PLAIN)])
    mode = find_mode(problem, starts=3, iterations=200, seed=1)
    assert mode.converged and mode.starts_agree and "All 3 starts" in mode.message
    for _ in range(20):
        nearby = mode.u + 0.1 * np.random.default_rng(_).standard_normal(problem.size)
        assert problem.log_posterior(nearby)[0] < mode.log_posterior
    short = find_mode(problem, starts=1, iterations=1, seed=1)
    assert not short.converged and "did NOT reach" in short.message


def test_flat_direction_is_named(make):
    """`worth` and `twin` count only by their sum: the data cannot tell them apart, and the fit says so."""
    history = [event("1960-01", "client", "defy")]
    cases = [make(history, f"c{i}", 6) for i in range(12)]
    problem = problem_of(cases)
    mode = find_mode(problem, 1, 200, 0)
    directions = flat_directions(problem, curvature(problem, mode.u))
    named = [{name for name, _ in direction.weights} for direction in directions]
    assert {"worth", "twin"} in named


def test_laplace_matches_quadrature(make):
    """Posterior mean of the freest parameter against integration on a grid over the two that matter."""
    case = make(PLAIN)
    problem = problem_of([case])
    posterior = fit_problem(problem, Laplace(draws=1024, starts=1), seed=2)
    assert posterior.sound, posterior.diagnostics
    points, weights = np.polynomial.hermite_e.hermegauss(14)
    grid = np.array(list(product(points, repeat=4)))
    mass = np.prod(np.array(list(product(weights, repeat=4))), axis=1)
    density = mass * np.exp(problem.log_likelihood(grid).sum(axis=1))
    exact = (density[:, None] * grid).sum(axis=0) / density.sum()
    estimate = posterior.u.reshape(-1, 4).mean(axis=0)
    # 1,024 draws with standard deviation below one: four standard errors
    assert estimate == pytest.approx(exact, abs=0.125)


def test_sampling_agrees_with_laplace_and_round_trips(make, tmp_path):
    case = make(PLAIN)
    posterior = fit([case], Nuts(draws=100, tune=60, chains=2), seed=4)
    assert posterior.u.shape == (2, 100, 4)
    laplace = fit([case], Laplace(draws=512, starts=1), seed=2)
    # 200 correlated draws with standard deviation below one: four standard errors at an effective size of 100
    assert posterior.u.reshape(-1, 4).mean(axis=0) == pytest.approx(laplace.u.reshape(-1, 4).mean(axis=0), abs=0.4)
    assert any("R-hat" in sentence for sentence in posterior.diagnostics)
    posterior.save(tmp_path / "p.nc")
    back = load_posterior(tmp_path / "p.nc")
    assert np.array_equal(back.u, posterior.u)
    assert back.diagnostics == posterior.diagnostics and back.cases == ("one",)
    assert set(back.attributes) >= {"version", "seed", "method", "hashes"}
    forecast = blocs.solve(blocs.compile(case), draws=back.draws(64)).forecast()
    assert sum(spread.mean for spread in forecast.outcomes.values()) == pytest.approx(1, abs=1e-12)
    with pytest.raises(InputError, match="no such file"):
        load_posterior(tmp_path / "absent.nc")
    (tmp_path / "bad.nc").write_bytes(b"not a file of ours")
    with pytest.raises(InputError, match="no posterior"):
        load_posterior(tmp_path / "bad.nc")


def test_validation(make):
    cases = [make(PLAIN, "a"), make(DOUBTFUL, "b"), make([event("1960-02", "client", "defy")], "c")]
    scores = leave_one_case_out(cases, outcome_weight=0.0, draws=16)
    assert [one.case for one in scores] == ["a", "b", "c"]
    for one in scores:
        assert len(one.theory) == len(one.uniform) == len(one.frequencies) > 0
        assert 0 < one.outcome_probability < 1
    held = leave_last_out(cases[0], 2, Map(starts=1, iterations=50))
    assert 0 < len(held.theory) < len(scores[0].theory)
    with pytest.raises(UsageError):
        leave_last_out(cases[0], 4)
    with pytest.raises(UsageError):
        leave_one_case_out(cases[:1])


def test_calibration_curve_and_interval():
    # Wilson 1927, as tabulated in Newcombe (1998), Statistics in Medicine 17: 15 of 148 gives 0.0624 to 0.1605
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    curve = calibration([0.05, 0.05, 0.95, 0.95, 1.0], [False, True, True, True, True])
    assert [one.count for one in curve] == [2, 3]
    assert curve[0].happened == 0.5 and curve[1].happened == 1.0


def test_best_responses_are_refused(make, tmp_path):
    path = tmp_path / "tug.yaml"
    case = make(PLAIN)
    path.write_text(path.read_text().replace("play: {", "play: {response: best, "))
    with pytest.raises(InputError, match=r"tug\.yaml:\d+:\d+: play\.response\n.*histories teach nothing"):
        fit([blocs.load(tmp_path / "one.yaml")])
    del case


def test_theories_that_do_not_match_are_refused(make, tmp_path):
    other = make(PLAIN, "other")
    spec = other.theory_spec
    parameters = {**spec.parameters, "worth": spec.parameters["force"]}
    changed = other.model_copy()
    changed._theory_spec = spec.model_copy(update={"parameters": parameters})
    with pytest.raises(InputError, match="do not share"):
        problem_of([make(PLAIN), changed])


def test_calibration_by_simulation_in_short(make):
    """Ranks of true parameters are uniform; the bench runs more of it."""
    from blocs.fit.sbc import calibrate

    case = make(PLAIN, steps=3)
    result = calibrate(case, Laplace(draws=64, starts=1), simulations=40, draws=63, bins=4, seed=1)
    assert min(result.p_values.values()) > 0.01 / len(result.p_values), result.sentence()
