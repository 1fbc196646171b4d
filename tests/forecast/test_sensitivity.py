"""Derivatives against difference quotients of the plain solver and against closed forms; tornado ends against it too."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate

import blocs
from blocs.errors import InputError, UsageError
from blocs.forecast import sensitivity as module
from blocs.forecast.inputs import baseline, inputs_of, line_sd
from blocs.forecast.sensitivity import sensitivity
from blocs.forecast.tornado import tornado
from blocs.language.case import Case
from blocs.language.priors import parse_prior
from blocs.solve.draws import Draws, draw
from blocs.solve.sobol_points import sobol_points


def probabilities(game: blocs.Game, **moved: float) -> np.ndarray:
    values = {name: np.array([value]) for name, value in {**baseline(game), **moved}.items()}
    return blocs.solve(game, Draws(values, None, "test", 1)).outcome_draws()[:, 0]


def test_derivatives_agree_with_the_plain_solver(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    found = sensitivity(game)
    assert [one.name for one in found.inputs] == [
        "worth", "autonomy", "odds", "cost", "sharpness", "patience", "trade", "base", "distance",
    ]  # fmt: skip
    for i, one in enumerate(found.inputs):
        step = 1e-4 * max(abs(one.value), 0.1)
        quotient = (
            8
            * (
                probabilities(game, **{one.name: one.value + step})
                - probabilities(game, **{one.name: one.value - step})
            )
            - probabilities(game, **{one.name: one.value + 2 * step})
            + probabilities(game, **{one.name: one.value - 2 * step})
        ) / (12 * step)
        assert found.slope[:, i, 0] == pytest.approx(quotient, abs=1e-9)
    p = found.probability[:, 0]
    assert p == pytest.approx(probabilities(game), abs=1e-14)
    trade = [one.name for one in found.inputs].index("trade")
    assert found.elasticity[:, trade, 0] == pytest.approx(found.slope[:, trade, 0] * 0.5 / p)
    assert found.certificate.residual < 1e-8


def test_effects_per_standard_deviation(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    found = sensitivity(game, outcomes=["loyal"])
    by_name = {one.input.name: one for one in found.ranked("loyal")}
    # a standard deviation of a log-normal parameter multiplies it: dx/ds is sigma x; of a normal one it is its own
    assert by_name["worth"].per_sd.mean == pytest.approx(by_name["worth"].slope.mean * 0.5 * 1.0)
    assert by_name["autonomy"].per_sd.mean == pytest.approx(by_name["autonomy"].slope.mean * 0.4)
    assert by_name["odds"].elasticity is not None
    sizes = [abs(one.per_sd.mean) for one in found.ranked("loyal")]
    assert sizes == sorted(sizes, reverse=True)


def test_over_draws_the_mean_is_that_of_single_draws(quarrel: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    game = blocs.compile(quarrel)
    drawn = draw(game, 5, seed=4)
    whole = sensitivity(game, drawn)
    single = [sensitivity(game, drawn.part(i, i + 1)) for i in range(5)]
    assert whole.slope == pytest.approx(np.concatenate([one.slope for one in single], axis=2), abs=1e-13)
    # the same with too little memory for more than one outcome and one draw at a time
    monkeypatch.setattr(module, "KEEP_BYTES", 1)
    assert sensitivity(game, drawn).slope == pytest.approx(whole.slope, abs=1e-13)
    autonomy = whole.ranked("gone")[0]
    assert autonomy.per_sd.low <= autonomy.per_sd.mean <= autonomy.per_sd.high


def test_what_is_held_is_not_differentiated_by(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    found = sensitivity(game, settings={"worth": 1.4}, outcomes=["gone"])
    assert "worth" not in [one.name for one in found.inputs]
    assert found.probability[0, 0] == pytest.approx(probabilities(game, worth=1.4)[2], abs=1e-14)


def test_an_input_that_may_be_negative_has_no_elasticity(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    found = sensitivity(game, 64, outcomes=["loyal"])
    autonomy = next(one for one in found.ranked("loyal") if one.input.name == "autonomy")
    assert autonomy.value.low < 0
    assert autonomy.elasticity is None


def test_tables(quarrel: Case) -> None:
    found = sensitivity(blocs.compile(quarrel), 2)
    frame = found.to_pandas()
    assert len(frame) == 5 * 9
    assert list(frame.columns[:3]) == ["outcome", "input", "kind"]
    assert found.to_json()["outcomes"]["gone"]["drivers"][0]["name"] == found.ranked("gone")[0].input.name
    assert "per standard deviation" in repr(found)


def test_unknown_names_are_told(quarrel: Case) -> None:
    game = blocs.compile(quarrel)
    with pytest.raises(InputError, match="did you mean `loyal`"):
        sensitivity(game, outcomes=["royal"])
    with pytest.raises(InputError, match="no outcome"):
        sensitivity(game, outcomes=["loyal"]).ranked("gone")
    with pytest.raises(InputError, match="no parameter or fact `wroth`"):
        sensitivity(game, settings={"wroth": 1})


def test_only_logit_has_derivatives(quarrel: Case) -> None:
    theory = quarrel.theory_spec.model_copy(
        update={"play": quarrel.theory_spec.play.model_copy(update={"response": "best"})}
    )
    other = quarrel.model_copy()
    other._theory_spec = theory
    with pytest.raises(UsageError, match="logit"):
        sensitivity(blocs.compile(other))


def test_tornado_ends_are_solutions(split_quarrel: Case) -> None:
    game = blocs.compile(split_quarrel)
    found = tornado(game)
    bars = {(bar.name, bar.outcome): bar for bar in found.bars}
    worth = bars["worth", "gone"]
    # quantiles of a log-normal with median 1 and sigma 0.5
    assert worth.low == pytest.approx(math.exp(-0.5 * 1.6448536269514722))
    assert worth.at_low == pytest.approx(probabilities(game, worth=worth.low)[2], abs=1e-13)
    # without a range: a tenth up and down
    assert (bars["distance", "gone"].low, bars["distance", "gone"].high) == pytest.approx((1.8, 2.2))
    # where the base is worth little an intervention is illegal, and nothing ends in one
    assert bars["base", "crushed"].at_low == 0.0
    assert bars["base", "crushed"].at_high > 0.01
    # with a border an intervention succeeds with the full odds
    border = bars["border", "crushed"]
    assert (border.low, border.high) == (False, True)
    assert border.at_low == pytest.approx(probabilities(game)[0], abs=1e-13)
    assert border.at_high > border.at_low
    assert sum(bar.at_high for bar in found.bars if bar.name == "border") == pytest.approx(1.0)
    widths = [bar.width for bar in found.ranked("loyal")]
    assert widths == sorted(widths, reverse=True)
    assert len(found.to_pandas()) == 10 * 5


@pytest.mark.parametrize(
    "text",
    ["Normal(1, 0.3)", "LogNormal(0.2, 0.7)", "HalfNormal(2)", "Beta(2, 5)", "Gamma(3, 2)", "Uniform(-1, 3)",
     "LogitNormal(0.3, 0.8)"],
)  # fmt: skip
def test_standard_deviations_on_the_whole_line(text: str) -> None:
    prior = parse_prior(text)

    def moment(power: int) -> float:
        # over the whole line, by the density there
        return integrate.quad(
            lambda z: z**power * math.exp(float(prior.line_logpdf(z)[0])), -60, 60, points=[-3, 0, 3], limit=400
        )[0]

    assert moment(0) == pytest.approx(1.0, abs=1e-7)
    assert line_sd(prior) == pytest.approx(math.sqrt(moment(2) - moment(1) ** 2), rel=1e-6)


def test_positions_and_values_invert_each_other(quarrel: Case) -> None:
    for one in inputs_of(blocs.compile(quarrel)):
        assert float(one.at(0.0)) == pytest.approx(one.value)
        for position in (-0.7, 0.4):
            value = one.at(position)
            assert one.position(value) == pytest.approx(position)
            slope = (one.at(position + 1e-6) - one.at(position - 1e-6)) / 2e-6
            assert one.slope(value) == pytest.approx(float(slope), rel=1e-6)
    base = next(one for one in inputs_of(blocs.compile(quarrel)) if one.name == "base")
    # uniform over 0.4 to 0.6 and over 0.6 to 0.9, each with half of the mass
    assert base.sd == pytest.approx(math.sqrt(0.5 * 0.2**2 / 3 + 0.5 * 0.3**2 / 3))
    assert float(base.at(base.reach[1])) == 1.0


def test_points_do_not_depend_on_how_they_are_divided() -> None:
    whole = sobol_points(7, 3, 0, 100)
    parts = [sobol_points(7, 3, low, high) for low, high in ((0, 16), (16, 48), (48, 100))]
    assert np.array_equal(whole, np.concatenate(parts))
