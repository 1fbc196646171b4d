"""Everything that can be said of a theory without searching its states."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import prod
from typing import Any

from blocs.language.check_types import check_types
from blocs.language.document import Path
from blocs.language.event_codes import wrong_cameo, wrong_plover
from blocs.language.findings import Findings, closest
from blocs.language.formula_checks import FormulaChecker, kind_of_variable
from blocs.language.formulas.syntax import BOOLEAN, NUMBER, Enumeration, Number
from blocs.language.measures import parse_measure
from blocs.language.naming import check_names
from blocs.language.theory import (
    NEXT,
    OTHERWISE,
    PREVIOUS,
    REST,
    Branch,
    FactSpec,
    JointStage,
    Option,
    Stage,
    Theory,
    VariableSpec,
)
from blocs.language.values import wrong_fact, wrong_variable

# a rank is stored in two bytes
MAX_VALUES = 65_536
# sums of decimal fractions such as 0.1 + 0.2 + 0.7 are off by less
_ROUNDING = 1e-9
# combinations of options that roles who choose at once may have: their stage game is solved as a whole
MAX_PROFILES = 1000


def check_theory(theory: Theory, findings: Findings) -> FormulaChecker:
    """Note all problems of a theory; return what was learnt of its formulas."""
    checker = _TheoryChecker(theory, findings)
    checker.run()
    return checker.formulas


class _TheoryChecker:
    def __init__(self, theory: Theory, findings: Findings) -> None:
        self.theory = theory
        self.findings = findings
        self.error = findings.error
        self.warn = findings.warn
        self.set_variables: set[str] = set()
        # a state variable that is wrong in itself would make every formula wrong
        self.facts()
        self.variables()
        check_names(theory, findings)
        self.formulas = FormulaChecker(theory, findings)

    def run(self) -> None:
        """Check the parts of the theory in order."""
        for number, stage in enumerate(self.theory.stages):
            self.stage(("stages", number), stage)
        self.twice("stages", "stage", [stage.stage for stage in self.theory.stages])
        self.forget()
        if self.theory.ends_when is not None:
            self.formulas.check(("ends_when",), self.theory.ends_when, "structure", BOOLEAN)
        self.payoffs()
        check_types(self.theory, self.formulas, self.findings)
        self.play()
        self.outcomes()
        self.unused()

    def role(self, path: Path, role: str) -> None:
        """Check that a role exists."""
        if role not in self.theory.roles:
            self.error(path, f"the theory has no role `{role}`", closest(role, self.theory.roles))

    def twice(self, section: str, key: str, names: Iterable[str]) -> None:
        """Check that a name stands once in a list."""
        first: dict[str, int] = {}
        for number, name in enumerate(names):
            if name in first:
                line = self.findings.line((section, first[name]))
                self.error((section, number, key), f"`{name}` stands here twice; the first is{line or ' above'}")
            first.setdefault(name, number)

    def facts(self) -> None:
        """Check what the facts are."""
        for name, spec in self.theory.facts.items():
            path = ("facts", name)
            if isinstance(spec.type, tuple):
                self.distinct((*path, "type"), spec.type)
            if isinstance(spec.type, tuple) or spec.type == "boolean":
                for bound in ("low", "high"):
                    if getattr(spec, bound) is not None:
                        self.error((*path, bound), "only numbers have a least and a greatest value", "remove it")
            elif spec.low is not None and spec.high is not None and spec.low > spec.high:
                self.error((*path, "low"), f"`low` is above `high`: {spec.low:g} and {spec.high:g}")
            if spec.default is not None and (wrong := wrong_fact(spec, spec.default)):
                self.error((*path, "default"), *wrong)
            if spec.measure is not None:
                self.measure((*path, "measure"), spec)
            if not spec.help:
                self.warn(path, f"the fact `{name}` has no `help`", "say what it measures")
        for name, spec in self.theory.parameters.items():
            if not spec.help:
                self.warn(("parameters", name), f"the parameter `{name}` has no `help`", "say what it means")

    def measure(self, path: Path, spec: FactSpec) -> None:
        """Check that data of the field can speak to a fact in the way that it says."""
        try:
            call = parse_measure(spec.measure or "")
        except LookupError as wrong:
            self.error(path, *wrong.args)
            return
        for role in call.roles:
            self.role(path, role)
        kind, measured = spec.type, call.measure.kind
        fits = kind == measured or (kind == "number" and measured in ("share", "count"))
        if not fits:
            what = "an enumeration" if isinstance(kind, tuple) else f"a {kind}"
            self.error(path, f"`{call.name}` is a {measured}, and the fact is {what}", "leave `measure` out")

    def distinct(self, path: Path, values: tuple[str, ...]) -> None:
        """Check the values of an enumeration."""
        if len(set(values)) < len(values):
            again = next(value for number, value in enumerate(values) if value in values[:number])
            self.error(path, f"the value `{again}` stands here twice", "keep one of them")
        if len(values) < 2:
            self.error(path, "an enumeration has at least two values")

    def variables(self) -> None:
        """Check what the state variables are."""
        for name, spec in self.theory.state.items():
            path = ("state", name)
            given = [key for key in ("values", "type", "range") if getattr(spec, key) is not None]
            if len(given) != 1:
                found = " and ".join(f"`{key}`" for key in given) or "none of them"
                self.error(path, f"expected one of `values`, `type` and `range`, found {found}")
                continue
            if spec.values is not None:
                self.distinct((*path, "values"), spec.values)
                if len(spec.values) > MAX_VALUES:
                    self.error((*path, "values"), f"expected at most {MAX_VALUES:,} values")
            if spec.range is not None:
                low, high = spec.range
                if low >= high:
                    self.error((*path, "range"), f"the least value must be below the greatest, not {low} and {high}")
                elif high - low >= MAX_VALUES:
                    self.error((*path, "range"), f"expected at most {MAX_VALUES:,} values, found {high - low + 1:,}")
            if spec.start is not None and (wrong := wrong_variable(spec, spec.start)):
                self.error((*path, "start"), *wrong)

    def stage(self, path: Path, stage: Stage | JointStage) -> None:
        """Check a stage."""
        if isinstance(stage, Stage):
            self.role((*path, "role"), stage.role)
            for name, option in stage.options.items():
                self.option((*path, "options", name), name, option)
            self.secrets((*path, "options"), stage.options)
            told = "otherwise" in stage.model_fields_set
            self.occasion(path, (), stage.occasion, stage.otherwise if told else None, stage.options)
            return
        for number, role in enumerate(stage.roles):
            self.role((*path, "roles", number), role)
            if role in stage.roles[:number]:
                self.error((*path, "roles", number), f"`{role}` stands here twice")
            elif role not in stage.options:
                self.error((*path, "options"), f"`{role}` has no options here", "give at least `hold: {}`")
        profiles = prod(len(options) for options in stage.options.values())
        if profiles > MAX_PROFILES:
            message = f"{profiles:,} combinations of options; expected at most {MAX_PROFILES:,} in one stage"
            self.error((*path, "options"), message, "let some of the roles choose in a stage of their own")
        if self.theory.play.response != "logit":
            message = "roles that choose at once answer by `response: logit` only"
            self.error((*path, "roles"), message, "write `response: logit`, or give each role a stage of its own")
        for role, options in stage.options.items():
            if role not in stage.roles:
                hint = closest(role, stage.roles)
                self.error((*path, "options", role), f"`{role}` is not among the roles of this stage", hint)
            for name, option in options.items():
                self.option((*path, "options", role, name), name, option)
            self.secrets((*path, "options", role), options)
            self.occasion(path, (role,), stage.occasion.get(role), stage.otherwise.get(role), options)
        for key, by_role in (("occasion", stage.occasion), ("otherwise", stage.otherwise)):
            for role in by_role:
                if role not in stage.options:
                    hint = closest(role, stage.roles)
                    self.error((*path, key, role), f"`{role}` is not among the roles of this stage", hint)

    def occasion(
        self, path: Path, role: Path, occasion: str | None, otherwise: str | None, options: dict[str, Option]
    ) -> None:
        """Check how likely a role is to have an occasion, and what it does without one.

        In a stage of several roles `role` names the one, by which what is said of it is found.
        """
        if occasion is None:
            if otherwise is not None:
                message = "`otherwise` says what is done without an occasion, and the stage speaks of none"
                self.error((*path, "otherwise", *role), message, "add `occasion`, or remove it")
            return
        where = (*path, "occasion", *role)
        expr = self.formulas.check(where, occasion, "constant", NUMBER)
        self.formulas.bounded(where, expr, lambda q: 0 <= q <= 1, "a probability from 0 to 1")
        done = "hold" if otherwise is None else otherwise
        if done not in options:
            message = f"`{done}` is no option of this stage, and is done where there is no occasion"
            hint = "say with `otherwise` what is done then" if otherwise is None else closest(done, options)
            self.error(where if otherwise is None else (*path, "otherwise", *role), message, hint)
        elif options[done].when is not None:
            message = f"`{done}` is done where there is no occasion, and must be legal in every state"
            self.error((*path, "options", *role, done, "when"), message, "remove the condition")

    def secrets(self, path: Path, options: dict[str, Option]) -> None:
        """Check that there is something that the others see in place of a secret option."""
        for name, option in options.items():
            if not option.secret:
                continue
            if name == "hold":
                self.error((*path, name, "secret"), "`hold` cannot be secret: it is what the others see of a secret")
            elif "hold" not in options:
                self.error(
                    (*path, name, "secret"), "a secret option needs a `hold` beside it, which the others see", "add it"
                )

    def option(self, path: Path, name: str, option: Option) -> None:
        """Check an option."""
        if option.moved_from is not None:
            known = [stage.stage for stage in self.theory.stages]
            message = (
                f"there is no option `{name}` to be moved from a stage `{option.moved_from}` of an extended theory"
            )
            hint = closest(option.moved_from, known)
            for stage in self.theory.stages:
                if stage.stage == option.moved_from and isinstance(stage, Stage) and name in stage.options:
                    message = f"`{name}` is moved from a stage with other occasions than the role's other options here"
                    hint = f"say which hold here: `occasion: {{{path[3]}: ...}}`"
            self.error((*path, "moved_from"), message, hint)
            return
        if option.when is not None:
            self.formulas.check((*path, "when"), option.when, "structure", BOOLEAN)
        self.settings((*path, "set"), option.set)
        for role, text in option.cost.items():
            self.role((*path, "cost", role), role)
            self.formulas.check((*path, "cost", role), text, "table", NUMBER)
        if option.chance:
            self.chance((*path, "chance"), option.chance)
        for role in re.findall(r"\{(.*?)\}", option.text):
            # `{result}` is what chance decided
            if role != "result" and role not in self.theory.roles:
                hint = closest(role, [*self.theory.roles, "result"])
                self.error((*path, "text"), f"`{{{role}}}` stands for no role of the theory", hint)
        if option.cameo is not None and (wrong := wrong_cameo(option.cameo)):
            self.error((*path, "cameo"), *wrong)
        if option.plover is not None and (wrong := wrong_plover(option.plover)):
            self.error((*path, "plover"), *wrong)
        if name != "hold" and not option.set and not option.chance and not option.cost:
            self.warn(path, f"`{name}` does nothing: it has no `set`, `chance` or `cost`")

    def settings(self, path: Path, settings: dict[str, str]) -> None:
        """Check what an option or a result sets."""
        for name, target in settings.items():
            here = (*path, name)
            self.set_variables.add(name)
            if name not in self.theory.state:
                self.error(here, f"there is no state variable `{name}`", closest(name, self.theory.state))
            else:
                self.target(here, name, self.theory.state[name], target)

    def target(self, path: Path, name: str, spec: VariableSpec, target: str) -> None:
        """Check to what a variable is set."""
        kind = kind_of_variable(spec)
        text = target.strip()
        if text in (NEXT, PREVIOUS):
            if kind == BOOLEAN:
                self.error(path, f"`{name}` is true or false and has no {text} value", "write true or false")
            return
        if isinstance(kind, Enumeration):
            plain = text.replace("_", "a").isalnum() and not text[0].isdigit()
            known = {*self.formulas.known, "true", "false"}
            if plain and text not in kind.values and text not in known:
                self.error(path, f"`{text}` is no value of `{name}`", closest(text, kind.values), 0)
                return
        expr = self.formulas.check(path, target, "structure", kind)
        if spec.range is not None and isinstance(expr, Number):
            low, high = spec.range
            if expr.value != int(expr.value) or not low <= expr.value <= high:
                self.error(path, f"expected a whole number from {low} to {high}, found {expr.value:g}")

    def chance(self, path: Path, branches: tuple[Branch, ...]) -> None:
        """Check the results of an option."""
        rests = [number for number, branch in enumerate(branches) if branch.p.strip() == REST]
        for number in rests[1:]:
            self.error((*path, number, "p"), "only one result can take the rest", f"the first is chance[{rests[0]}]")
        total, exact = 0.0, True
        for number, branch in enumerate(branches):
            here = (*path, number)
            self.settings((*here, "set"), branch.set)
            if branch.p.strip() == REST:
                continue
            expr = self.formulas.check((*here, "p"), branch.p, "table", NUMBER)
            self.formulas.bounded((*here, "p"), expr, lambda p: 0 <= p <= 1, "a probability from 0 to 1")
            if isinstance(expr, Number):
                total += expr.value
            else:
                exact = False
        if total > 1 + _ROUNDING or (exact and not rests and abs(total - 1) > _ROUNDING):
            self.error(path, f"the probabilities add up to {total:g}, not to 1", "let one result have `p: rest`")
        labels = [branch.label for branch in branches]
        for number, label in enumerate(labels):
            if label and label in labels[:number]:
                self.error((*path, number, "label"), f"the label `{label}` stands here twice")
            elif not label and len(labels) > 1:
                self.warn((*path, number), "this result has no `label`", "histories and reports name results")

    def forget(self) -> None:
        """Check what is merged."""
        for name, text in self.theory.forget.items():
            if name not in self.theory.state:
                hint = closest(name, self.theory.state)
                self.error(("forget", name), f"there is no state variable `{name}`", hint)
            self.formulas.check(("forget", name), text, "structure", BOOLEAN)

    def payoffs(self) -> None:
        """Check what the roles receive."""
        for role, terms in self.theory.payoffs.items():
            self.role(("payoffs", role), role)
            for name, term in terms.items():
                self.formulas.check(("payoffs", role, name, "formula"), term.formula, "table", NUMBER)
        for role in self.movers():
            if role in self.theory.roles and not self.theory.payoffs.get(role):
                self.warn(("payoffs",), f"`{role}` chooses, but receives nothing")

    def movers(self) -> list[str]:
        """Return the roles that choose somewhere."""
        return list(dict.fromkeys(role for _, role, _, _ in self.theory.moves()))

    def play(self) -> None:
        """Check how the roles choose, and what lies beyond the last step."""
        play, after = self.theory.play, self.theory.after_last_step.strip()
        discount = self.formulas.check(("play", "discount"), play.discount, "constant", NUMBER)
        self.formulas.bounded(("play", "discount"), discount, lambda d: 0 < d <= 1, "a discount above 0 and at most 1")
        for role, text in play.precision.items():
            path = ("play", "precision", role)
            self.role(path, role)
            expr = self.formulas.check(path, text, "constant", NUMBER)
            self.formulas.bounded(path, expr, lambda value: value >= 0, "a precision of at least 0")
        for role in self.movers():
            if play.response != "best" and role in self.theory.roles and role not in play.precision:
                hint = f"write `{role}: 1`, or a parameter"
                self.error(("play", "precision"), f"`{role}` chooses, but has no precision", hint)
        if after not in ("continue", "nothing"):
            path = ("horizon", "after_last_step")
            expr = self.formulas.check(path, after, "constant", NUMBER)
            self.formulas.bounded(path, expr, lambda steps: steps >= 0, "a number of steps of at least 0")
        elif self.theory.forever:
            if isinstance(discount, Number) and discount.value >= 1:
                message = "a game without a last step needs a discount below 1"
                self.error(("horizon",), message, "lower `play.discount`, or write `{after_last_step: nothing}`")
            if self.theory.types:
                message = "a game without a last step cannot have private types, for beliefs would never come to rest"
                self.error(("horizon",), message, "write `{after_last_step: continue}`")
        elif after == "continue" and isinstance(discount, Number) and discount.value >= 1:
            message = "payoffs that go on for ever need a discount below 1"
            self.error(("horizon", "after_last_step"), message, "lower `play.discount`, or give a number of steps")

    def outcomes(self) -> None:
        """Check the names of how it may end."""
        labels = list(self.theory.outcomes)
        for number, label in enumerate(labels):
            text = self.theory.outcomes[label]
            if text.strip() != OTHERWISE:
                self.formulas.check(("outcomes", label), text, "structure", BOOLEAN)
            elif number < len(labels) - 1:
                message = f"`otherwise` takes everything, so `{labels[number + 1]}` below it never happens"
                self.error(("outcomes", label), message, "put it last")
        if not labels:
            self.warn(("outcomes",), "the theory names no outcomes", "without them there is no forecast of how it ends")

    def unused(self) -> None:
        """Warn of what nothing uses."""
        used = self.formulas.used
        sections: tuple[tuple[str, str, dict[str, Any]], ...] = (
            ("facts", "fact", self.theory.facts),
            ("parameters", "parameter", self.theory.parameters),
            ("define", "definition", self.theory.define),
        )
        for section, what, names in sections:
            for name in names:
                if name not in used:
                    self.warn((section, name), f"no formula uses the {what} `{name}`")
        for name in self.theory.state:
            if name not in used:
                self.warn(("state", name), f"no formula uses the state variable `{name}`")
            elif name not in self.set_variables:
                self.warn(("state", name), f"no option sets the state variable `{name}`", "a constant could be a fact")
        for role in self.theory.roles:
            if role not in self.movers() and role not in self.theory.payoffs:
                self.warn(("roles", role), f"`{role}` neither chooses nor receives anything")
