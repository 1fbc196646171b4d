import numpy as np
import pytest
from scipy.special import expit, ndtr

from blocs.errors import InputError
from blocs.fit.estimation.ascent import climb
from blocs.fit.estimation.jets import Jet
from blocs.fit.estimation.search import RandomStarts
from blocs.fit.maximum_likelihood import MaximumLikelihood
from blocs.fit.strategic.data import Actions, CommonScale, Outcomes, ScaleByPlayer, strategic_model
from blocs.fit.strategic.models import EGAME12, EGAME122, EGAME123
from blocs.fit.strategic.tree import End, Move, TreeDensity, check_structure, ends, utilities_of
from blocs.fit.tables import read_table, table_from
from blocs.solve.responses import AgentError, Logistic, PrivatePayoffs

CATEGORIES = {"regime1": ["autoc", "dem", "mixed"], "regime2": ["autoc", "dem", "mixed"]}
DOCUMENTED = {"u11": ["1", "s_wt_re1", "revis1"], "u14": ["1", "regime1"], "u24": ["1", "balanc", "regime2"]}
OBSERVED = Actions({"first": "esc", "second": "war"})
FIXED = {"u11": -1.0, "u13": 0.0, "u14": -1.4, "u24": 0.1}
PREFIX = "games_egame12_war1800_"
ROOT = np.sqrt(2.0)


@pytest.fixture(scope="module")
def wars(shared):
    return read_table(shared / "data/estimation/games_war1800.csv", CATEGORIES)


def chances(tree, structure, values, scales=None):
    """Probabilities of the outcomes for given utilities, each an array."""
    names = utilities_of(tree)
    scales = scales or {}
    jets = [Jet(np.asarray(values[name], dtype=float), order=0) for name in names]
    jets += [Jet(np.full_like(jets[0].value, np.log(scale)), order=0) for scale in scales.values()]
    where = {role: len(names) + k for k, role in enumerate(scales)}
    density = TreeDensity(tree, structure, names, where, np.zeros(len(jets[0].value), dtype=int))
    logs = density.log_chances(jets)
    return np.array([np.exp(logs[end.outcome].value) for end in ends(tree)])


def utilities(tree, seed=0):
    random = np.random.default_rng(seed)
    return {name: random.normal(size=6) for name in utilities_of(tree)}


STRUCTURES = {"normal": AgentError(), "logistic": AgentError(Logistic()), "private": PrivatePayoffs()}
# scales of the players' noise: all at one, common, by player
SCALES = [(1.0, 1.0, 1.0), (1.7, 1.7, 1.7), (2.0, 0.5, 0.8)]


@pytest.mark.parametrize("scales", SCALES)
@pytest.mark.parametrize("law", STRUCTURES)
def test_the_game_with_two_branches_is_signorinos(law, scales):
    u = utilities(EGAME122, 1)
    share = expit if law == "logistic" else ndtr
    first, second, _ = scales
    p4, p6 = share(u["u22"] / (ROOT * second)), share(u["u24"] / (ROOT * second))
    p3, p5 = 1 - p4, 1 - p6
    spread = np.sqrt(p3**2 + p4**2 + p5**2 + p6**2) if law == "private" else ROOT
    p2 = share((p5 * u["u13"] + p6 * u["u14"] - p3 * u["u11"] - p4 * u["u12"]) / (spread * first))
    expected = [(1 - p2) * p3, (1 - p2) * p4, p2 * p5, p2 * p6]
    found = chances(EGAME122, STRUCTURES[law], u, {"1": first, "2": second})
    np.testing.assert_allclose(found, expected, atol=1e-14)


@pytest.mark.parametrize("scales", SCALES)
@pytest.mark.parametrize("law", STRUCTURES)
def test_the_game_of_three_is_signorinos(law, scales):
    u = utilities(EGAME123, 2)
    share = expit if law == "logistic" else ndtr
    first, second, third = scales
    private = law == "private"
    p6 = share(u["u36"] / (ROOT * third))
    p5 = 1 - p6
    s4 = np.sqrt(1 + p5**2 + p6**2) if private else ROOT
    p4 = share((p5 * u["u25"] + p6 * u["u26"] - u["u23"]) / (s4 * second))
    p3 = 1 - p4
    s2 = np.sqrt(1 + p3**2 + p4**2 * p5**2 + p4**2 * p6**2) if private else ROOT
    p2 = share((p3 * u["u13"] + p4 * (p5 * u["u15"] + p6 * u["u16"]) - u["u11"]) / (s2 * first))
    expected = [1 - p2, p2 * p3, p2 * p4 * p5, p2 * p4 * p6]
    found = chances(EGAME123, STRUCTURES[law], u, {"1": first, "2": second, "3": third})
    np.testing.assert_allclose(found, expected, atol=1e-14)


