"""A slow and plain player of games: formulas by Python's own tree, states as tuples, values by recursion.

It shares no code with the engine: what the engine computes on columns, rows and arrays is computed here one state at a
time, so that the two can be held against each other.
"""

from __future__ import annotations

import ast
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

from blocs.language.theory import Theory

State = tuple[Any, ...]


class Ranked(int):
    """The rank of a named value that knows the names."""

    values: tuple[str, ...]

    def __new__(cls, rank: int, values: tuple[str, ...]) -> Ranked:
        made = super().__new__(cls, rank)
        made.values = values
        return made


class Unknown(Exception):
    """A name that means nothing where it stands."""


FUNCTIONS = {
    "min": min,
    "max": max,
    "abs": abs,
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "logistic": lambda x: 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x)),
    "clip": lambda x, low, high: min(max(x, low), high),
}
COMPARE = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}
ARITHMETIC = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


@lru_cache(maxsize=8192)
def _tree(text: str) -> ast.expr:
    return ast.parse(" ".join(text.split()), mode="eval").body


def scalar(text: str, env: Mapping[str, Any], define: Mapping[str, str] | None = None) -> Any:
    """Compute a formula for one state: `env` gives numbers, booleans and `Ranked` values."""
    return _visit(_tree(str(text)), env, define or {}, ())


def _visit(node: ast.expr, env: Mapping[str, Any], define: Mapping[str, str], values: tuple[str, ...]) -> Any:
    def see(one: ast.expr, values: tuple[str, ...] = ()) -> Any:
        return _visit(one, env, define, values)

    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            if name in values:
                return Ranked(values.index(name), values)
            if name in ("true", "false"):
                return name == "true"
            if name in env:
                return env[name]
            if name in define:
                return scalar(define[name], env, define)
            raise Unknown(name)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not see(operand)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -see(operand)
        case ast.UnaryOp(operand=operand):
            return see(operand)
        case ast.BinOp(left=left, op=operator, right=right):
            return ARITHMETIC[type(operator)](see(left), see(right))
        case ast.BoolOp(op=ast.And(), values=parts):
            return all([see(part) for part in parts])
        case ast.BoolOp(values=parts):
            return any([see(part) for part in parts])
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return see(body, values) if see(test) else see(orelse, values)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return FUNCTIONS[name](*[see(one) for one in arguments])
        case ast.Compare(left=left, ops=operators, comparators=rights):
            for operator, right in zip(operators, rights, strict=True):
                if not _compare(left, operator, right, see):
                    return False
                left = right
            return True
    raise TypeError(ast.dump(node))


def _compare(left: ast.expr, operator: ast.cmpop, right: ast.expr, see: Any) -> bool:
    if isinstance(operator, ast.In | ast.NotIn):
        one = see(left)
        found = any(one == see(item, getattr(one, "values", ())) for item in right.elts)  # type: ignore[attr-defined]
        return found if isinstance(operator, ast.In) else not found
    try:
        one = see(left)
        two = see(right, getattr(one, "values", ()))
    except Unknown:
        two = see(right)
        one = see(left, getattr(two, "values", ()))
    return COMPARE[type(operator)](one, two)


