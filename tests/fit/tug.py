"""A small crisis for the tests of learning: a client may defy, a patron may press, and pressing may work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import blocs
from blocs.language.case import Case

Make = Callable[..., Case]

THEORY = """
theory: tug
roles: {patron: p, client: c}
facts: {trade: {type: share, help: trade}}
parameters:
  worth: {prior: "Normal(0.3, 1)", help: of defiance}
  force: {prior: "LogNormal(0, 0.5)", help: of pressure}
  odds: {prior: "Beta(3, 4)", help: that pressure works}
  twin: {prior: "Normal(0, 1)", help: counts only together with worth}
state:
  line: {values: [loyal, defiant]}
  hurt: {values: ["no", "yes"]}
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
        when: line == defiant and hurt == no
        chance:
          - {p: odds, set: {hurt: "yes"}, label: works}
          - {p: rest, label: fails}
        cost: {patron: 0.2 / force}
payoffs:
  client: {freedom: (worth + twin) * (line == defiant), pain: -force * (hurt == yes) * trade}
  patron: {order: -1 * (line == defiant), grip: force * (hurt == yes)}
play: {discount: 0.8, precision: {patron: 1, client: 1.5}}
horizon: {after_last_step: nothing}
outcomes: {loyal: line == loyal, defiant: otherwise}
"""

CASE = """
case: {name}
theory: ./tug.yaml
calendar: {{start: "1960-01", step: month, steps: {steps}}}
roles: {{patron: {{actor: A}}, client: {{actor: B}}}}
facts: {{trade: {{value: {trade}, range: [0.1, 0.9], assumed: test}}}}
outcome: defiant
history:
{history}
"""


def event(date: str, role: str, option: str, extra: str = "") -> str:
    """Return one line of a history."""
    return f"  - {{date: {date}, role: {role}, option: {option}, assumed: test, event: e{extra}}}"


def maker(folder: Path) -> Make:
    """Return a function that writes a case of the small theory into a folder and loads it."""
    (folder / "tug.yaml").write_text(THEORY, encoding="utf-8")

    def write(history: list[str], name: str = "one", steps: int = 4, trade: float = 0.5) -> Case:
        path = folder / f"{name}.yaml"
        text = CASE.format(name=name, steps=steps, trade=trade, history="\n".join(history) or "  []")
        path.write_text(text, encoding="utf-8")
        return blocs.load(path)

    return write
