"""Learning from histories: simulation-based calibration of the whole chain, and the price of a gradient.

Calibration: parameters from the prior, a simulated history, a Laplace fit; ranks of the true values must be uniform
(Talts et al. 2018). A chi-squared test per parameter; with k parameters the smallest p-value is held against 0.01 / k.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

THEORY = """
theory: tug
roles: {patron: holds, client: drifts}
facts: {trade: {type: share, help: trade with the patron}}
parameters:
  worth: {prior: "Normal(0.3, 1)", help: of defiance}
  force: {prior: "LogNormal(0, 0.5)", help: of pressure}
  odds: {prior: "Beta(3, 4)", help: that pressure works}
state:
  line: {values: [loyal, defiant]}
  hurt: {type: boolean}
stages:
  - stage: line
    role: client
    options:
      hold: {}
      defy: {when: line == loyal, set: {line: defiant}}
      submit: {when: line == defiant, set: {line: loyal}}
  - stage: answer
    role: patron
    options:
      hold: {}
      press:
        when: line == defiant and not hurt
        chance: [{p: odds, set: {hurt: true}, label: works}, {p: rest, label: fails}]
        cost: {patron: 0.2 / force}
payoffs:
  client: {freedom: worth * (line == defiant), pain: -force * hurt * trade}
  patron: {order: -1 * (line == defiant), grip: force * hurt}
play: {discount: 0.8, precision: {patron: 1, client: 1.5}}
horizon: {after_last_step: nothing}
outcomes: {loyal: line == loyal, defiant: otherwise}
"""
CASE = """
case: small
theory: ./tug.yaml
calendar: {start: "1960-01", step: month, steps: 6}
roles: {patron: {actor: A}, client: {actor: B}}
facts: {trade: {value: 0.5, assumed: bench}}
history: []
"""
SIMULATIONS = 300


def main() -> None:
    """Print ranks' p-values, and times of a gradient beside a plain solution."""
    import numpy as np

    import blocs
    from blocs.fit.learn import fit
    from blocs.fit.likelihood import HistoryLikelihood
    from blocs.fit.methods import Laplace, Map
    from blocs.fit.sbc import calibrate
    from blocs.solve.draws import medians

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "tug.yaml").write_text(THEORY)
        (Path(folder) / "case.yaml").write_text(CASE)
        small = blocs.load(Path(folder) / "case.yaml")
        began = time.process_time()
        result = calibrate(small, Laplace(draws=64, starts=1), simulations=SIMULATIONS, draws=63, bins=8, seed=0)
        spent = time.process_time() - began
    print(f"simulation-based calibration, {SIMULATIONS} histories, {spent:.0f} s of CPU")
    for name, p in result.p_values.items():
        print(f"  {name:<10} p = {p:.3f}")
    print(f"  {result.sentence()}")

    crisis = blocs.load("sino-albanian-1961")
    game = blocs.compile(crisis)
    likelihood = HistoryLikelihood.of(game)
    values = dict(medians(game).values)
    names = list(game.theory.parameters)
    likelihood.gradient(values, names)
    times: dict[str, list[float]] = {"likelihood": [], "with gradient": []}
    for _ in range(7):
        began = time.process_time()
        likelihood.value(values)
        times["likelihood"].append(time.process_time() - began)
        began = time.process_time()
        likelihood.gradient(values, names)
        times["with gradient"].append(time.process_time() - began)
    plain, full = (float(np.min(one)) for one in times.values())
    print(f"log-likelihood of the Sino-Albanian history: {plain:.3f} s of CPU; gradient by {len(names)} parameters:")
    print(f"  {full:.3f} s: {full / plain:.2f} times (target: at most 2.5)")

    began = time.process_time()
    posterior = fit([crisis], Map(starts=2, iterations=300))
    spent = time.process_time() - began
    count = posterior.attributes["evaluations"]
    print(f"mode from two starts: {spent:.1f} s of CPU with compiling, {count} gradients")
    print(f"  {spent / (count * full):.2f} times these gradients alone; {posterior.diagnostics[0]}")


if __name__ == "__main__":
    main()
