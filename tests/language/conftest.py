"""A small theory and a small case, and ways to ask what is wrong with a changed copy of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from blocs.errors import Problem
from blocs.language.load import examine

THEORY = """\
theory: small
version: 1
title: A small theory
roles: {patron: holds the bloc together, client: may leave it}
facts:
  land_route: {type: boolean, help: is there a way by land}
  trade: {type: share, help: part of trade}
  troops: {type: count, help: thousands, high: 500, default: 10}
  mood: {type: [calm, tense], help: how it stands}
parameters:
  base_value: {prior: "LogNormal(-0.7, 0.6)", help: worth of the base}
  odds: {prior: "Beta(2, 2)", help: odds of a coup}
  lam: {prior: "LogNormal(1, 0.4)", help: precision}
define:
  tension: 0.5 if mood == tense else trade
state:
  alignment: {values: [loyal, hedging, rival], start: loyal, help: where it stands}
  arms: {values: [held, seized], help: the arms}
  purged: {type: boolean, help: a purge}
  anger: {range: [0, 3], help: how angry}
forget: {anger: alignment == rival}
ends_when: alignment == rival and arms == seized
stages:
  - stage: line of the client
    role: client
    options:
      hold: {}
      lean: {when: alignment < rival, set: {alignment: next}, cost: {client: 0.1}}
      seize: {when: arms == held and not purged, set: {arms: seized, purged: true}, cost: {client: 0.2}}
  - stage: answer
    role: patron
    options:
      hold: {}
      back_coup:
        when: alignment > loyal and anger < 3
        set: {anger: anger + 1}
        chance:
          - {p: odds * tension, set: {alignment: loyal}, label: succeeds}
          - {p: rest, label: fails}
        cost: {patron: 1 + troops / 100}
        cameo: "173"
        plover: COERCE
payoffs:
  patron: {base: base_value * (arms == held), route: land_route * anger}
  client: {autonomy: {formula: alignment / 2, help: own course}}
play: {discount: 0.95, response: logit, precision: {patron: lam, client: lam}}
horizon: {after_last_step: continue}
outcomes:
  exit: alignment == rival
  in line: otherwise
"""

CASE = """\
case: small-case
title: A small case
theory: small.yaml
version: 1
calendar: {start: 1960-06, step: month, steps: 6}
roles: {patron: {actor: Soviet Union, cow: 365, iso3: SUN}, client: Albania}
facts:
  land_route: {value: false, source: [smith1971]}
  trade: {value: 0.54, range: [0.5, 0.6], source: ["smith1971@p. 12"], confidence: 0.9}
  mood: {value: tense, assumed: the mood of the time}
start:
  arms: {value: held, source: [smith1971]}
parameters:
  base_value: {prior: "LogNormal(0, 0.5)", assumed: the only base there is}
history:
  - {date: 1960-06, role: client, option: lean, event: It leans., source: [smith1971]}
  - {date: 1960-07, role: patron, option: back_coup, result: fails, event: A plot., source: [smith1971], confidence: 0.5}
  - {date: 1960-07-20, role: client, option: seize, event: Seizure., source: [smith1971]}
context:
  - {date: 1948, event: The break., source: [smith1971]}
alternatives:
  by_land: {set: {land_route: true, odds: 0.7}, start: {alignment: hedging}, force: [1960-06 client lean]}
outcome: exit
sources: bibliography.yaml
"""

BIBLIOGRAPHY = """\
- id: smith1971
  type: book
  title: A handbook
  author: [{family: Smith, given: Ann}]
  issued: {date-parts: [[1971]]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the small theory, the small case and its bibliography."""
    (tmp_path / "small.yaml").write_text(THEORY)
    (tmp_path / "case.yaml").write_text(CASE)
    (tmp_path / "bibliography.yaml").write_text(BIBLIOGRAPHY)
    return tmp_path


def _replaced(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the example"
        text = text.replace(old, new)
    return text


@pytest.fixture
def theory_problems(folder: Path) -> Callable[..., list[Problem]]:
    """Return the problems of the small theory after replacing pieces of its text."""

    def ask(*changes: tuple[str, str], more: str = "") -> list[Problem]:
        (folder / "small.yaml").write_text(_replaced(THEORY, changes) + more)
        return list(examine(folder / "small.yaml").problems)

    return ask


@pytest.fixture
def case_problems(folder: Path) -> Callable[..., list[Problem]]:
    """Return the problems of the small case after replacing pieces of its text."""

    def ask(*changes: tuple[str, str], more: str = "") -> list[Problem]:
        (folder / "case.yaml").write_text(_replaced(CASE, changes) + more)
        return list(examine(folder / "case.yaml").problems)

    return ask
