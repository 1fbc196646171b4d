"""A small crisis with every kind of input: it is solved in a millisecond, and its history is coded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import blocs
from blocs.language.case import Case

QUARREL = """
theory: quarrel
version: 1
roles: {patron: holds the bloc together, client: drifts}
facts:
  border: {type: boolean, help: a common border}
  trade: {type: share, help: part of the trade that is with the patron}
  base: {type: share, help: worth of the base}
  distance: {type: number, help: how far away}
parameters:
  worth: {prior: "LogNormal(0, 0.5)", help: what the client is worth}
  autonomy: {prior: "Normal(0.5, 0.4)", help: what freedom is worth}
  odds: {prior: "Beta(3, 4)", help: of an intervention}
  cost: {prior: "Gamma(4, 4)", help: of an intervention}
  sharpness: {prior: "LogNormal(0.5, 0.3)", help: of all choices}
  patience: {prior: "Uniform(0.6, 0.95)", help: weight of the next step}
  pain: {prior: 2, help: of a defeat}
state:
  line: {values: [loyal, defiant, gone]}
  verdict: {values: [pending, crushed, repelled]}
ends_when: verdict != pending or line == gone
stages:
  - stage: line of the client
    role: client
    options:
      hold: {}
      defy: {when: line == loyal, set: {line: defiant}}
      leave: {when: line == defiant, set: {line: gone}, cost: {client: trade}}
      submit: {when: line == defiant, set: {line: loyal}}
  - stage: answer
    role: patron
    options:
      hold: {}
      intervene:
        when: line == defiant and base > 0.3
        chance:
          - {p: odds * (1 if border else 0.6), set: {verdict: crushed}, label: succeeds}
          - {p: rest, set: {verdict: repelled}, label: fails}
        cost: {patron: cost + 0.1 * distance}
payoffs:
  patron: {base: worth * base * (line == loyal), loss: -worth * (line == gone)}
  client:
    autonomy: autonomy * (line > loyal)
    trade: trade * (line == loyal)
    defeat: -pain * (verdict == crushed)
play: {discount: patience, precision: {patron: sharpness, client: sharpness}}
horizon: {after_last_step: continue}
outcomes:
  crushed: verdict == crushed
  repelled: verdict == repelled
  gone: line == gone
  defiant: line == defiant
  loyal: otherwise
"""

CASE = """
case: small
theory: ./quarrel.yaml
calendar: {{start: "1960-01", step: month, steps: 5}}
roles: {{patron: {{actor: A}}, client: {{actor: B}}}}
facts:
  border: {{value: false, assumed: for the test}}
  trade: {{value: 0.5, range: [0.4, 0.8], assumed: for the test}}
  base: {{value: 0.6, range: {base}, assumed: for the test}}
  distance: {{value: 2, assumed: for the test}}
history:
  - {{date: 1960-02, role: client, option: defy, event: defiance, assumed: for the test}}
  - {{date: 1960-04, role: patron, option: intervene, result: fails, event: intervention, assumed: for the test}}
"""

CaseFile = Callable[[str], Path]


@pytest.fixture(scope="session")
def quarrel_file(tmp_path_factory: pytest.TempPathFactory) -> CaseFile:
    """Return a function that gives the path of the small case with another range for the base's worth."""

    def write(base: str) -> Path:
        folder = tmp_path_factory.mktemp("quarrel")
        (folder / "quarrel.yaml").write_text(QUARREL, encoding="utf-8")
        (folder / "case.yaml").write_text(CASE.format(base=base), encoding="utf-8")
        return folder / "case.yaml"

    return write


@pytest.fixture(scope="session")
def quarrel(quarrel_file: CaseFile) -> Case:
    """The small case; its graph is the same over all ranges of facts."""
    return blocs.load(quarrel_file("[0.4, 0.9]"))


@pytest.fixture(scope="session")
def split_quarrel(quarrel_file: CaseFile) -> Case:
    """The small case with a range of the base's worth over part of which an intervention is illegal."""
    return blocs.load(quarrel_file("[0.1, 0.9]"))
