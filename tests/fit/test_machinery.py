import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from blocs.errors import InputError, NumericalError, UsageError
from blocs.fit.estimation.ascent import Newton, climb
from blocs.fit.estimation.batch import refit
from blocs.fit.estimation.bootstrap import Bootstrap, bootstrap, resampled
from blocs.fit.estimation.comparison import likelihood_ratio, vuong
from blocs.fit.estimation.covariance import Clustered, ObservedInformation, OuterProduct, Sandwich
from blocs.fit.estimation.design import Design, Predictor
from blocs.fit.estimation.effects import Simulation, first_difference, marginal_effects, predicted
from blocs.fit.estimation.jets import Jet, combine, constant, variable
from blocs.fit.estimation.likelihood import Point, RowLikelihood
from blocs.fit.estimation.profile import Held, profile
from blocs.fit.estimation.search import RandomStarts, search
from blocs.fit.estimation.side_by_side import SideBySide
from blocs.fit.estimation.verdicts import Verdict, in_words
from blocs.fit.maximum_likelihood import MaximumLikelihood, maximise
from blocs.fit.strategic.data import Outcomes, strategic_model
from blocs.fit.strategic.tree import End, Move
from blocs.fit.tables import table_from
from blocs.solve.responses import AgentError

ONE = MaximumLikelihood(RandomStarts(0))
#: one player, two options: a probit with variance two
PROBIT = Move("1", "first", End("no"), End("yes", {"1": "u"}))


def coin(count=400, seed=0, spread=1.0):
    """A table for which a probit is right."""
    random = np.random.default_rng(seed)
    x, z = random.normal(size=(2, count)) * spread
    yes = 0.3 + 0.8 * x - 0.5 * z + np.sqrt(2.0) * random.normal(size=count) > 0
    group = random.integers(0, 12, count)
    words = np.where(yes, "yes", "no")
    return table_from(
        {"x": x, "z": z, "y": words, "g": group, "k": random.choice(["a", "b", "c"], count)}, {"k": "abc"}
    )


def probit(terms=("1", "x", "z"), table=None):
    return strategic_model(table or coin(), PROBIT, {"u": list(terms)}, Outcomes("y"), AgentError())


@pytest.fixture(scope="module")
def fit():
    return probit().fit(ONE)


# ---------------------------------------------------------------------------------------------------- derivatives


def formula(a: Jet, b: Jet, c: Jet) -> Jet:
    return (a * b + c.exp() * 2.0 - (b.square() + 3.0).log()) * (1.0 + a.square()).sqrt().reciprocal()


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2))
def test_jets_differentiate(a, b, c):
    at = [np.array([v]) for v in (a, b, c)]
    jet = formula(*(variable(i, v) for i, v in enumerate(at)))
    value = (a * b + 2 * np.exp(c) - np.log(b * b + 3)) / np.sqrt(1 + a * a)
    assert jet.value[0] == pytest.approx(value, rel=1e-12, abs=1e-12)
    step = 1e-5
    for i in range(3):
        up, down = (
            formula(*(variable(k, v + sign * step * (k == i), 1) for k, v in enumerate(at))) for sign in (1, -1)
        )
        assert jet.first[i][0] == pytest.approx((up.value[0] - down.value[0]) / (2 * step), abs=1e-7)
        for j in range(3):
            bend = (up.first[j][0] - down.first[j][0]) / (2 * step)
            own = jet.second.get((min(i, j), max(i, j)), np.zeros(1))[0]
            assert own == pytest.approx(bend, abs=1e-6)


def test_jets_of_order_zero_carry_nothing():
    jet = formula(*(variable(i, np.ones(2), 0) for i in range(3)))
    assert jet.first == {} and jet.second == {}
    assert constant(np.ones(2)).first == {}


def test_combine_counts_a_predictor_that_enters_twice():
    x = variable(0, np.array([3.0]))
    square = combine(x, x, x.value**2, x.value, x.value, cross=1.0)
    assert square.first[0][0] == 6.0
    assert square.second[0, 0][0] == 2.0


# --------------------------------------------------------------------------------------------------------- climbs


class Quadratic:
    """-(theta - c)' A (theta - c) / 2 for any symmetric A."""

    def __init__(self, matrix, centre):
        self.matrix, self.centre = np.asarray(matrix, float), np.asarray(centre, float)
        self.names = tuple(f"b{i}" for i in range(len(self.centre)))

    def at(self, theta, order=2):
        d = theta - self.centre
        return Point(float(-0.5 * d @ self.matrix @ d), -self.matrix @ d, -self.matrix)


