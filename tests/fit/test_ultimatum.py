import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit

from blocs.errors import InputError
from blocs.fit.estimation.ascent import climb
from blocs.fit.estimation.jets import variable
from blocs.fit.estimation.search import RandomStarts
from blocs.fit.maximum_likelihood import MaximumLikelihood
from blocs.fit.strategic.ultimatum import OfferDensity, best_offer, ultimatum_model
from blocs.fit.tables import read_table, table_from

LONG = {"R1": ["1", "x1", "x2", "x3", "x4", "w1", "w2"], "R2": ["1", "z1", "z2", "z3", "z4", "w1", "w2"]}
SHORT = {"R1": ["1", "gender1"], "R2": ["1", "gender2"]}
# what R's package puts below every probability
R_FLOOR = 2.220446049250313e-16
ONE = MaximumLikelihood(RandomStarts(0))


@pytest.mark.parametrize(
    ("name", "accepted", "scales"),
    [
        ("games_ultimatum_datault_doc", "accept", None),
        ("games_ultimatum_datault_offeronly", "", None),
        ("games_ultimatum_datault_fixedscale", "accept", {"s1": 5.0, "s2": 1.0}),
    ],
)
def test_simulated_offers_of_the_package_are_matched(shared, anchor, name, accepted, scales):
    table = read_table(shared / "data/estimation/games_data_ult.csv")
    fit = ultimatum_model(table, LONG, "offer", 15.0, accepted, scales=scales).fit(ONE)
    height, estimates, errors = anchor(name)
    assert fit.estimates.require_maximum().log_likelihood == pytest.approx(height, abs=1e-6)
    np.testing.assert_allclose(fit.theta, estimates, atol=1e-5)
    np.testing.assert_allclose(fit.estimates.standard_errors, errors, atol=1e-6)


def test_students_offers_match_under_the_packages_floor_and_its_optimiser_stopped_far_below(shared, anchor):
    table = read_table(shared / "data/estimation/games_student_offers.csv")
    height, estimates, _ = anchor("games_ultimatum_student_doc_m1")
    floored = ultimatum_model(table, SHORT, "offer", 100.0, "accept", scales={"s2": 1.0}, floor=R_FLOOR)
    assert floored.likelihood.at(estimates, 0).value == pytest.approx(height, abs=1e-6)
    assert floored.fit().estimates.require_maximum().log_likelihood > height + 100.0
    exact = ultimatum_model(table, SHORT, "offer", 100.0, "accept", scales={"s2": 1.0})
    best = exact.fit(ONE).estimates.require_maximum()
    assert best.log_likelihood > exact.likelihood.at(estimates, 0).value + 1.0


def test_students_offers_with_wider_noise_are_matched(shared, anchor):
    table = read_table(shared / "data/estimation/games_article_ultimatum2010.csv")
    height, estimates, _ = anchor("jss_ult1_s2_3")
    model = ultimatum_model(table, SHORT, "offer", 100.0, "accept", scales={"s2": 3.0})
    assert model.likelihood.at(estimates, 0).value == pytest.approx(height, abs=1e-9)
    fit = model.fit(ONE)
    assert 0.0 <= fit.estimates.require_maximum().log_likelihood - height < 1e-6


def test_random_starts_never_claim_a_lower_maximum(shared):
    """The reference optimiser claims success at many heights; here a verdict of a maximum means the maximum."""
    table = read_table(shared / "data/estimation/games_article_ultimatum2010.csv")
    model = ultimatum_model(table, SHORT, "offer", 100.0, "accept", scales={"s2": 3.0})
    best = model.fit(ONE).estimates.log_likelihood
    random = np.random.default_rng(4)
    start = model.fit(ONE).theta
    ends = [climb(model.likelihood, start + random.normal(size=5) * [30, 10, 15, 5, 1]) for _ in range(12)]
    assert sum(end.verdict.good for end in ends) >= 8
    assert all(abs(end.point.value - best) < 1e-6 for end in ends if end.verdict.good)