@pytest.mark.parametrize("scales", SCALES)
@pytest.mark.parametrize("law", STRUCTURES)
def test_the_game_of_two_is_signorinos(law, scales):
    u = utilities(EGAME12)
    share = expit if law == "logistic" else ndtr
    first, second, _ = scales
    p4 = share(u["u24"] / (ROOT * second))
    p3 = 1 - p4
    spread = np.sqrt(1 + p3**2 + p4**2) if law == "private" else ROOT
    p2 = share((p3 * u["u13"] + p4 * u["u14"] - u["u11"]) / (spread * first))
    found = chances(EGAME12, STRUCTURES[law], u, {"1": first, "2": second})
    np.testing.assert_allclose(found, [1 - p2, p2 * p3, p2 * p4], atol=1e-14)


def test_a_payoff_added_at_every_end_changes_nothing():
    tree = Move(
        "1", "first", End("L", {"1": "a"}), Move("2", "second", End("RL", {"1": "b"}), End("RR", {"1": "c", "2": "d"}))
    )
    u = {"a": np.ones(3), "b": np.array([0.0, 1.0, 2.0]), "c": np.zeros(3), "d": np.array([0.5, -0.5, 0.0])}
    shifted = {**u, "a": u["a"] + 3.0, "b": u["b"] + 3.0, "c": u["c"] + 3.0}
    for structure in (AgentError(), PrivatePayoffs()):
        np.testing.assert_allclose(chances(tree, structure, u), chances(tree, structure, shifted), atol=1e-13)


def test_private_payoffs_refuse_a_player_who_moves_twice():
    again = Move("1", "third", End("RRL", {"1": "x"}), End("RRR", {"1": "y"}))
    tree = Move("1", "first", End("L", {"1": "a"}), Move("2", "second", End("RL"), again))
    check_structure(tree, AgentError())
    with pytest.raises(InputError, match="moves twice"):
        check_structure(tree, PrivatePayoffs())


@pytest.mark.parametrize("structure", [AgentError(), AgentError(Logistic()), PrivatePayoffs()])
@pytest.mark.parametrize("tree", [EGAME12, EGAME122, EGAME123])
def test_derivatives_agree_with_differences(tree, structure):
    random = np.random.default_rng(7)
    count = 30
    outcomes = [end.outcome for end in ends(tree)]
    words = [outcomes[k % len(outcomes)] for k in range(count)]
    table = table_from({"x": random.normal(size=count), "z": random.normal(size=count), "y": words})
    names = utilities_of(tree)
    terms = {name: (["1", "x"] if k % 2 else ["z"]) for k, name in enumerate(names)}
    scale = ScaleByPlayer({"1": ["x"], "2": ["1", "z"]})
    model = strategic_model(table, tree, terms, Outcomes("y"), structure, scale)
    theta = 0.4 * random.normal(size=len(model.likelihood.names))
    point, step = model.likelihood.at(theta), 1e-6
    for k, shift in enumerate(step * np.eye(len(theta))):
        up, down = model.likelihood.at(theta + shift, 1), model.likelihood.at(theta - shift, 1)
        assert point.gradient[k] == pytest.approx((up.value - down.value) / (2 * step), abs=1e-6)
        np.testing.assert_allclose(point.hessian[k], (up.gradient - down.gradient) / (2 * step), atol=2e-6)


def fitted(table, structure=None, utilities=DOCUMENTED, scale=None, fixed=None, starts=0):
    model = strategic_model(table, EGAME12, utilities, OBSERVED, structure, scale, fixed, listwise=True)
    fit = model.fit(MaximumLikelihood(RandomStarts(starts)))
    fit.estimates.require_maximum()
    return fit