class Rosenbrock:
    names = ("x", "y")

    def at(self, theta, order=2):
        x, y = theta
        value = -((1 - x) ** 2) - 100 * (y - x * x) ** 2
        gradient = np.array([2 * (1 - x) + 400 * x * (y - x * x), -200 * (y - x * x)])
        hessian = -np.array([[2 - 400 * (y - 3 * x * x), -400 * x], [-400 * x, 200.0]])
        return Point(float(value), gradient, hessian)


class Saddle:
    names = ("x", "y")

    def at(self, theta, order=2):
        x, y = theta
        return Point(float(-x * x + y * y), np.array([-2 * x, 2 * y]), np.diag([-2.0, 2.0]))


def test_a_parabola_takes_one_step_whatever_its_units():
    end = climb(Quadratic(np.diag([1e-8, 1.0, 1e8]), [1e4, -1.0, 1e-4]), np.zeros(3))
    assert end.verdict is Verdict.MAXIMUM
    np.testing.assert_allclose(end.theta, [1e4, -1.0, 1e-4], rtol=1e-9)


@pytest.mark.parametrize("start", [(-1.2, 1.0), (10.0, -5.0), (0.0, 0.0)])
def test_a_curved_valley_is_followed(start):
    end = climb(Rosenbrock(), np.array(start))
    assert end.verdict is Verdict.MAXIMUM
    np.testing.assert_allclose(end.theta, 1.0, atol=1e-9)


def test_a_saddle_is_not_a_maximum():
    end = climb(Saddle(), np.zeros(2), Newton(iterations=5))
    assert not end.verdict.good


def test_a_limit_of_iterations_is_told():
    end = climb(Rosenbrock(), np.array([-1.2, 1.0]), Newton(iterations=3))
    assert end.verdict is Verdict.UNFINISHED


def test_the_highest_climb_decides_even_if_it_ended_badly():
    found = search(Rosenbrock(), [np.array([-1.2, 1.0]), np.array([0.999, 0.998])], Newton(iterations=2))
    assert found.best.point.value == max(end.point.value for end in found.climbs)


def test_directions_are_put_in_words():
    assert in_words(("a", "b", "c"), np.array([0.5, -1.0, 1e-9])) == "`b` - 0.5 `a`"


# ------------------------------------------------------------------------------------------------------ inference


def test_a_probit_is_a_probit(fit):
    statsmodels = pytest.importorskip("statsmodels.api")
    table = coin()
    x = np.column_stack([np.ones(400), table.numbers("x"), table.numbers("z")])
    other = statsmodels.Probit(np.array(table.columns["y"]) == "yes", x).fit(disp=0, method="newton", maxiter=50)
    root = np.sqrt(2.0)
    np.testing.assert_allclose(fit.theta, other.params * root, rtol=1e-7)
    np.testing.assert_allclose(fit.estimates.standard_errors, other.bse * root, rtol=1e-6)
    assert fit.estimates.log_likelihood == pytest.approx(other.llf, abs=1e-9)
    assert fit.estimates.aic == pytest.approx(other.aic)
    assert fit.estimates.bic == pytest.approx(other.bic)
    robust = statsmodels.Probit(np.array(table.columns["y"]) == "yes", x).fit(disp=0, cov_type="HC0")
    np.testing.assert_allclose(
        fit.with_errors(Sandwich(small_sample=False)).estimates.standard_errors, robust.bse * root, rtol=1e-6
    )
    groups = table.numbers("g").astype(int)
    clustered = statsmodels.Probit(np.array(table.columns["y"]) == "yes", x).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
    )
    ours = fit.with_errors(Clustered(table.columns["g"], small_sample=False)).estimates.standard_errors
    np.testing.assert_allclose(ours, clustered.bse * root, rtol=1e-6)


def test_kinds_of_errors_agree_when_the_model_is_right():
    big = probit(table=coin(6000, 3)).fit(ONE)
    base = big.estimates.standard_errors
    for kind in (ObservedInformation(), OuterProduct(), Sandwich()):
        np.testing.assert_allclose(big.with_errors(kind).estimates.standard_errors, base, rtol=0.08)


def test_clusters_of_one_row_are_a_sandwich(fit):
    one = fit.with_errors(Clustered(list(range(400)))).estimates.covariance
    np.testing.assert_allclose(one, fit.with_errors(Sandwich()).estimates.covariance, rtol=1e-9)
    with pytest.raises(InputError, match="two clusters"):
        fit.with_errors(Clustered(["a"] * 400))
    with pytest.raises(InputError, match="3 cluster labels for 400 rows"):
        fit.with_errors(Clustered([1, 2, 3]))


