"""Random small theories, for tests that hold the engine against a plain recursion.

Hypothesis draws a seed and the theory is made from it: made entry by entry, most theories would have a state or two.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st
from tests.oracle import Oracle

from blocs.language.theory import Theory

LETTERS = ("low", "middle", "high")


@dataclass(frozen=True)
class Drawn:
    """A theory, how many steps it is played for, and values of its parameters."""

    theory: Theory
    steps: int
    values: dict[str, float]
    seed: int

    def oracle(self, **values: float) -> Oracle:
        """Return the plain player of this theory."""
        return Oracle(self.theory, self.steps, {**self.values, **values})


def theories(
    response: str = "logit", discounts: tuple[str, ...] = ("1", "0.9", "logistic(p0)"), most_steps: int = 4
) -> st.SearchStrategy[Drawn]:
    """Return a strategy for small theories: 2-4 variables, 1-3 stages and roles, chance, costs, forgetting, an end."""

    def make(seed: int) -> Drawn | None:
        return Maker(seed).theory(response, discounts, most_steps)

    return st.integers(0, 2**32 - 1).map(make).filter(lambda drawn: drawn is not None)  # type: ignore[return-value]


def joint_theories(most_steps: int = 3) -> st.SearchStrategy[Drawn]:
    """Return a strategy for small theories with stages in which two or three roles choose at once."""

    def make(seed: int) -> Drawn | None:
        return Maker(seed, joint=True).theory("logit", ("1", "0.9", "logistic(p0)"), most_steps)

    return st.integers(0, 2**32 - 1).map(make).filter(lambda drawn: drawn is not None)  # type: ignore[return-value]


class Maker:
    """Makes one theory from a seed; with `joint`, in most of its stages several roles choose at once."""

    def __init__(self, seed: int, joint: bool = False) -> None:
        self.seed, self.rng, self.joint = seed, Random(seed), joint
        self.variables: dict[str, dict[str, Any]] = {}
        self.parameters = [f"p{i}" for i in range(self.rng.randint(1, 3))]
        self.others = ["size", "step_years"]

    def often(self, chance: float) -> bool:
        return self.rng.random() < chance

    def number(self) -> float:
        return self.rng.randint(-20, 20) / 8

    def make_variables(self) -> None:
        pick = self.rng
        for i in range(pick.randint(2, 4)):
            kind = pick.choice(["names", "boolean", "integer"])
            if kind == "names":
                values = [f"{one}{i}" for one in LETTERS[: pick.randint(2, 3)]]
                self.variables[f"v{i}"] = {"values": values, "start": pick.choice(values)}
            elif kind == "boolean":
                self.variables[f"v{i}"] = {"type": "boolean", "start": pick.choice([False, True])}
            else:
                low = pick.randint(-1, 2)
                high = low + pick.randint(1, 2)
                self.variables[f"v{i}"] = {"range": [low, high], "start": pick.randint(low, high)}

    def condition(self, depth: int = 1) -> str:
        """Return a condition on the state and a fact."""
        pick = self.rng
        if depth and self.often(0.25):
            one, two = self.condition(depth - 1), self.condition(depth - 1)
            return pick.choice([f"({one}) and ({two})", f"({one}) or {two}", f"not ({one})"])
        name = pick.choice([*self.variables, "gate"])
        spec = self.variables.get(name, {})
        if "values" in spec:
            value = pick.choice(spec["values"])
            return pick.choice(
                [
                    f"{name} == {value}",
                    f"{name} < {value}",
                    f"{value} <= {name}",
                    f"{name} != {value}",
                    f"{name} in [{value}, {spec['values'][0]}]",
                ]
            )
        if "range" in spec:
            value = pick.randint(*spec["range"])
            return pick.choice([f"{name} == {value}", f"{name} >= {value}", f"{name} + 1 < {value} * 2"])
        return pick.choice([name, f"not {name}", f"{name} == true"])

    def formula(self, depth: int = 2) -> str:
        """Return a number that depends on the state, parameters and facts."""
        pick = self.rng
        kind = pick.randint(0, 7) if depth else pick.randint(0, 3)
        if kind == 0:
            return str(self.number())
        if kind == 1:
            return pick.choice([*self.parameters, *self.others])
        if kind == 2:
            return f"({self.number()} * {pick.choice(list(self.variables))})"
        if kind == 3:
            return f"{pick.choice(self.parameters)} * ({self.condition()})"
        if kind == 4:
            return f"({self.formula(depth - 1)} {pick.choice('+-*')} {self.formula(depth - 1)})"
        if kind == 5:
            return f"({self.formula(depth - 1)} if {self.condition()} else {self.formula(depth - 1)})"
        if kind == 6:
            shape = pick.choice(
                ["logistic({})", "exp(-abs({}))", "sqrt(1 + ({}) ** 2)", "log(2 + abs({}))", "clip({}, -1.37, 1.41)"]
            )
            return shape.format(self.formula(depth - 1))
        return f"max({self.formula(depth - 1)}, {self.formula(depth - 1)}, {self.number()})"

    def settings(self, when: list[str] | None, most: int = 2) -> dict[str, Any]:
        """Return what an option sets; conditions that keep `next` and `previous` inside the values are added to `when`.

        Without a list to add to, neither is chosen.
        """
        pick, found = self.rng, {}
        for name in pick.sample(list(self.variables), min(pick.randint(0, most), len(self.variables))):
            spec = self.variables[name]
            kind = pick.choice(["value", "formula"] if when is None else ["value", "step", "step", "formula"])
            if "values" in spec:
                first, last = spec["values"][0], spec["values"][-1]
                one, two = pick.choice(spec["values"]), pick.choice(spec["values"])
                value, formula = one, f"{one} if {self.condition()} else {two}"
            elif "range" in spec:
                first, last = spec["range"]
                value = pick.randint(first, last)
                formula = pick.choice(
                    [
                        f"min({last}, {name} + 1)",
                        f"max({first}, {name} - gate)",
                        f"{first} if {self.condition()} else {name}",
                    ]
                )
            else:
                first, last = "false", "true"
                value, formula = pick.choice([False, True]), self.condition()
            if kind == "step" and when is not None:
                up = pick.choice([False, True])
                when.append(f"{name} != {last if up else first}")
                found[name] = "next" if up else "previous"
            else:
                found[name] = value if kind == "value" else formula
        return found

    def options(self, roles: list[str], most: int, steps: bool = True) -> dict[str, dict[str, Any]]:
        """Return options; without `steps` none sets a variable to its next or previous value."""
        pick = self.rng
        found: dict[str, dict[str, Any]] = {"hold": {}}
        if self.often(0.3):
            # holding may leave something to chance too
            found["hold"]["chance"] = [{"p": "0.25", "set": self.settings(None), "label": "moved"}, {"p": "rest"}]
        for i in range(pick.randint(1, most)):
            when = [self.condition()] if self.often(0.4) else []
            option: dict[str, Any] = {"set": self.settings(when if steps else None)}
            if self.often(0.5):
                p = pick.choice(self.parameters)
                chance = [{"p": f"logistic({p})", "set": self.settings(when if steps else None)}, {"p": "rest"}]
                if self.often(0.5):
                    chance[0]["p"] = f"logistic({p}) * 0.5"
                    middle = pick.choice(["0.125", f"0.5 * logistic({self.formula()})"])
                    chance.insert(1, {"p": middle, "set": self.settings(when if steps else None)})
                option["chance"] = chance
            if when:
                option["when"] = " and ".join(f"({one})" for one in when)
            if self.often(0.6):
                option["cost"] = {role: self.formula() for role in pick.sample(roles, pick.randint(1, len(roles)))}
            found[f"o{i}"] = option
        return found

    def stage(self, name: str, roles: list[str], most: int) -> dict[str, Any]:
        if not self.joint or self.often(0.3):
            return {"stage": name, "role": self.rng.choice(roles), "options": self.options(roles, most)}
        movers = self.rng.sample(roles, self.rng.randint(2, len(roles)))
        # what one has set, another's `next` could carry out of its range
        options = {role: self.options(roles, 2, steps=False) for role in movers}
        return {"stage": name, "roles": movers, "options": options}

    def theory(self, response: str, discounts: tuple[str, ...], most_steps: int) -> Drawn | None:
        """Return a theory, or None where it has ended at the start."""
        pick = self.rng
        self.make_variables()
        roles = [f"r{i}" for i in range(pick.randint(2 if self.joint else 1, 3))]
        stages = [self.stage(f"s{k}", roles, 1 if response == "probit" else 3) for k in range(pick.randint(1, 3))]
        definition = self.formula()
        self.others.append("worth")
        rate = pick.choice(discounts)
        beyond = ["nothing", "2.5", "abs(p0)"] + (["continue", "continue"] if rate != "1" else [])
        rates = ["1.5", f"exp({self.parameters[-1]})", "0.5 + size ** 2"]
        data: dict[str, Any] = {
            "theory": "drawn",
            "roles": dict.fromkeys(roles, ""),
            "facts": {
                "gate": {"type": "boolean", "default": pick.choice([False, True])},
                "size": {"type": "number", "default": self.number()},
            },
            "parameters": {name: {"prior": "Normal(0, 1)"} for name in self.parameters},
            "define": {"worth": definition},
            "state": self.variables,
            "stages": stages,
            "payoffs": {role: {f"t{i}": self.formula() for i in range(pick.randint(0, 3))} for role in roles},
            "play": {
                "discount": rate,
                "response": response,
                "precision": {role: pick.choice(rates) for role in roles if self.often(0.7)},
            },
            "horizon": {"after_last_step": pick.choice(beyond)},
            "outcomes": {"one": self.condition(), "two": self.condition(), "other": "otherwise"},
        }
        if self.often(0.5):
            data["forget"] = {name: self.condition(0) for name in pick.sample(list(self.variables), pick.randint(1, 2))}
        if self.often(0.6):
            data["ends_when"] = self.condition(0)
        values = {name: self.number() for name in self.parameters}
        drawn = Drawn(Theory.model_validate(data), pick.randint(1, most_steps), values, self.seed)
        oracle = drawn.oracle()
        return None if oracle.ended(oracle.start) else drawn