class Oracle:
    """One game, played out state by state.

    Parameters
    ----------
    theory : Theory
    steps : int
    values : mapping
        Parameters, and facts that differ from their defaults.
    restrictions : sequence of (stage, option, first step, last step, forced)
    """

    def __init__(
        self,
        theory: Theory,
        steps: int,
        values: Mapping[str, Any],
        step_years: float = 1.0,
        restrictions: Sequence[tuple[int, str, int, int, bool]] = (),
    ) -> None:
        self.theory, self.steps, self.restrictions = theory, steps, restrictions
        self.constants: dict[str, Any] = {"step_years": step_years}
        for name, spec in theory.facts.items():
            value = values.get(name, spec.default)
            self.constants[name] = Ranked(spec.type.index(value), spec.type) if isinstance(spec.type, tuple) else value
        self.constants.update({name: values[name] for name in theory.parameters})
        self.roles = list(theory.roles)
        self.names = list(theory.state)
        self.start = self.normalise(tuple(self.read(name, spec.start) for name, spec in theory.state.items()))
        self._nodes: dict[Any, Any] = {}
        self._begin: dict[Any, Any] = {}
        self._moves: dict[Any, Any] = {}
        self._pay: dict[State, list[float]] = {}

    # ---- states

    def read(self, name: str, value: Any) -> Any:
        """Return a value of a variable as it is kept in a state; None is the first one."""
        spec = self.theory.state[name]
        if spec.values is not None:
            return spec.values.index(value) if value is not None else 0
        if spec.range is not None:
            return int(value) if value is not None else spec.range[0]
        return str(value).lower() == "true"

    def env(self, state: State) -> dict[str, Any]:
        seen: dict[str, Any] = dict(self.constants)
        for name, value in zip(self.names, state, strict=True):
            values = self.theory.state[name].values
            seen[name] = Ranked(value, values) if values is not None else value
        return seen

    def formula(self, text: Any, state: State) -> Any:
        return scalar(str(text), self.env(state), self.theory.define)

    def number(self, text: Any, state: State | None = None) -> float:
        return float(self.formula(text, self.start if state is None else state))

    def normalise(self, state: State) -> State:
        for name, condition in self.theory.forget.items():
            if self.formula(condition, state):
                place = self.names.index(name)
                state = (*state[:place], self.read(name, None), *state[place + 1 :])
        return state

    def ended(self, state: State) -> bool:
        return self.theory.ends_when is not None and bool(self.formula(self.theory.ends_when, state))

    def outcome(self, state: State) -> str | None:
        for label, condition in self.theory.outcomes.items():
            if condition == "otherwise" or self.formula(condition, state):
                return label
        return None

    def target(self, settings: Mapping[str, Any], state: State) -> State:
        new = list(state)
        for name, target in settings.items():
            place, spec = self.names.index(name), self.theory.state[name]
            if target in ("next", "previous") and target not in (spec.values or ()):
                new[place] = type(state[place])(state[place] + (1 if target == "next" else -1))
            elif spec.values is not None and target in spec.values:
                new[place] = spec.values.index(target)
            elif spec.values is not None:
                new[place] = int(_visit(_tree(target), self.env(state), self.theory.define, spec.values))
            else:
                value = self.formula(target, state)
                new[place] = bool(value) if spec.range is None else round(value)
        return self.normalise(tuple(new))

    def effect(self, option: Any, state: State) -> tuple[list[float], list[tuple[float, State]]]:
        """Return what an option costs each role in a state, and its results with their probabilities."""
        costs = [self.number(option.cost[role], state) if role in option.cost else 0.0 for role in self.roles]
        if not option.chance:
            return costs, [(1.0, self.target(option.set, state))]
        stated = [None if one.p == "rest" else self.number(one.p, state) for one in option.chance]
        rest = 1 - sum(p for p in stated if p is not None)
        return costs, [
            (rest if p is None else p, self.target({**option.set, **one.set}, state))
            for p, one in zip(stated, option.chance, strict=True)
        ]

    def moves(self, k: int, state: State) -> dict[str, tuple[list[float], list[tuple[float, State]]]]:
        """Return for each legal option what it costs each role, and its results with their probabilities."""
        key = (k, state)
        if key not in self._moves:
            found = {}
            for name, option in self.theory.stages[k].options.items():  # type: ignore[union-attr]
                if option.when is not None and not self.formula(option.when, state):
                    continue
                found[name] = self.effect(option, state)
            self._moves[key] = found
        return self._moves[key]

    def mover(self, k: int) -> int:
        return self.roles.index(self.theory.stages[k].role)  # type: ignore[union-attr]

    # ---- values

    @cached_property
    def discount(self) -> float:
        return self.number(self.theory.play.discount)

    @cached_property
    def after(self) -> float:
        text = self.theory.horizon.after_last_step
        return (
            {"nothing": 0.0, "continue": math.inf}.get(text) if text in ("nothing", "continue") else self.number(text)
        )  # type: ignore[return-value]

    @cached_property
    def precision(self) -> list[float]:
        return [self.number(self.theory.play.precision.get(role, "1")) for role in self.roles]

    def pay(self, state: State) -> list[float]:
        if state not in self._pay:
            self._pay[state] = [
                sum(self.number(term.formula, state) for term in self.theory.payoffs.get(role, {}).values())
                for role in self.roles
            ]
        return self._pay[state]

    def begin(self, t: int, state: State) -> list[float]:
        """Return what each role can expect from the start of a step on."""
        key = (t, state)
        if key not in self._begin:
            pay = self.pay(state)
            if t == self.steps:
                weight = 1 / (1 - self.discount) if math.isinf(self.after) else self.after
                found = [weight * one for one in pay]
            elif self.ended(state):
                found = [one + self.discount * two for one, two in zip(pay, self.begin(t + 1, state), strict=True)]
            else:
                found = [one + two for one, two in zip(pay, self.node(t, 0, state)[0], strict=True)]
            self._begin[key] = found
        return self._begin[key]

    def onward(self, t: int, k: int, state: State) -> list[float]:
        """Return what each role can expect after a move of stage k led to a state."""
        if self.ended(state) or k + 1 == len(self.theory.stages):
            return [self.discount * one for one in self.begin(t + 1, state)]
        return self.node(t, k + 1, state)[0]

    def node(self, t: int, k: int, state: State) -> tuple[list[float], dict[str, float]]:
        """Return what each role can expect at a node, and the choice probabilities there."""
        key = (t, k, state)
        if key not in self._nodes:
            q = {}
            for name, (costs, results) in self.moves(k, state).items():
                q[name] = [-cost for cost in costs]
                for p, after in results:
                    for role, value in enumerate(self.onward(t, k, after)):
                        q[name][role] += p * value
            left = self.left_open(t, k, list(q))
            sigma = dict.fromkeys(q, 0.0)
            sigma |= self.respond({name: q[name][self.mover(k)] for name in left}, self.precision[self.mover(k)])
            value = [sum(sigma[name] * q[name][role] for name in q) for role in range(len(self.roles))]
            self._nodes[key] = (value, sigma)
        return self._nodes[key]

    def left_open(self, t: int, k: int, legal: list[str]) -> list[str]:
        """Return the legal options that the restrictions leave."""
        here = [
            (name, forced)
            for stage, name, first, last, forced in self.restrictions
            if stage == k and first <= t <= last
        ]
        forced = [name for name in legal if (name, True) in here]
        return forced or [name for name in legal if (name, False) not in here]

    def respond(self, q: dict[str, float], precision: float) -> dict[str, float]:
        best = max(q.values())
        if self.theory.play.response == "best":
            tied = [name for name in q if abs(q[name] - best) < 1e-9]
            return {name: 1 / len(tied) if name in tied else 0.0 for name in q}
        if self.theory.play.response == "probit":
            if len(q) == 1:
                return dict.fromkeys(q, 1.0)
            (one, x), (two, y) = q.items()
            p = 0.5 * math.erfc(-precision * (x - y) / 2)
            return {one: p, two: 1 - p}
        weight = {name: math.exp(precision * (value - best)) for name, value in q.items()}
        return {name: one / sum(weight.values()) for name, one in weight.items()}

    # ---- forward

    def play(self) -> tuple[dict[tuple[int, int, str], float], dict[tuple[int, str], float], dict[str, float], float]:
        """Follow the probabilities from the start.

        Returns
        -------
        taken : by (step, stage, option)
        ended : by (step, outcome)
        left : by outcome
        length : float
            Expected number of steps at whose start the crisis is open.
        """
        taken: dict[tuple[int, int, str], float] = defaultdict(float)
        ended: dict[tuple[int, str], float] = defaultdict(float)
        left: dict[str, float] = defaultdict(float)
        length = 0.0
        mass = {self.start: 1.0}
        for t in range(self.steps):
            length += sum(mass.values())
            for k in range(len(self.theory.stages)):
                after: dict[State, float] = defaultdict(float)
                for state, weight in mass.items():
                    sigma = self.node(t, k, state)[1]
                    for name, (_, results) in self.moves(k, state).items():
                        taken[t, k, name] += weight * sigma[name]
                        for p, new in results:
                            if self.ended(new):
                                ended[t, self.outcome(new) or ""] += weight * sigma[name] * p
                            else:
                                after[new] += weight * sigma[name] * p
                mass = after
        for state, weight in mass.items():
            left[self.outcome(state) or ""] += weight
        return taken, ended, left, length

    def outcomes(self) -> dict[str, float]:
        """Return the probability of each outcome."""
        _, ended, left, _ = self.play()
        total = dict.fromkeys(self.theory.outcomes, 0.0)
        for (_, label), weight in ended.items():
            total[label] += weight
        for label, weight in left.items():
            total[label] += weight
        return total

    def reach(self) -> tuple[list[list[set[State]]], set[State], set[State]]:
        """Return the open states at each step and stage, the ended states, and the open states after the last step."""
        found: list[list[set[State]]] = []
        ended: set[State] = set()
        here = {self.start}
        for _ in range(self.steps):
            found.append([])
            for k in range(len(self.theory.stages)):
                found[-1].append(here)
                after = {new for state in here for _, results in self.moves(k, state).values() for _, new in results}
                over = {state for state in after if self.ended(state)}
                ended |= over
                here = after - over
        return found, ended, here