def test_bootstrap_refits_are_maxima_and_do_not_depend_on_the_chunks(fit):
    one = bootstrap(fit.likelihood, fit.theta, Bootstrap(40, seed=5))
    two = bootstrap(fit.likelihood, fit.theta, Bootstrap(40, seed=5, chunk=7))
    np.testing.assert_allclose(one.draws, two.draws, atol=1e-8)
    weights = resampled(fit.likelihood, Bootstrap(40, seed=5), range(2, 3))[0]
    assert weights.sum() == 400
    end = climb(fit.likelihood.with_weights(weights), np.zeros(3))
    np.testing.assert_allclose(end.theta, one.draws[2], atol=1e-7)
    np.testing.assert_allclose(one.standard_errors, fit.estimates.standard_errors, rtol=0.5)
    assert one.failed == 0
    low, high = one.intervals(0.9).T
    assert (low < fit.theta).all() and (fit.theta < high).all()
    assert "bootstrap, 40 replicates" in one.apply_to(fit.estimates).summary()


def test_bootstrap_in_processes_gives_the_same(fit):
    here = bootstrap(fit.likelihood, fit.theta, Bootstrap(6, seed=1, chunk=3))
    there = bootstrap(fit.likelihood, fit.theta, Bootstrap(6, seed=1, chunk=3, processes=2))
    np.testing.assert_array_equal(here.draws, there.draws)


def test_bootstrap_of_clusters_draws_whole_clusters(fit):
    labels = coin().columns["g"]
    weights = resampled(fit.likelihood, Bootstrap(3, clusters=labels), range(3))
    for row in weights:
        for label in set(labels):
            inside = row[[one == label for one in labels]]
            assert len(set(inside)) == 1


def test_an_interrupted_bootstrap_goes_on(fit, tmp_path):
    method = Bootstrap(12, seed=2, chunk=4, checkpoint=tmp_path / "kept.npz")
    whole = bootstrap(fit.likelihood, fit.theta, Bootstrap(12, seed=2, chunk=4))

    class Stop(Exception):
        pass

    def stop(done, total):
        assert total == 12
        if done == 8:
            raise Stop

    with pytest.raises(Stop):
        bootstrap(fit.likelihood, fit.theta, method, stop)
    seen = []
    again = bootstrap(fit.likelihood, fit.theta, method, lambda done, total: seen.append(done))
    assert seen == [12]
    np.testing.assert_array_equal(again.draws, whole.draws)
    with pytest.raises(InputError, match="another bootstrap"):
        bootstrap(fit.likelihood, fit.theta, Bootstrap(12, seed=3, chunk=4, checkpoint=tmp_path / "kept.npz"))


def test_a_bootstrap_without_replicates_is_refused():
    with pytest.raises(UsageError):
        Bootstrap(1)


def test_refits_that_find_no_maximum_are_left_out(fit):
    weights = np.ones((2, 400))
    weights[1] = np.array(coin().columns["y"]) == "yes"  # without a single no there is no maximum
    theta, good = refit(fit.likelihood, weights, fit.theta)
    assert good.tolist() == [True, False]
    assert np.isnan(theta[1]).all()


def test_likelihood_ratio_is_that_of_the_textbook(fit):
    smaller = probit(("1", "x")).fit(ONE)
    test = likelihood_ratio(fit, smaller)
    assert test.statistic == pytest.approx(2 * (fit.estimates.log_likelihood - smaller.estimates.log_likelihood))
    assert test.freedom == 1
    # one degree of freedom: the square of a standard normal
    assert test.p == pytest.approx(2 * ndtr(-np.sqrt(test.statistic)))
    with pytest.raises(InputError, match="more coefficients"):
        likelihood_ratio(smaller, fit)


def test_vuong_statistic_is_that_of_the_paper(fit):
    other = probit(("1", "x")).fit(ONE)
    gaps = fit.likelihood.row_values(fit.theta) - other.likelihood.row_values(other.theta)
    plain = vuong(fit, other, "none")
    assert plain.statistic == pytest.approx(np.sqrt(400) * gaps.mean() / gaps.std())
    assert vuong(other, fit, "none").statistic == pytest.approx(-plain.statistic)
    corrected = vuong(fit, other, "bic")
    assert corrected.statistic == pytest.approx((gaps.sum() - 0.5 * np.log(400)) / (np.sqrt(400) * gaps.std()))
    with pytest.raises(InputError, match="nothing to compare"):
        vuong(fit, fit)


def test_profile_interval_has_fallen_by_the_right_amount(fit):
    shape = profile(fit, "u:x", points=5)
    assert shape.log_likelihood[2] == pytest.approx(fit.estimates.log_likelihood, abs=1e-9)
    assert (np.diff(shape.log_likelihood)[:2] > 0).all() and (np.diff(shape.log_likelihood)[2:] < 0).all()
    # a nearly quadratic likelihood: close to the interval from standard errors
    np.testing.assert_allclose([shape.low, shape.high], fit.estimates.intervals()[1], rtol=0.03)
    for edge in (shape.low, shape.high):
        end = climb(Held(fit.likelihood, 1, edge), np.delete(fit.theta, 1))
        assert fit.estimates.log_likelihood - end.point.value == pytest.approx(1.920729, abs=1e-5)


