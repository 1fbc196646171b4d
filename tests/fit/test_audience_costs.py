import csv

import numpy as np
import pytest
from scipy.special import softmax

from blocs.errors import InputError, NumericalError
from blocs.fit.audience_costs import AudienceCosts, panel_from
from blocs.fit.tables import read_table, table_from


@pytest.fixture(scope="module")
def archived(shared, column):
    """The published panel with the archived coefficients and values."""
    folder = shared / "data/estimation"
    with (folder / "AJPS_directed_dyad_X.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    codes = read_table(folder / "AJPS_state_Z.csv").columns["ccode"]
    pairs = {"ccode1": [codes[int(row[0]) - 1] for row in rows], "ccode2": [codes[int(row[1]) - 1] for row in rows]}
    names = ["const", "polity", "ratio", "dependence"]
    pairs.update({name: [float(row[2 + k]) for row in rows] for k, name in enumerate(names)})
    panel = panel_from(
        read_table(folder / "AJPS_dyad_month_series.csv"),
        table_from(pairs),
        read_table(folder / "AJPS_state_Z.csv"),
        pair_columns=names,
        own_columns=["V1", "V2", "V3"],
    )
    with (shared / "reference/estimates/ajps2018_v.csv").open(newline="") as file:
        values = np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
    theta = column("ajps2018_audiencecosts_structural", "estimate")
    return AudienceCosts(panel), theta, values.reshape(-1, 2, 3, 3)


def small(seed=0, discount=0.9):
    """Three states in three dyads with made-up moves."""
    random = np.random.default_rng(seed)
    states = table_from({"ccode": ["a", "b", "c"], "one": [1.0] * 3, "rich": [0.2, -0.4, 0.9]})
    order = [("a", "b"), ("b", "c"), ("a", "c")]
    directed = order + [(two, one) for one, two in order]
    pairs = table_from(
        {
            "ccode1": [one for one, _ in directed],
            "ccode2": [two for _, two in directed],
            "const": [1.0] * 6,
            "ratio": random.normal(size=6),
        }
    )
    months = [(*order[k % 3], *random.integers(1, 4, 3)) for k in range(300)]
    moves = table_from(
        {name: [row[k] for row in months] for k, name in enumerate(("ccode1", "ccode2", "action1", "action2", "state"))}
    )
    panel = panel_from(moves, pairs, states, pair_columns=["const", "ratio"], own_columns=["one", "rich"])
    return AudienceCosts(panel, discount)


def test_the_archived_solution_is_a_fixed_point_with_the_published_likelihood(archived):
    model, theta, values = archived
    assert model.panel.counts.sum() == 64_440
    assert np.abs(model.best_replies(values, model.utilities(theta)) - values).max() < 1e-9
    evaluation = model.evaluate(theta, values)
    assert evaluation.log_likelihood == pytest.approx(-8190.526141, abs=1e-6)
    # a solution of the constrained problem: the total derivative through the equilibrium is nil
    assert np.abs(evaluation.gradient).max() < 1e-5


def test_the_archived_solution_lies_next_to_a_fold(archived):
    model, theta, values = archived
    assert model.nearness(theta, values).min() == pytest.approx(2.2e-4, rel=0.05)
    with pytest.raises(NumericalError, match="no stationary equilibrium"):
        model.solve(theta + 1e-3 * np.random.default_rng(0).normal(size=len(theta)), values, most=15)


def test_gradient_agrees_with_differences(archived):
    model, theta, _ = archived
    near = 0.1 * theta + 0.02 * np.random.default_rng(3).normal(size=len(theta))
    base = model.evaluate(near, np.zeros((179, 2, 3, 3)))
    step = 1e-6
    for k in (0, 3, 5, 8, 9, 13, 14, 15, 16, 17, 80, 141):
        shift = step * np.eye(len(theta))[k]
        up, down = (model.evaluate(near + s * shift, base.equilibrium.values).log_likelihood for s in (1, -1))
        assert base.gradient[k] == pytest.approx((up - down) / (2 * step), rel=2e-5, abs=1e-3)
    np.testing.assert_allclose(base.scores.sum(axis=0), base.gradient, rtol=1e-9)


def test_replies_are_those_of_a_plain_loop():
    model = small()
    theta = np.random.default_rng(1).normal(size=len(model.panel.names))
    values = np.random.default_rng(2).normal(size=(3, 2, 3, 3))
    got = model.best_replies(values, model.utilities(theta))
    panel, d = model.panel, 0.9
    b2, b3, k2, k3, gamma, alpha = (theta[place] for place in panel.slices)
    for k in range(3):
        for i in (0, 1):
            me, j = panel.states[k, i], 1 - i
            for s in range(3):
                other = softmax(values[k, j, s])
                for a in range(3):
                    worth = 0.0
                    for b in range(3):
                        u = (s == 1) * panel.pair[k, i] @ b2 + (s == 2) * panel.pair[k, i] @ b3
                        u += (a == 1) * panel.own[me] @ k2 + (a == 2) * panel.own[me] @ k3
                        u += gamma[s] * (a > 0 and b > 0) + alpha[me] * (a < s and b >= s)
                        worth += other[b] * (u + d * np.log(np.exp(values[k, i, max(a, b)]).sum()))
                    assert got[k, i, s, a] == pytest.approx(worth, abs=1e-12)


def test_jacobian_agrees_with_differences():
    model = small()
    theta = np.random.default_rng(1).normal(size=len(model.panel.names))
    values = np.random.default_rng(2).normal(size=(3, 2, 3, 3))
    utilities, step = model.utilities(theta), 1e-6
    matrix = model.jacobian(values, utilities)
    for c in range(18):
        shift = np.zeros((1, 18))
        shift[0, c] = step
        shift = shift.reshape(1, 2, 3, 3)
        slope = model.best_replies(values + shift, utilities) - model.best_replies(values - shift, utilities)
        np.testing.assert_allclose(matrix[:, :, c], slope.reshape(3, 18) / (2 * step), atol=1e-8)


def test_with_nothing_at_stake_every_choice_is_as_likely():
    model = small()
    found = model.reach(np.zeros(len(model.panel.names)))
    np.testing.assert_allclose(found.values, 0.9 * np.log(3.0) / 0.1, atol=1e-9)
    evaluation = model.evaluate(np.zeros(len(model.panel.names)), found.values)
    assert evaluation.log_likelihood == pytest.approx(600 * np.log(1 / 3))


def test_a_path_from_nothing_ends_at_a_fixed_point():
    model = small()
    theta = np.random.default_rng(4).normal(size=len(model.panel.names))
    found = model.reach(theta)
    assert np.abs(model.best_replies(found.values, model.utilities(theta)) - found.values).max() < 1e-10


def test_both_directions_of_a_dyad_are_read_once(archived):
    model, _, _ = archived
    # 179 dyads, 180 months, two sides
    assert model.panel.counts.sum() == 179 * 180 * 2


def test_wrong_input_is_told():
    states = table_from({"ccode": ["a", "b"], "z": [1.0, 2.0]})
    pairs = table_from({"ccode1": ["a", "b"], "ccode2": ["b", "a"], "x": [1.0, 1.0]})
    row = {"ccode1": ["a"], "ccode2": ["b"], "action1": [1], "action2": [4], "state": [1]}
    with pytest.raises(InputError, match="4 is not one of 1, 2, 3"):
        panel_from(table_from(row), pairs, states, pair_columns=["x"], own_columns=["z"])
    with pytest.raises(InputError, match="has no moves"):
        other = table_from({**row, "action2": [1], "ccode2": ["c"]})
        panel_from(other, pairs, states, pair_columns=["x"], own_columns=["z"])
    with pytest.raises(InputError, match="not in the table of states"):
        strange = table_from({"ccode1": ["a"], "ccode2": ["q"], "x": [1.0]})
        panel_from(table_from(row), strange, states, pair_columns=["x"], own_columns=["z"])
    with pytest.raises(InputError, match="coefficients"):
        small().evaluate(np.zeros(3), np.zeros((3, 2, 3, 3)))
