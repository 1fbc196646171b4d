"""Estimation from tables beside the R packages `games` 1.1.2 and `sigInt` 0.2.0.

R is not run here. Its CPU seconds were recorded once, under R 4.2.2 on a loaded two-core machine (the least of several
runs, folder `shared/reference/estimates`, file `timing_anchors.csv`); ours are the least of several runs on this
machine now. Without the folder there is nothing to compare and the benchmark says so.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _games import least

SHARED = Path(__file__).resolve().parents[2] / "shared"
REFERENCE = SHARED / "reference" / "estimates"
DATA = SHARED / "data" / "estimation"

SANCTIONS = {
    "SA": ["sqrt(senderecondep)", "senderdemocracy", "contig", "ally"],
    "VA": ["1", "anticipatedsendercosts"],
    "CB": ["1", "sqrt(targetecondep)", "anticipatedtargetcosts", "contig", "ally"],
    "WA": ["1", "sqrt(senderecondep)", "senderdemocracy", "lncaprat"],
    "WB": ["1", "targetdemocracy", "lncaprat"],
    "a": ["1", "senderdemocracy"],
}
WARS = {"u11": ["1", "s_wt_re1", "revis1"], "u14": ["1", "regime1"], "u24": ["1", "balanc", "regime2"]}
OFFERS = {"R1": ["1", "x1", "x2", "x3", "x4", "w1", "w2"], "R2": ["1", "z1", "z2", "z3", "z4", "w1", "w2"]}
# the authors' log of their constrained solver
PUBLISHED_SECONDS = 243.0
REPLICATES = 60


def main() -> None:
    """Print times beside R's, random starts, and the coverage of standard errors."""
    if not REFERENCE.is_dir():
        print("the folder ../shared with R's recorded figures is not on this machine")
        return
    recorded = {row["tag"]: float(row["cpu_min"]) for row in _read("timing_anchors.csv")}
    print("CPU seconds; R's were recorded elsewhere and earlier")
    print(f"  {'':<52}{'R':>9}{'here':>9}{'times':>8}")
    games, first_stage = _sanctions()
    wars = _wars()
    jobs: list[tuple[str, float, Callable[[], object]]] = [
        ("egame12, agent error", recorded["games egame12 war1800 probit agent"], _fit(wars[0])),
        ("egame12, private payoffs", recorded["games egame12 war1800 private"], _fit(wars[1])),
        ("egame12, 100 bootstrap refits", recorded["games egame12 war1800 boot=100"], _bootstrap(wars[0])),
        ("ultimatum, 1500 offers", recorded["games ultimatum data_ult"], _fit(_offers())),
        ("signalling, pseudo-likelihood", recorded["sigInt PL user phat, seed start, NR"], _pseudo(games, first_stage)),
        ("signalling, nested pseudo-likelihood", recorded["sigInt NPL user phat"], _nested(games, first_stage)),
        ("signalling, all equilibria of 418 games", recorded["sigInt predict 418 games grid 1e4"], _solve(games)),
        ("signalling, exact maximum likelihood (authors' log)", PUBLISHED_SECONDS, _exact(games, first_stage)),
    ]
    for name, theirs, job in jobs:
        ours = least(job)
        print(f"  {name:<52}{theirs:9.3f}{ours:9.3f}{theirs / ours:7.0f}x")
    _audience_costs()
    _random_starts(games, first_stage)
    _coverage()


