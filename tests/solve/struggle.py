"""A crisis of a few lines in which a plot and a purge are decided on at once, with a coded history."""

from __future__ import annotations

from pathlib import Path

import blocs
from blocs.language.case import Case

THEORY = """
theory: struggle
roles: {patron: holds the bloc together, client: drifts}
facts:
  trade: {type: share, help: part of the trade that is with the patron}
parameters:
  worth: {prior: "LogNormal(0, 0.5)", help: what the client is worth}
  autonomy: {prior: "Normal(0.5, 0.4)", help: what freedom is worth}
  odds: {prior: "Beta(3, 4)", help: of a coup}
  cost: {prior: "Gamma(4, 8)", help: of a plot}
  risk: {prior: "Gamma(2, 8)", help: of a purge}
  sharpness: {prior: "LogNormal(0.5, 0.3)", help: of all choices}
state:
  line: {values: [loyal, defiant]}
  friends: {values: [broken, quiet, ready], start: quiet}
  verdict: {values: [pending, coup]}
ends_when: verdict == coup
stages:
  - stage: line
    role: client
    options:
      hold: {}
      defy: {when: line == loyal, set: {line: defiant}, cost: {client: trade}}
  - stage: struggle
    roles: [patron, client]
    options:
      patron:
        hold: {}
        prepare: {when: friends == quiet, set: {friends: ready}, cost: {patron: 0.1}, text: "{patron} prepares."}
        plot:
          when: friends > broken
          chance:
            - {p: odds * (1 if friends == ready else 0.5), set: {verdict: coup}, label: succeeds}
            - {p: rest, label: fails}
          cost: {patron: cost}
      client:
        hold: {}
        purge:
          when: friends > broken
          chance:
            - {p: 0.75, set: {friends: broken}, label: succeeds}
            - {p: rest, label: fails}
          cost: {client: risk * (2 if friends == ready else 1)}
payoffs:
  patron: {bloc: worth * (line == loyal), coup: 2 * worth * (verdict == coup)}
  client: {autonomy: autonomy * (line == defiant), survival: -3 * (verdict == coup)}
play: {discount: 0.9, precision: {patron: sharpness, client: sharpness}}
horizon: {after_last_step: continue}
outcomes: {coup: verdict == coup, defiance: line == defiant, order: otherwise}
"""

CASE = """
case: palace
theory: ./struggle.yaml
calendar: {start: "1960-01", step: month, steps: 4}
roles: {patron: {actor: Soviet Union}, client: {actor: Albania}}
facts: {trade: {value: 0.5, assumed: for the test}}
history:
  - {date: 1960-01, role: client, option: defy, event: defiance, assumed: for the test}
  - {date: 1960-02, role: patron, option: prepare, confidence: 0.6, event: rumours, assumed: for the test}
  - {date: 1960-03, role: patron, option: plot, result: fails, event: a plot, assumed: for the test}
  - {date: 1960-03, role: client, option: purge, result: succeeds, event: a purge, assumed: for the test}
"""


def palace(folder: Path, theory: str = THEORY, case: str = CASE) -> Case:
    """Write the theory and the case to a folder and load the case."""
    (folder / "struggle.yaml").write_text(theory)
    (folder / "case.yaml").write_text(case)
    return blocs.load(str(folder / "case.yaml"))
