"""A theory and a case turned into lookups: what is legal, where it leads, and which rows of the tables apply.

Nothing here depends on a parameter. Facts that decide what is legal or where an option leads are fixed now; facts in
payoffs, costs and probabilities stay symbols, so that they can vary from draw to draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.game.rows import RowFormula, combine, distinct, row_formula
from blocs.game.space import Projection, Space, Variable, kind_of
from blocs.language.document import Path, show_path
from blocs.language.formulas import (
    BOOLEAN,
    NUMBER,
    Enumeration,
    Expr,
    FormulaError,
    Kind,
    Scope,
    Symbol,
    evaluate,
    names,
    parse,
    resolve,
    to_text,
)
from blocs.language.formulas.syntax import Arithmetic, Name, Negate, walk

if TYPE_CHECKING:
    from blocs.language.case import Case
    from blocs.language.theory import JointStage, Option, Stage, Theory, VariableSpec

# length of a step in years, known to every formula, so that a theory can speak of time and a case choose its step
STEP_YEARS = {"month": 1 / 12, "quarter": 1 / 4, "half-year": 1 / 2, "year": 1.0}


@dataclass(frozen=True)
class Effect:
    """Where one result of an option leads: what to add to the code of a state.

    `delta` is int64 (point,); `valid` is false where a value would leave its variable's range.
    """

    projection: Projection
    delta: NDArray[np.int64]
    valid: NDArray[np.bool_]


@dataclass(frozen=True)
class Cost:
    """One part of what an option costs a role; `label` names the parameters (or facts) that it consists of."""

    role: int
    label: str
    formula: RowFormula


@dataclass(frozen=True)
class OptionPlan:
    """One option of one stage, as lookups.

    Parameters
    ----------
    name, path : str
    legal : tuple of (Projection, bool array (point,)), or None
        None: legal everywhere.
    effects : tuple of tuples of Effect
        For each result, the effects to add up.
    results : tuple of str
        Label of each result; one empty label where nothing is left to chance.
    chance : tuple of RowFormula or None
        Probability of each result; None where it is the rest. Empty where nothing is left to chance.
    costs : tuple of Cost
        The parts that the cost formulas add up, role by role.
    projection, bundle_of_point : the class of the joint rows of all costs and probabilities
    bundle_rows : int32 array (cost or probability, class)
        Row of each cost, then of each stated probability, in each class.
    """

    name: str
    path: Path
    legal: tuple[Projection, NDArray[np.bool_]] | None
    effects: tuple[tuple[Effect, ...], ...]
    results: tuple[str, ...]
    chance: tuple[RowFormula | None, ...]
    costs: tuple[Cost, ...]
    projection: Projection
    bundle_of_point: NDArray[np.int32]
    bundle_rows: NDArray[np.int32]


@dataclass(frozen=True)
class StagePlan:
    """One role's turn: who moves, and the options.

    A stage of the theory in which several roles choose at once becomes one turn for each of them, in the order in which
    their choices are carried out; nobody sees what the turns before have brought.

    Parameters
    ----------
    name : str
        For people; where several roles choose at once the role is added.
    role : int
    options : tuple of OptionPlan
    number : int
        Place of the stage in the theory.
    turn : int
        Place among the roles that choose at once; zero for a role that chooses alone.
    stage : str
        Name of the stage in the theory.
    occasion : RowFormula or None
        How likely the role is to have an occasion to choose; None: it always has one.
    otherwise : int
        Place among the options of the one that it takes without an occasion; -1 where it always has one.
    """

    name: str
    role: int
    options: tuple[OptionPlan, ...]
    number: int = 0
    turn: int = 0
    stage: str = ""
    occasion: RowFormula | None = None
    otherwise: int = -1


@dataclass(frozen=True)
class Term:
    """One named payoff term of one role."""

    role: int
    name: str
    formula: RowFormula


@dataclass(frozen=True)
class TypePlan:
    """One private type: its probability at the start (None: the rest), and what it shifts, by parameter."""

    name: str
    prior: RowFormula | None
    shifts: Mapping[str, RowFormula]


@dataclass(frozen=True)
class RoleTypes:
    """The private types of one role."""

    role: int
    types: tuple[TypePlan, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that the search for states and the tables need."""

    roles: tuple[str, ...]
    space: Space
    start: int
    facts: Mapping[str, Any]
    fixed_facts: frozenset[str]
    stages: tuple[StagePlan, ...]
    ends: tuple[Projection, NDArray[np.bool_]]
    forget: tuple[tuple[int, Projection, NDArray[np.int64]], ...]
    terms: tuple[Term, ...]
    outcomes: tuple[str, ...]
    outcome_of: tuple[Projection, NDArray[np.int32]]
    discount: RowFormula
    after: RowFormula | None
    forever: bool
    precision: tuple[RowFormula, ...]
    response: str
    types: tuple[RoleTypes, ...] = ()
    symbols: Mapping[str, Symbol] = field(default_factory=dict)


