"""Small games with private types: made from a seed, or as the reference games have them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from tests.strategies import Maker

from blocs.game.game import Game, compile_theory
from blocs.language.theory import Theory

BORDER = """
theory: border
roles: {north: may march, south: may arm}
parameters:
  gain: Normal(0.5, 0.5)
  fear: Normal(0, 0.5)
  daring: Normal(1, 0.3)
  dread: 0
state:
  troops: {range: [0, 2]}
  armed: {type: boolean}
stages:
  - stage: march
    role: north
    options:
      hold: {}
      advance: {when: troops < 2, set: {troops: next}, cost: {north: dread}}
  - stage: answer
    role: south
    options:
      hold: {}
      arm: {when: not armed, set: {armed: true}, cost: {south: 0.4}}
payoffs:
  north: {land: gain * troops * (1 - 0.5 * armed)}
  south: {safety: (fear - 0.5) * troops * (1 - 0.7 * armed)}
types:
  north:
    bold: {prior: logistic(fear), set: {dread: -daring}}
    timid: {prior: rest, set: {dread: daring}}
play: {discount: 0.9, precision: {north: 2, south: 1.5}}
horizon: {after_last_step: 2}
outcomes: {taken: troops == 2, quiet: otherwise}
"""
BORDER_CASE = """
case: border-1900
theory: border.yaml
calendar: {start: "1900", step: year, steps: 3}
roles: {north: {actor: N}, south: {actor: S}}
history:
  - {date: "1900", role: north, option: advance, event: an advance, assumed: made up}
  - {date: "1901", role: south, option: arm, event: arming, assumed: made up, confidence: 0.6}
  - {date: "1902", role: north, option: advance, event: another, assumed: made up}