def _read(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(newline="") as file:
        return list(csv.DictReader(file))


def _sanctions() -> tuple[Any, Any]:
    import numpy as np

    from blocs.fit.signalling.first_stage import Supplied
    from blocs.fit.signalling.games import SignallingGames
    from blocs.fit.tables import read_table

    games = SignallingGames.from_table(read_table(DATA / "sigInt_sanctionsData.csv"), SANCTIONS)
    beliefs = _read("sigint_pl_userRFphat_phat.csv")
    shares = [np.array([float(row[name]) for row in beliefs]) for name in ("PRhat", "PFhat")]
    return games, Supplied(*shares)


def _wars() -> list[Any]:
    from blocs.fit.strategic.data import Actions, strategic_model
    from blocs.fit.strategic.models import EGAME12
    from blocs.fit.tables import read_table
    from blocs.solve.responses import AgentError, PrivatePayoffs

    kinds = ["autoc", "dem", "mixed"]
    table = read_table(DATA / "games_war1800.csv", {"regime1": kinds, "regime2": kinds})
    observed = Actions({"first": "esc", "second": "war"})
    return [
        strategic_model(table, EGAME12, WARS, observed, structure, listwise=True)
        for structure in (AgentError(), PrivatePayoffs())
    ]


def _offers() -> Any:
    from blocs.fit.strategic.ultimatum import ultimatum_model
    from blocs.fit.tables import read_table

    return ultimatum_model(read_table(DATA / "games_data_ult.csv"), OFFERS, "offer", 15.0, "accept")


def _one_start() -> Any:
    from blocs.fit.estimation.search import RandomStarts
    from blocs.fit.maximum_likelihood import MaximumLikelihood

    # R climbs once; so do we when we are timed against it
    return MaximumLikelihood(RandomStarts(0))


def _fit(model: Any) -> Callable[[], object]:
    return lambda: model.fit(_one_start())


def _bootstrap(model: Any) -> Callable[[], object]:
    from blocs.fit.estimation.bootstrap import Bootstrap, bootstrap

    fit = model.fit(_one_start())
    return lambda: bootstrap(fit.likelihood, fit.theta, Bootstrap(100))


def _pseudo(games: Any, first_stage: Any) -> Callable[[], object]:
    from blocs.fit.estimation.search import RandomStarts
    from blocs.fit.signalling.estimate import PseudoLikelihood, fit_signalling

    return lambda: fit_signalling(games, PseudoLikelihood(first_stage, RandomStarts(0)))


def _nested(games: Any, first_stage: Any) -> Callable[[], object]:
    from blocs.fit.signalling.estimate import NestedPseudoLikelihood, fit_signalling

    return lambda: fit_signalling(games, NestedPseudoLikelihood(first_stage))


def _exact(games: Any, first_stage: Any) -> Callable[[], object]:
    from blocs.fit.signalling.estimate import EquilibriumLikelihood, fit_signalling

    return lambda: fit_signalling(games, EquilibriumLikelihood(first_stage))


def _solve(games: Any) -> Callable[[], object]:
    import numpy as np

    from blocs.fit.signalling.equilibrium import equilibria

    published = [float(row["NPL"]) for row in _read("psrm2021_table3_fullprecision.csv")]
    utilities = np.array(games.design.predict(np.array(published)))
    return lambda: equilibria(utilities)


def _random_starts(games: Any, first_stage: Any) -> None:
    import numpy as np

    from blocs.fit.estimation.ascent import climb
    from blocs.fit.estimation.likelihood import RowLikelihood
    from blocs.fit.signalling.pseudo import PseudoDensity

    density = PseudoDensity(games.counts, first_stage.beliefs(games))
    likelihood = RowLikelihood(games.design, density, np.ones(len(games)))
    rows = _read("sigint_pl_random_starts.csv")
    best = max(float(row["ll"]) for row in rows if row["ll"] != "NA")
    # the codes with which maxLik says that it converged
    success = {"NR": {"1", "2", "8"}, "BFGS": {"0"}}
    print("pseudo-likelihood from 20 random starts: reached the maximum / claimed success elsewhere")
    for spread in (0.05, 0.5, 1.0):
        line = f"  spread {spread:<5}"
        for method, codes in success.items():
            mine = [row for row in rows if float(row["sd"]) == spread and row["method"] == method]
            missed = [row for row in mine if row["ll"] == "NA" or abs(float(row["ll"]) - best) > 1e-3]
            claimed = sum(row["code"] in codes for row in missed)
            line += f"  R's {method} {len(mine) - len(missed):2d} / {claimed:2d}"
        random = np.random.default_rng(0)
        ends = [climb(likelihood, spread * random.normal(size=len(likelihood.names))) for _ in range(20)]
        ours = sum(end.verdict.good and abs(end.point.value - best) < 1e-6 for end in ends)
        print(f"{line}  here {ours:2d} / {sum(end.verdict.good for end in ends) - ours:2d}")


def _audience_costs() -> None:
    import numpy as np

    from blocs.fit.audience_costs import AudienceCosts, panel_from
    from blocs.fit.tables import read_table, table_from

    with (DATA / "AJPS_directed_dyad_X.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    states = read_table(DATA / "AJPS_state_Z.csv")
    codes = states.columns["ccode"]
    columns = ["const", "polity", "ratio", "dependence"]
    pairs: dict[str, list[object]] = {
        "ccode1": [codes[int(row[0]) - 1] for row in rows],
        "ccode2": [codes[int(row[1]) - 1] for row in rows],
    }
    pairs.update({name: [float(row[2 + k]) for row in rows] for k, name in enumerate(columns)})
    moves = read_table(DATA / "AJPS_dyad_month_series.csv")
    panel = panel_from(moves, table_from(pairs), states, pair_columns=columns, own_columns=["V1", "V2", "V3"])
    model = AudienceCosts(panel)
    theta = np.array([float(row["estimate"]) for row in _read("ajps2018_audiencecosts_structural.csv")])
    values = np.array([[float(cell) for cell in row.values()] for row in _read("ajps2018_v.csv")])
    values = values.reshape(-1, 2, 3, 3)
    spent = least(lambda: model.evaluate(theta, values))
    print(f"  audience costs, 179 dyads: likelihood and gradient by 142 coefficients in {spent:.3f} s (limit 1 s)")


def _coverage() -> None:
    """Signalling games simulated from one set of coefficients: how often nominal 95 % intervals hold the truth."""
    import numpy as np

    from blocs.fit.estimation.jets import Jet
    from blocs.fit.signalling.constrained import outcome_jets
    from blocs.fit.signalling.equilibrium import equilibria
    from blocs.fit.signalling.estimate import EquilibriumLikelihood, NestedPseudoLikelihood, fit_signalling
    from blocs.fit.signalling.first_stage import Supplied
    from blocs.fit.signalling.games import SignallingGames
    from blocs.fit.signalling.outcomes import UTILITIES, values
    from blocs.fit.tables import table_from
    from blocs.fit.terms import design_from

    terms = {"SA": ["x"], "VA": ["1"], "CB": ["1"], "WA": ["1", "x"], "WB": ["1", "y"], "a": ["1"]}
    truth = np.array([0.4, 0.6, -0.8, -1.0, 0.5, -0.3, 0.6, -1.4])
    print(f"coverage of 95 % intervals, {REPLICATES} samples of 150 games played 200 times, 8 coefficients")
    hits: dict[str, list[object]] = {"nested": [], "exact": []}
    failed = dict.fromkeys(hits, 0)
    for seed in range(REPLICATES):
        random = np.random.default_rng(seed)
        table = table_from({"x": random.normal(size=150), "y": random.normal(size=150)})
        design = design_from(table, UTILITIES, terms)
        utilities = np.array(design.predict(truth))
        found = equilibria(utilities)
        first = np.append(0, np.cumsum(found.count)[:-1])
        logs = outcome_jets(values(utilities), Jet(found.margin[first], order=0))
        chances = np.exp(np.array([log.value for log in logs])).T
        counts = np.array([random.multinomial(200, one / one.sum()) for one in chances]).T.astype(float)
        games = SignallingGames(design, counts, table, terms)
        _, cd, sf, bd = counts
        beliefs = Supplied((sf + bd + 1) / (cd + sf + bd + 2), (sf + 1) / (sf + bd + 2))
        for name, method in (
            ("nested", NestedPseudoLikelihood(beliefs)),
            ("exact", EquilibriumLikelihood(beliefs, shaken=0)),
        ):
            estimates = fit_signalling(games, method).estimates
            if estimates.certificate.good:
                low, high = estimates.intervals().T
                hits[name].append((low < truth) & (truth < high))
            else:
                failed[name] += 1
    for name, rows in hits.items():
        shares = np.mean(np.array(rows), axis=0)
        print(
            f"  {name:<8} all {shares.mean():.3f}, worst coefficient {shares.min():.2f}; "
            f"{failed[name]} said that they reached no maximum"
        )


if __name__ == "__main__":
    main()