def test_the_law_of_offers_sums_to_one():
    offers = np.array([0.0, 10.0])
    theta = [np.full(2, v) for v in (2.0, 3.0, np.log(2.0), np.log(0.8))]

    def density(y):
        one = OfferDensity(np.array([y]), None, 10.0)
        return float(np.exp(one([variable(k, v[:1], 0) for k, v in enumerate(theta)]).value[0]))

    atoms = np.exp(OfferDensity(offers, None, 10.0)([variable(k, v, 0) for k, v in enumerate(theta)]).value)
    inside, _ = quad(density, 0.0, 10.0, epsabs=1e-12, points=[2.0, 4.0])
    assert atoms.sum() + inside == pytest.approx(1.0, abs=1e-8)


def test_the_best_offer_is_the_best():
    r1, r2, s2, prize = 2.0, 3.0, 0.8, 10.0
    grid = np.linspace(0.0, 10.0, 100_001)
    accept = expit((grid - r2) / s2)
    gain = (prize - grid) * accept + r1 * (1 - accept)
    best = best_offer(np.array([r1]), np.array([r2]), np.array([s2]), prize)[0]
    assert best == pytest.approx(grid[np.argmax(gain)], abs=1e-3)
    # so much at stake that exp overflows
    assert best_offer(np.array([-900.0]), np.array([0.0]), np.array([1.0]), 10.0)[0] == pytest.approx(6.8, abs=0.2)


def test_derivatives_agree_with_differences():
    random = np.random.default_rng(2)
    offers = np.clip(random.normal(4, 3, 40), 0, 10)
    values = [random.normal(m, 0.5, 40) for m in (3.0, 3.0, 0.5, 0.2)]
    density = OfferDensity(offers, random.integers(0, 2, 40).astype(float), 10.0)
    jet, step = density([variable(k, v) for k, v in enumerate(values)]), 1e-6
    for i in range(4):
        up = density([variable(k, v + step * (k == i), 1) for k, v in enumerate(values)])
        down = density([variable(k, v - step * (k == i), 1) for k, v in enumerate(values)])
        np.testing.assert_allclose(jet.first[i], (up.value - down.value) / (2 * step), rtol=1e-6, atol=1e-5)
        for j in range(4):
            bend = (up.first[j] - down.first[j]) / (2 * step)
            np.testing.assert_allclose(jet.second[min(i, j), max(i, j)], bend, rtol=1e-5, atol=1e-4)


def test_simulated_bargains_are_fitted_back():
    random = np.random.default_rng(5)
    count = 1500
    x, z = random.normal(size=(2, count))
    truth = np.array([4.0, -1.0, 5.0, 1.5, np.log(2.0), np.log(0.9)])
    own = truth[0] + truth[1] * x + random.logistic(size=count) * 2.0
    offer = best_offer(own, truth[2] + truth[3] * z, np.full(count, 0.9), 15.0)
    accept = (offer >= truth[2] + truth[3] * z + random.logistic(size=count) * 0.9).astype(int)
    table = table_from({"x": x, "z": z, "offer": offer, "accept": accept})
    fit = ultimatum_model(table, {"R1": ["1", "x"], "R2": ["1", "z"]}, "offer", 15.0, "accept").fit()
    distance = (fit.theta - truth) / fit.estimates.require_maximum().standard_errors
    assert np.abs(distance).max() < 3.5
    assert fit.estimates.certificate.agreeing == fit.estimates.certificate.starts


def test_wrong_input_is_told():
    table = table_from({"x": [1.0, 2.0], "offer": [3.0, 120.0], "accept": [0, 2]})
    with pytest.raises(InputError, match="offer 120 is not between 0 and 100"):
        ultimatum_model(table, {"R1": ["1"]}, "offer", 100.0)
    with pytest.raises(InputError, match="2 is neither 0"):
        ultimatum_model(table, {"R1": ["1"]}, "offer", 200.0, "accept")
    with pytest.raises(InputError, match="`s3`"):
        ultimatum_model(table, {"R1": ["1"]}, "offer", 200.0, scales={"s3": 1.0})