@pytest.mark.parametrize(("tag", "structure"), [("NR_tight", AgentError()), ("private_NR_tight", PrivatePayoffs())])
def test_war_anchors_of_tight_runs(anchor, column, wars, tag, structure):
    height, estimates, errors = anchor(PREFIX + tag)
    rows = column(f"{PREFIX}{tag}_loglik_i", "loglik")
    fit = fitted(wars, structure)
    assert fit.estimates.observations == 282
    assert fit.estimates.log_likelihood == pytest.approx(height, abs=1e-8)
    np.testing.assert_allclose(fit.theta, estimates, atol=1e-5)
    np.testing.assert_allclose(fit.estimates.standard_errors, errors, atol=1e-6)
    np.testing.assert_allclose(fit.likelihood.row_values(fit.theta), rows, atol=1e-9)


@pytest.mark.parametrize(
    ("tag", "structure", "since"),
    [("logit_agent", AgentError(Logistic()), 0), ("probit_agent_ge1850", AgentError(), 1850)],
)
def test_war_anchors_whose_reference_stopped_a_little_early(anchor, column, wars, tag, structure, since):
    """The reference optimiser stopped 1e-8 to 1e-7 below the maximum: one Newton step from there is ours."""
    height, estimates, errors = anchor(PREFIX + tag)
    fit = fitted(wars.where("year", since), structure)
    assert 0.0 <= fit.estimates.log_likelihood - height < 2e-7
    np.testing.assert_allclose(fit.estimates.standard_errors, errors, rtol=1e-3)
    np.testing.assert_allclose(polished(fit, estimates, height), fit.theta, atol=1e-5)
    # the standard errors that the reference reports are those of the curvature where it stopped
    curvature = -fit.likelihood.at(estimates).hessian
    np.testing.assert_allclose(np.sqrt(np.diag(np.linalg.inv(curvature))), errors, rtol=1e-8)


def polished(fit, estimates, height):
    """One Newton step from a reference's estimates, at which the likelihood is what the reference says."""
    point = fit.likelihood.at(estimates)
    assert point.value == pytest.approx(height, abs=1e-9)
    return estimates - np.linalg.solve(point.hessian, point.gradient)


