"""A small case whose words try to break out of a page."""

from __future__ import annotations

from pathlib import Path

THEORY = """
theory: quarrel
version: 3
title: Quarrel <script>alert(1)</script> & $x$
roles: {patron: has a base, client: may leave, rival: watches}
facts:
  border: {type: boolean, help: they touch}
  trade: {type: share, help: of the client with the patron}
  rival_hostility: {type: share, help: between the great powers}
parameters:
  worth: {prior: "LogNormal(0.5, 0.4)", help: of the base}
  autonomy: {prior: "LogNormal(0.2, 0.5)", help: to the client}
  cost: {prior: "Uniform(0.5, 2)", help: of an intervention}
  odds: {prior: "Beta(4, 2)", help: of an intervention}
state:
  line: {values: [loyal, defiant, gone]}
  aid: {values: [full, reduced, cut_off]}
  base: {values: [in_use, closed]}
  support: {values: [none, relief, commitment]}
  verdict: {values: [pending, crushed, repelled]}
ends_when: verdict != pending
stages:
  - stage: line
    role: client
    options:
      hold: {}
      defy: {when: line == loyal, set: {line: defiant}}
      leave: {when: line == defiant, set: {line: gone, base: closed}, cost: {client: trade}}
  - stage: help
    role: rival
    options:
      hold: {}
      raise_support: {when: support < commitment and line > loyal, set: {support: next}, cost: {rival: 0.5}}
  - stage: answer
    role: patron
    options:
      hold: {}
      cut_aid: {when: aid < cut_off and line > loyal, set: {aid: next}, cost: {patron: 0.2}}
      invade:
        help: Sends <b>an army</b>.
        when: line > loyal
        chance:
          - {p: odds * (1 if border else 0.6), set: {verdict: crushed}, label: succeeds}
          - {p: rest, set: {verdict: repelled}, label: fails}
        cost: {patron: cost}
payoffs:
  patron: {base: worth * (base == in_use) / 4, loss: -worth * (line == gone) / 4}
  client: {autonomy: autonomy * (line > loyal) / 4, defeat: -2 * (verdict == crushed)}
  rival: {foothold: 0.3 * (line == gone)}
play: {discount: 0.9, precision: {patron: 1.5, client: 1.5, rival: 1}}
horizon: {after_last_step: continue}
outcomes: {crushed: verdict == crushed, repelled: verdict == repelled, gone: line == gone, loyal: otherwise}
"""

CASE = """
case: small
title: A quarrel <script>alert("title")</script>
summary: It was & is <img src=x onerror=alert(2)> a quarrel of $5 and $6.
theory: ./quarrel.yaml
version: 3
sources: bibliography.yaml
calendar: {start: "1960-01", step: month, steps: 8}
roles: {patron: {actor: "Great <i>Power</i>"}, client: {actor: Smallland}, rival: {actor: Otherland}}
facts:
  border: {value: false, source: ["kola1962@p. 4"], confidence: 0.8, dispute: "<script>alert(3)</script> says otherwise"}
  trade: {value: 0.5, range: [0.4, 0.8], source: [kola1962]}
  rival_hostility: {value: 0.6, assumed: for the test}
history:
  - {date: 1960-02, role: client, option: defy, event: "Defiance </li><script>alert(4)</script>", source: [kola1962]}
  - {date: 1960-03, role: rival, option: raise_support, event: Help comes, source: ["pula1963@pp. 1-2"], confidence: 0.5}
  - {date: 1960-04, role: patron, option: cut_aid, event: Aid is cut, assumed: for the test}
  - {date: 1960-06, role: client, option: leave, event: It leaves, source: [pula1963]}
context:
  - {date: 1959, event: Before it there was peace, source: [pula1963]}
alternatives:
  border: {title: "A common <u>border</u>", help: Would it be crushed?, set: {border: true}}
  calm: {title: Calm, without: [invade], force: ["1960-02 client defy"]}
outcome: gone
"""

BIBLIOGRAPHY = """
- {id: kola1962, type: book, title: "The <em>Harbour</em> Papers", author: [{family: Kola, given: Ana}], issued: 1962, publisher: Example Press, URL: "https://example.org/harbour"}
- {id: pula1963, type: book, title: Ports, author: [{family: Pula, given: Ben}], issued: 1963, publisher: Example Press}
"""


def write_quarrel(folder: Path) -> Path:
    """Write the case, its theory and its bibliography into a folder, and return the file of the case."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("quarrel.yaml", THEORY), ("case.yaml", CASE), ("bibliography.yaml", BIBLIOGRAPHY)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "case.yaml"
