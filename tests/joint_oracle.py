"""A slow and plain referee for stages in which several roles choose at once.

It does not solve stage games: it takes the engine's choices, plays every combination of options out in the order of the
roles, and asserts that each role's choices are the logit response to those of the others.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from tests.oracle import Oracle, State

from blocs.language.theory import JointStage, Theory

# choices of a stage: probability by role and option
Choices = dict[str, dict[str, float]]


class JointOracle(Oracle):
    """The plain player, with choices of joint stages given by ``choose(step, stage, state)``."""

    def __init__(
        self, theory: Theory, steps: int, values: Mapping[str, Any], choose: Callable[[int, int, State], Choices]
    ) -> None:
        super().__init__(theory, steps, values)
        self.choose = choose
        self.worst = 0.0

    def legal(self, k: int, state: State) -> dict[str, list[str]]:
        """Return the options of each role that are legal in the state before the stage."""
        stage = self.theory.stages[k]
        assert isinstance(stage, JointStage)
        return {
            role: [
                name
                for name, option in stage.options[role].items()
                if option.when is None or self.formula(option.when, state)
            ]
            for role in stage.roles
        }

    def carried_out(self, k: int, state: State, profile: Mapping[str, str]) -> list[tuple[float, list[float], State]]:
        """Return probability, costs by role and state of every way in which a profile of options may work out."""
        ways = [(1.0, [0.0] * len(self.roles), state)]
        for role in self.theory.stages[k].roles:  # type: ignore[union-attr]
            there = []
            for p, costs, now in ways:
                if self.ended(now):
                    there.append((p, costs, now))
                    continue
                more, results = self.effect(self.theory.stages[k].options[role][profile[role]], now)  # type: ignore[index]
                total = [one + two for one, two in zip(costs, more, strict=True)]
                there += [(p * chance, total, new) for chance, new in results]
            ways = there
        return ways

    def node(self, t: int, k: int, state: State) -> tuple[list[float], Any]:
        if not isinstance(self.theory.stages[k], JointStage):
            return super().node(t, k, state)
        key = (t, k, state)
        if key in self._nodes:
            return self._nodes[key]
        legal, choices = self.legal(k, state), self.choose(t, k, state)
        value = [0.0] * len(self.roles)
        worth = {role: dict.fromkeys(options, 0.0) for role, options in legal.items()}
        for combination in itertools.product(*legal.values()):
            profile = dict(zip(legal, combination, strict=True))
            paid = [0.0] * len(self.roles)
            for p, costs, new in self.carried_out(k, state, profile):
                for role, after in enumerate(self.onward(t, k, new)):
                    paid[role] += p * (after - costs[role])
            share = math.prod(choices[role][option] for role, option in profile.items())
            for place in range(len(value)):
                value[place] += share * paid[place]
            for role, option in profile.items():
                others = math.prod(choices[one][two] for one, two in profile.items() if one != role)
                worth[role][option] += others * paid[self.roles.index(role)]
        for role, q in worth.items():
            if len(choices[role]) == len(q):
                wanted = self.respond(q, self.precision[self.roles.index(role)])
                self.worst = max([self.worst, *(abs(wanted[name] - choices[role][name]) for name in q)])
        self._nodes[key] = (value, choices)
        return self._nodes[key]

    def play(self) -> Any:
        """Follow the probabilities from the start; ``taken`` is by (step, stage, role, option)."""
        taken: dict[Any, float] = defaultdict(float)
        ended: dict[Any, float] = defaultdict(float)
        left: dict[str, float] = defaultdict(float)
        mass = {self.start: 1.0}
        for t in range(self.steps):
            for k, stage in enumerate(self.theory.stages):
                after: dict[State, float] = defaultdict(float)
                for state, weight in mass.items():
                    choices = self.node(t, k, state)[1]
                    ways = [(weight, state)]
                    if not isinstance(stage, JointStage):
                        there = []
                        for name, (_, results) in self.moves(k, state).items():
                            taken[t, k, stage.role, name] += weight * choices[name]
                            there += [(weight * choices[name] * p, new) for p, new in results]
                        ways = there
                    else:
                        for role in stage.roles:
                            there = []
                            for share, now in ways:
                                if self.ended(now):
                                    there.append((share, now))
                                    continue
                                for name in self.legal(k, state)[role]:
                                    taken[t, k, role, name] += share * choices[role][name]
                                    results = self.effect(stage.options[role][name], now)[1]
                                    there += [(share * choices[role][name] * p, new) for p, new in results]
                            ways = there
                    for share, new in ways:
                        if self.ended(new):
                            ended[t, self.outcome(new) or ""] += share
                        else:
                            after[new] += share
                mass = after
        for state, weight in mass.items():
            left[self.outcome(state) or ""] += weight
        return taken, ended, left, 0.0