def make_plan(theory: Theory, case: Case | None, step_years: float) -> Plan:
    """Resolve every formula of a theory for one case.

    Parameters
    ----------
    theory : Theory
    case : Case or None
        None: the theory on its own, where it needs no facts.
    step_years : float
        Length of a step in years.

    Raises
    ------
    InputError
        With every problem found.
    """
    return _Planner(theory, case, step_years).plan()


class _Planner:
    """Collects problems while formulas are resolved, so that all are told at once."""

    def __init__(self, theory: Theory, case: Case | None, step_years: float) -> None:
        self.theory = theory
        self.problems: list[Problem] = []
        self.used_by_structure: set[str] = set()
        self.roles = tuple(theory.roles)
        self.space = Space(tuple(_variable(name, spec) for name, spec in theory.state.items()))
        self.facts: dict[str, Any] = {"step_years": step_years}
        symbols = {v.name: Symbol("state", v.kind) for v in self.space.variables}
        symbols["step_years"] = Symbol("constant", NUMBER)
        for name, spec in theory.facts.items():
            kind: Kind = (
                Enumeration(tuple(spec.type))
                if isinstance(spec.type, list | tuple)
                else (BOOLEAN if spec.type == "boolean" else NUMBER)
            )
            symbols[name] = Symbol("fact", kind)
            value = case.facts[name].value if case is not None and name in case.facts else spec.default
            if value is None:
                self.problem(("facts", name), f"the fact `{name}` has no value in the case")
            self.facts[name] = fact_value(kind, value)
        self.structure = dict(symbols)
        symbols.update({name: Symbol("parameter", NUMBER) for name in theory.parameters})
        definitions: dict[str, Expr] = {}
        for name, text in theory.define.items():
            try:
                definitions[name] = parse(str(text))
            except FormulaError as error:
                self.fail(("define", name), error)
        self.full = Scope(symbols, definitions)
        self.narrow = Scope(self.structure, definitions)
        self.start = self.start_code(case)

    def problem(self, path: Path, message: str, hint: str = "", offset: int | None = None) -> None:
        self.problems.append(self.theory.origins.problem(path, message, hint, offset=offset))

    def fail(self, path: Path, error: FormulaError) -> None:
        self.problem(path, error.message, error.hint, error.offset)

    def start_code(self, case: Case | None) -> int:
        ranks = []
        for variable in self.space.variables:
            spec = self.theory.state[variable.name]
            value: Any = spec.start if spec.start is not None else variable.labels[0]
            if case is not None and variable.name in case.start:
                value = case.start[variable.name].value
            try:
                ranks.append(variable.rank(value))
            except KeyError:
                expected = ", ".join(variable.labels[:8])
                self.problem(
                    ("state", variable.name, "start"),
                    f"`{value}` is not a value of `{variable.name}`; expected one of {expected}",
                )
                ranks.append(0)
        return self.space.encode(ranks)

    def resolve(self, path: Path, text: Any, scope: Scope, expected: Kind) -> Expr | None:
        try:
            return resolve(parse(_as_text(text)), scope, expected)[0]
        except FormulaError as error:
            if scope is self.narrow and self.needs_parameters(text, expected):
                self.problem(
                    path,
                    "a parameter cannot decide what is legal, where an option leads or how a crisis is named",
                    "use facts and state variables here",
                )
            else:
                self.fail(path, error)
            return None

    def needs_parameters(self, text: Any, expected: Kind) -> bool:
        """Tell whether a formula has a meaning only where parameters may be mentioned, by itself or its definitions."""
        context = expected if isinstance(expected, Enumeration) else None

        def resolves(scope: Scope) -> bool:
            try:
                resolve(parse(_as_text(text)), scope, context)
            except FormulaError:
                return False
            return True

        return resolves(self.full) and not resolves(self.narrow)

    def lookup(self, path: Path, text: Any, expected: Kind) -> tuple[Projection, NDArray[Any]] | None:
        """Tabulate a formula of state and facts."""
        expr = self.resolve(path, text, self.narrow, expected)
        if expr is None:
            return None
        mentioned = names(expr)
        self.used_by_structure |= mentioned & (self.theory.facts.keys() | {"step_years"})
        projection = self.space.projection(mentioned)
        value = evaluate(expr, {**self.facts, **projection.values})
        return projection, np.array(np.broadcast_to(np.asarray(value), (projection.size,)))

    def rows(self, path: Path, text: Any) -> RowFormula | None:
        expr = self.resolve(path, text, self.full, NUMBER)
        return row_formula(show_path(path), expr, self.space) if expr is not None else None

    def constant(self, path: Path, text: Any) -> RowFormula | None:
        """Prepare a formula that may not mention the state: a precision, a discount or the chance of an occasion."""
        formula = self.rows(path, text)
        if formula is not None and formula.projection.positions:
            self.problem(path, "this may depend on parameters and facts, not on the state")
        return formula

    def plan(self) -> Plan:
        theory = self.theory
        ends = self.lookup(("ends_when",), theory.ends_when if theory.ends_when is not None else "false", BOOLEAN)
        forget = [self.forgetting(name, text) for name, text in theory.forget.items()]
        stages = [turn for i, stage in enumerate(theory.stages) for turn in self.stage(i, stage)]
        terms = []
        for role, named in theory.payoffs.items():
            for term, spec in named.items():
                formula = self.rows(("payoffs", role, term, "formula"), spec.formula)
                if formula is not None and role in self.roles:
                    terms.append(Term(self.roles.index(role), term, formula))
        outcome_of = self.outcomes()
        play = theory.play
        discount = self.constant(("play", "discount"), play.discount)
        precision = [self.constant(("play", "precision", role), play.precision.get(role, 1)) for role in self.roles]
        after_text = theory.after_last_step.strip()
        special = {"continue": None, "nothing": 0}
        after_text = special.get(after_text, after_text) if isinstance(after_text, str) else after_text
        after = self.constant(("horizon", "after_last_step"), after_text) if after_text is not None else None
        types = self.types()
        if self.problems:
            raise InputError(self.problems)
        assert ends is not None and discount is not None and outcome_of is not None
        return Plan(
            roles=self.roles,
            space=self.space,
            start=self.start,
            facts=self.facts,
            fixed_facts=frozenset(self.used_by_structure),
            stages=tuple(stages),
            ends=ends,
            forget=tuple(one for one in forget if one is not None),
            terms=tuple(terms),
            outcomes=tuple(theory.outcomes),
            outcome_of=outcome_of,
            discount=discount,
            after=after,
            forever=theory.forever,
            precision=tuple(one for one in precision if one is not None),
            response=play.response,
            types=types,
            symbols=self.full.symbols,
        )

    def types(self) -> tuple[RoleTypes, ...]:
        """Prepare the private types; the types of a role are in the order of the theory."""
        found = []
        for role, types in self.theory.types.items():
            plans = []
            for name, spec in types.items():
                path: Path = ("types", role, name)
                prior = None if spec.prior.strip() == "rest" else self.constant((*path, "prior"), spec.prior)
                shifts = {shifted: self.constant((*path, "set", shifted), text) for shifted, text in spec.set.items()}
                plans.append(TypePlan(name, prior, {key: one for key, one in shifts.items() if one is not None}))
            if role in self.roles and plans:
                found.append(RoleTypes(self.roles.index(role), tuple(plans)))
        return tuple(sorted(found, key=lambda one: one.role))

    def forgetting(self, name: str, text: Any) -> tuple[int, Projection, NDArray[np.int64]] | None:
        found = self.lookup(("forget", name), text, BOOLEAN)
        if found is None or name not in self.space.index:
            return None
        projection, when = found
        own = self.space.projection({name})
        # back to the first value: take away what the variable adds to the code
        reset = -own.ranks[name] * self.space.strides[self.space.index[name]]
        joint, (condition, value) = combine(
            [(projection, when.astype(np.int32)), (own, np.arange(own.size, dtype=np.int32))], self.space
        )
        return self.space.index[name], joint, np.where(condition == 1, reset[value], 0)

    def stage(self, i: int, stage: Stage | JointStage) -> list[StagePlan]:
        """Return the turns of a stage."""
        from blocs.language.theory import JointStage

        if not isinstance(stage, JointStage):
            turn = self.turn(i, 0, stage.stage, stage.stage, stage.role, ("options",), stage.options)
            return [self.occasion(turn, ("stages", i, "occasion"), stage.occasion, stage.otherwise)]
        if self.theory.play.response != "logit":
            self.problem(("stages", i), "roles that choose at once answer by `response: logit` only")
        turns = [
            self.turn(i, j, f"{stage.stage} ({role})", stage.stage, role, ("options", role), stage.options[role])
            for j, role in enumerate(stage.roles)
        ]
        return [
            self.occasion(
                turn, ("stages", i, "occasion", role), stage.occasion.get(role), stage.otherwise.get(role, "hold")
            )
            for turn, role in zip(turns, stage.roles, strict=True)
        ]

    def occasion(self, turn: StagePlan, path: Path, text: str | None, otherwise: str) -> StagePlan:
        """Return a turn with its occasions, where it speaks of them."""
        if text is None:
            return turn
        place = next((place for place, option in enumerate(turn.options) if option.name == otherwise), -1)
        if place < 0 and not self.problems:
            self.problem(path, f"`{otherwise}` is what the role does without an occasion; it cannot be taken away")
        return replace(turn, occasion=self.constant(path, text), otherwise=place)

    def turn(
        self, i: int, j: int, name: str, stage: str, role: str, path: Path, options: Mapping[str, Option]
    ) -> StagePlan:
        planned = [self.option(("stages", i, *path, key), key, option) for key, option in options.items()]
        number = self.roles.index(role) if role in self.roles else 0
        return StagePlan(name, number, tuple(one for one in planned if one is not None), i, j, stage)

    def option(self, path: Path, name: str, option: Option) -> OptionPlan | None:
        legal = None
        if option.when is not None:
            legal = self.lookup((*path, "when"), option.when, BOOLEAN)
        branches = option.chance or ()
        effects, chance = [], []
        for j, branch in enumerate(branches):
            effects.append(self.effects((*path, "chance", j, "set"), {**option.set, **branch.set}))
            chance.append(None if branch.p.strip() == "rest" else self.rows((*path, "chance", j, "p"), branch.p))
        if not branches:
            effects.append(self.effects((*path, "set"), option.set))
        costs = []
        for role, text in option.cost.items():
            where = (*path, "cost", role)
            expr = self.resolve(where, text, self.full, NUMBER)
            if expr is not None and role in self.roles:
                for part in addends(expr):
                    formula = row_formula(show_path(where), part, self.space)
                    costs.append(Cost(self.roles.index(role), self.name_part(part), formula))
        if self.problems:
            return None
        stated = [formula for formula in chance if formula is not None]
        parts = [cost.formula for cost in costs] + stated
        joint, members = combine([(part.projection, part.row_of_point) for part in parts], self.space)
        bundle_of_point, bundle_rows = distinct(members)
        return OptionPlan(
            name=name,
            path=path,
            legal=legal,
            effects=tuple(effects),
            results=tuple(branch.label or f"result {j + 1}" for j, branch in enumerate(branches)) or ("",),
            chance=tuple(chance),
            costs=tuple(costs),
            projection=joint,
            bundle_of_point=bundle_of_point,
            bundle_rows=bundle_rows,
        )

    def name_part(self, part: Expr) -> str:
        """Name a part of a sum by its parameters, else by its facts, else by its text."""
        mentioned = [node.name for node in walk(part) if isinstance(node, Name)]
        for known in (self.theory.parameters, self.theory.facts):
            found = list(dict.fromkeys(name for name in mentioned if name in known))
            if found:
                return ", ".join(found)
        return to_text(part)

    def effects(self, path: Path, settings: Mapping[str, Any]) -> tuple[Effect, ...]:
        result = []
        for name, target in settings.items():
            if name not in self.space.index:
                continue
            effect = self.effect((*path, name), name, target)
            if effect is not None:
                result.append(effect)
        return tuple(result)

    def effect(self, path: Path, name: str, target: Any) -> Effect | None:
        variable = self.space.variables[self.space.index[name]]
        target = target.strip() if isinstance(target, str) else target
        own = self.space.projection({name})
        if target in ("next", "previous") and not isinstance(target, bool) and target not in variable.labels:
            projection, new = own, own.ranks[name] + (1 if target == "next" else -1)
        else:
            try:
                projection, new = own, np.full(own.size, variable.rank(target))
            except KeyError:
                found = self.lookup(path, target, variable.kind)
                if found is None:
                    return None
                projection, new = found
                new = _whole(new.astype(np.float64) - variable.low, variable.size)
        joint, (new_at, old) = combine(
            [(projection, new.astype(np.int32)), (own, np.arange(own.size, dtype=np.int32))], self.space
        )
        valid = (new_at >= 0) & (new_at < variable.size)
        stride = self.space.strides[self.space.index[name]]
        delta = np.where(valid, (new_at.astype(np.int64) - old) * stride, 0)
        return Effect(joint, delta, valid)

    def outcomes(self) -> tuple[Projection, NDArray[np.int32]] | None:
        parts = []
        for label, text in self.theory.outcomes.items():
            text = "true" if text.strip() == "otherwise" else text
            found = self.lookup(("outcomes", label), text, BOOLEAN)
            if found is not None:
                parts.append((found[0], found[1].astype(np.int32)))
        if not parts:
            return self.space.projection(set()), np.full(1, -1, dtype=np.int32)
        if len(parts) < len(self.theory.outcomes):
            return None
        joint, members = combine(parts, self.space)
        first = np.argmax(members, axis=0).astype(np.int32)
        return joint, np.where(members.any(axis=0), first, -1).astype(np.int32)