"""


@dataclass(frozen=True)
class TypedGame:
    """A game with the values of its parameters, and the data that it was made from."""

    game: Game
    values: dict[str, float]
    data: dict[str, Any]
    steps: int

    def changed(self, **sections: Any) -> TypedGame:
        """Return the game with sections of its theory replaced."""
        data = {**self.data, **sections}
        return TypedGame(compile_theory(Theory.model_validate(data), None, self.steps), self.values, data, self.steps)


def typed_game(seed: int, most_types: int = 3, discounts: tuple[str, ...] = ("1",)) -> TypedGame | None:
    """Return a random small game in which one or two roles have types; None where it has ended at the start.

    Precisions are one: an unfolded tree knows no other.
    """
    drawn = Maker(seed).theory("logit", discounts, 2)
    if drawn is None:
        return None
    pick = Random(seed)
    data = drawn.theory.model_dump(mode="json", exclude_defaults=True)
    data["play"] = {"discount": data.get("play", {}).get("discount", "1"), "precision": dict.fromkeys(data["roles"], 1)}
    movers = list(dict.fromkeys(stage["role"] for stage in data["stages"]))
    typed = pick.sample(movers, pick.randint(1, min(2, len(movers))))
    values = dict(drawn.values)
    data["types"] = {}
    for role in typed:
        # a parameter of its own in everything that the role receives and pays
        own = f"own_{role}"
        data["parameters"][own] = {"prior": "Normal(0, 1)"}
        values[own] = pick.randint(-8, 8) / 8
        terms = data.setdefault("payoffs", {}).setdefault(role, {})
        terms["own"] = {"formula": f"{own} * ({next(iter(data['state']))} + 1)"}
        for stage in data["stages"]:
            for name, option in stage["options"].items():
                if name != "hold":
                    cost = option.setdefault("cost", {})
                    cost[role] = f"({cost.get(role, 0)}) + {pick.randint(-4, 4) / 4} * {own}"
        count = pick.randint(2, most_types)
        weights = [pick.randint(1, 6) for _ in range(count)]
        data["types"][role] = {
            f"t{i}": {"prior": f"{weight} / {sum(weights)}", "set": {own: f"{own} + {pick.randint(-16, 16) / 8}"}}
            for i, weight in enumerate(weights)
        }
    steps = drawn.steps if drawn.steps <= 2 else 2
    return TypedGame(compile_theory(Theory.model_validate(data), None, steps), values, data, steps)


def dynamic_types(rounds: int, types: int, lam: float) -> Game:
    """Return the reference games ``dyn_types``: in each round two rivals concede, hold or escalate, and war may come.

    What war is worth is private: from -2 to 0.25 in even steps.
    """
    worth = np.linspace(-2, 0.25, types)
    kinds = {
        role: {
            f"t{i}": {"prior": f"1/{types}", "set": {f"war_{role}": repr(float(value))}}
            for i, value in enumerate(worth)
        }
        for role in "ab"
    }

    def stage(role: str, other: str) -> dict[str, Any]:
        concede = {"set": {"over": True}, "cost": {role: "1 + 0.2 * l", other: -1}}
        return {
            "stage": role,
            "role": role,
            "options": {"c": concede, "h": {}, "e": {"set": {"l": f"min({2 * rounds}, l + 1)"}}},
        }

    war = "(2 + 6 * l) / 100"
    fate = {
        "set": {"round": "next"},
        "chance": [{"p": war, "set": {"over": True}, "label": "war"}, {"p": "rest", "label": "peace"}],
        "cost": {role: f"{war} * (0.1 * l - war_{role})" for role in "ab"},
    }
    data = {
        "theory": "dyn",
        "roles": {"a": "", "b": "", "fate": ""},
        "parameters": {"war_a": 0, "war_b": 0},
        "state": {
            "over": {"type": "boolean"},
            "l": {"range": [0, 2 * rounds]},
            "round": {"range": [0, rounds]},
        },
        "ends_when": "over",
        "stages": [stage("a", "b"), stage("b", "a"), {"stage": "w", "role": "fate", "options": {"hold": fate}}],
        "payoffs": {role: {"stalemate": f"-0.1 * l * (round == {rounds}) * (not over)"} for role in "ab"},
        "types": kinds,
        "play": {"precision": {"a": lam, "b": lam, "fate": 1}},
        "horizon": {"after_last_step": "1"},
        "outcomes": {"over": "over", "stalemate": "otherwise"},
    }
    return compile_theory(Theory.model_validate(data), None, rounds)


def signalling(types: int, lam: float) -> Game:
    """Return the reference games ``sig``: challenge, resist, fight; what fighting is worth is private on both sides."""
    # the reference files have six decimals
    worth = np.round(np.linspace(-2, 0.5, types), 6)
    kinds = {
        role: {
            f"t{i}": {"prior": f"1/{types}", "set": {f"war_{role}": repr(float(value))}}
            for i, value in enumerate(worth)
        }
        for role in "ab"
    }
    data = {
        "theory": "sig",
        "roles": {"a": "", "b": ""},
        "parameters": {"war_a": 0, "war_b": 0},
        "state": {"at": {"values": ["quiet", "challenged", "resisted", "done"]}},
        "stages": [
            {
                "stage": "challenge?",
                "role": "a",
                "options": {"quo": {"set": {"at": "done"}}, "challenge": {"set": {"at": "challenged"}}},
            },
            {
                "stage": "respond",
                "role": "b",
                "options": {
                    "pass": {"when": "at == done"},
                    "concede": {"when": "at == challenged", "set": {"at": "done"}, "cost": {"a": -1, "b": 1}},
                    "resist": {"when": "at == challenged", "set": {"at": "resisted"}},
                },
            },
            {
                "stage": "fight?",
                "role": "a",
                "options": {
                    "pass": {"when": "at == done"},
                    "back": {"when": "at == resisted", "cost": {"a": 0.5, "b": -0.5}},
                    "fight": {"when": "at == resisted", "cost": {"a": "-war_a", "b": "-war_b"}},
                },
            },
        ],
        "types": kinds,
        "play": {"precision": {"a": lam, "b": lam}},
        "outcomes": {"x": "otherwise"},
    }
    return compile_theory(Theory.model_validate(data), None, 1)