def test_effects_agree_with_brute_force(fit):
    model = probit()
    every = predicted(model, fit.estimates)
    np.testing.assert_allclose(every.values.sum(axis=1), 1.0)
    slope = marginal_effects(model, fit.estimates, ("x",))
    # d Phi(u / sqrt 2) / dx = phi(u / sqrt 2) beta / sqrt 2
    u = fit.likelihood.design.predict(fit.theta)[0] / np.sqrt(2.0)
    expected = np.mean(np.exp(-0.5 * u**2) / np.sqrt(2 * np.pi)) * fit.estimates["u:x"] / np.sqrt(2.0)
    assert slope.values[0, 1] == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(slope.values[0].sum(), 0.0, atol=1e-12)
    drawn = marginal_effects(model, fit.estimates, ("x",), Simulation(200, 1))
    np.testing.assert_allclose(drawn.errors, slope.errors, rtol=0.2)
    step = first_difference(model, fit.estimates, {"x": (0.0, 1.0)})
    low, high = (
        predicted(model, fit.estimates, table_from({**coin().columns, "x": [v] * 400}, {"k": "abc"})).values.mean(
            axis=0
        )
        for v in (0.0, 1.0)
    )
    np.testing.assert_allclose(step.values[0], high - low, atol=1e-12)
    assert step.to_pandas().shape == (2, 4)


def test_standardised_terms_keep_their_mean_when_predicting():
    model = probit(("1", "standardise(x)", "z"))
    fit = model.fit(ONE)
    one_row = table_from({name: cells[:1] for name, cells in coin().columns.items()}, {"k": "abc"})
    alone = predicted(model, fit.estimates, one_row).values[0]
    np.testing.assert_allclose(alone, predicted(model, fit.estimates).values[0], atol=1e-12)


def test_tables_come_in_every_form(fit):
    text = fit.summary()
    assert "u:x" in text and "Log-likelihood" in text and "strict local maximum" in text
    assert fit.estimates.to_markdown().count("|") > 30
    latex = fit.estimates.to_latex()
    assert r"\toprule" in latex and "P\\textgreater{}\\textbar{}z\\textbar{}" in latex
    assert fit.estimates.to_html().startswith("<figure>") and "&gt;" in fit.estimates.to_html()
    frame = fit.estimates.to_pandas()
    assert frame.loc["u:x", "estimate"] == fit.estimates["u:x"]
    assert frame.attrs["maximum"] is True
    with pytest.raises(InputError, match="did you mean `u:x`"):
        fit.estimates["u:xx"]
    with pytest.raises(InputError, match="between 0 and 1"):
        fit.estimates.intervals(95)


def test_fits_stand_side_by_side(fit):
    smaller = probit(("1", "x")).fit(ONE)
    both = SideBySide({"long": fit.estimates, "short": smaller.estimates}, "Two probits")
    rows = {row[0]: row[1:] for row in both.cells().rows}
    assert rows["u:z"][1] == "" and rows["u:z"][0].startswith(f"{fit.estimates['u:z']:.3f} (")
    assert rows["Observations"] == ("400", "400")
    for text in (both.summary(), both.to_markdown(), both.to_latex(), both.to_html()):
        assert "u:x" in text and "short" in text
    with pytest.raises(InputError, match="at least one"):
        SideBySide({})


def test_no_standard_errors_away_from_a_maximum():
    rows = np.ones((4, 1))
    likelihood = RowLikelihood(
        Design((Predictor("a", ("1",), rows),)), lambda jets: jets[0], np.ones(4)
    )  # rises for ever
    fit = maximise(likelihood, MaximumLikelihood(RandomStarts(0), Newton(iterations=5)))
    assert not fit.estimates.certificate.good
    assert np.isnan(fit.estimates.standard_errors).all()
    with pytest.raises(NumericalError):
        fit.estimates.require_maximum()
    with pytest.raises(NumericalError):
        fit.with_errors(Sandwich())


def test_wrong_starts_are_told(fit):
    with pytest.raises(InputError, match="3 finite numbers"):
        maximise(fit.likelihood, start=[0.0])
    with pytest.raises(InputError, match="cannot be estimated from 2 rows"):
        maximise(RowLikelihood(fit.likelihood.design.take(np.arange(2)), fit.likelihood.density, np.ones(2)))