def addends(expr: Expr) -> list[Expr]:
    """Return the parts of a sum, each with its sign; a formula that is no sum is its own only part."""
    match expr:
        case Arithmetic("+", left, right):
            return [*addends(left), *addends(right)]
        case Arithmetic("-", left, right):
            return [*addends(left), *(Negate(part) for part in addends(right))]
        case Negate(operand):
            return [Negate(part) for part in addends(operand)]
        case _:
            return [expr]


def _variable(name: str, spec: VariableSpec) -> Variable:
    if spec.values is not None:
        labels = tuple(str(value) for value in spec.values)
        return Variable(name, labels, kind_of(labels, False))
    if spec.range is not None:
        low, high = spec.range
        return Variable(name, tuple(str(value) for value in range(low, high + 1)), NUMBER, low)
    return Variable(name, ("false", "true"), BOOLEAN)


def fact_value(kind: Kind, value: Any) -> Any:
    """Return a fact as formulas see it: the rank of a named value, a boolean, or a float."""
    if value is None:
        return 0.0
    if isinstance(kind, Enumeration):
        return kind.values.index(str(value))
    return bool(value) if kind == BOOLEAN else float(value)


def _whole(ranks: NDArray[np.float64], size: int) -> NDArray[np.int64]:
    """Return ranks as integers; -1 for what lies outside the values or between them."""
    with np.errstate(invalid="ignore"):
        near = np.clip(np.round(ranks), -1, size)
        # sums such as 0.1 + 0.2 + 0.7 miss a whole number by less
        whole = np.abs(ranks - near) < 1e-9
    return np.where(whole, near, -1).astype(np.int64)


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