@pytest.mark.parametrize(
    ("tag", "terms", "scale", "fixed"),
    [
        ("sdformula", DOCUMENTED, CommonScale(["balanc"]), None),
        ("fixedutils", {}, CommonScale(), FIXED),
        ("fixedutils_sdbyplayer", {}, ScaleByPlayer({"1": ["1"], "2": ["1"]}), FIXED),
    ],
)
def test_war_anchors_with_scales(anchor, column, wars, tag, terms, scale, fixed):
    """Here the reference differentiates numerically: its standard errors are off by one or two per cent."""
    height, estimates, errors = anchor(PREFIX + tag)
    fit = fitted(wars, None, terms, scale, fixed, starts=2)
    assert -1e-9 < fit.estimates.log_likelihood - height < 1e-6
    np.testing.assert_allclose(polished(fit, estimates, height), fit.theta, atol=1e-5)
    np.testing.assert_allclose(fit.estimates.standard_errors, errors, rtol=0.03)
    # ours are those of an accurate second difference
    k, step = len(fit.theta) - 1, 1e-3
    shift = step * np.eye(len(fit.theta))[k]
    bend = (fit.likelihood.at(fit.theta + shift, 1).gradient - fit.likelihood.at(fit.theta - shift, 1).gradient) / (
        2 * step
    )
    np.testing.assert_allclose(fit.likelihood.at(fit.theta).hessian[k], bend, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("tree", [EGAME122, EGAME123])
@pytest.mark.parametrize("structure", [AgentError(), PrivatePayoffs()])
def test_simulated_outcomes_are_fitted_back(tree, structure):
    random = np.random.default_rng(11)
    count = 1500
    names = utilities_of(tree)
    columns = {f"x{k}": random.normal(size=count) for k in range(len(names))}
    outcomes = [end.outcome for end in ends(tree)]
    table = table_from({**columns, "y": [outcomes[k % len(outcomes)] for k in range(count)]})
    terms = {name: [f"x{k}"] + (["1"] if k else []) for k, name in enumerate(names)}
    # the constants of a player's utilities are identified only beside an end where he gets zero
    for name in names:
        if (tree is EGAME122 and name == "u13") or (tree is EGAME123 and name in {"u15", "u25"}):
            terms[name] = terms[name][:1]
    model = strategic_model(table, tree, terms, Outcomes("y"), structure)
    truth = 0.7 * random.normal(size=len(model.likelihood.names))
    again = model.with_outcomes(model.simulate(truth, seed=3))
    fit = again.fit(MaximumLikelihood(RandomStarts(1)))
    distance = (fit.theta - truth) / fit.estimates.require_maximum().standard_errors
    assert np.abs(distance).max() < 3.8
    assert fit.estimates.certificate.agreeing == 2


def test_outcomes_and_actions_say_the_same(wars):
    labels = {"L": "sq", "RL": "capit", "RR": "war"}
    words = [
        "sq" if e == "0" else ("war" if w == "1" else "capit")
        for e, w in zip(wars.columns["esc"], wars.columns["war"], strict=True)
    ]
    named = table_from({**wars.columns, "what": words}, CATEGORIES)
    one = strategic_model(named, EGAME12, DOCUMENTED, Outcomes("what", labels), listwise=True)
    two = strategic_model(wars, EGAME12, DOCUMENTED, OBSERVED, listwise=True)
    theta = np.linspace(-0.5, 0.5, 10)
    assert one.likelihood.at(theta, 0).value == two.likelihood.at(theta, 0).value


def test_weights_count_like_repeated_rows(wars):
    rows = np.repeat(np.arange(len(wars)), 2)
    double = strategic_model(wars.take(rows), EGAME12, DOCUMENTED, OBSERVED, listwise=True)
    weighted = table_from({**wars.columns, "w": [2] * len(wars)}, CATEGORIES)
    weighed = strategic_model(weighted, EGAME12, DOCUMENTED, OBSERVED, weights="w", listwise=True)
    theta = np.linspace(-0.5, 0.5, 10)
    np.testing.assert_allclose(double.likelihood.at(theta).hessian, weighed.likelihood.at(theta).hessian, rtol=1e-12)


def test_what_is_not_identified_is_named(wars):
    flat = strategic_model(wars, EGAME12, {**DOCUMENTED, "u13": ["1"]}, OBSERVED, listwise=True).fit()
    assert flat.estimates.certificate.verdict.name == "FLAT"
    for name in ("u11:1", "u13:1", "u14:1"):
        assert f"`{name}`" in flat.estimates.certificate.direction
    assert np.isnan(flat.estimates.standard_errors).all()
    assert "NOT A MAXIMUM" in flat.summary()


def test_separation_is_named():
    random = np.random.default_rng(0)
    count = 200
    marked = (random.random(count) < 0.15).astype(int)
    second = np.where(marked == 1, 1, (random.normal(size=count) > 0).astype(int))
    table = table_from({"z": random.normal(size=count), "d": marked, "a": random.integers(0, 2, count), "b": second})
    model = strategic_model(
        table, EGAME12, {"u11": ["1", "z"], "u24": ["1", "d"]}, Actions({"first": "a", "second": "b"})
    )
    certificate = model.fit().estimates.certificate
    assert certificate.verdict.name == "RUNAWAY"
    assert certificate.direction == "`u24:d`"
    assert not certificate.good


def test_wrong_input_is_told(wars):
    with pytest.raises(InputError, match=r"line|no column `wars`"):
        strategic_model(wars, EGAME12, DOCUMENTED, Actions({"first": "esc", "second": "wars"}), listwise=True)
    with pytest.raises(InputError, match="neither 0 nor 1"):
        strategic_model(wars, EGAME12, {"u11": ["1"]}, Actions({"first": "esc", "second": "year"}))
    with pytest.raises(InputError, match="no column is given for the action `second`"):
        strategic_model(wars, EGAME12, {"u11": ["1"]}, Actions({"first": "esc"}))
    with pytest.raises(InputError, match="the model has no `u12`"):
        strategic_model(wars, EGAME12, {"u12": ["1"]}, OBSERVED)
    with pytest.raises(InputError, match="never occurs"):
        strategic_model(wars.where("esc", 1), EGAME12, {"u11": ["1"]}, OBSERVED)
    with pytest.raises(InputError, match="a value is missing"):
        strategic_model(wars, EGAME12, DOCUMENTED, OBSERVED)


def test_a_climb_from_nowhere_says_so(wars):
    model = strategic_model(wars, EGAME12, DOCUMENTED, OBSERVED, listwise=True)
    end = climb(model.likelihood, np.full(10, 1e200))
    assert end.verdict.name == "UNDEFINED"
    assert not end.verdict.good
