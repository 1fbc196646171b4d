"""Check every formula of a theory where it stands: syntax, names, kinds of value, and what it may depend on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NoReturn

from blocs.language.document import Path
from blocs.language.findings import Enough, Findings, closest
from blocs.language.formulas.parse import parse
from blocs.language.formulas.resolve import MAX_PARTS, Scope, Symbol, resolve
from blocs.language.formulas.syntax import (
    BOOLEAN,
    NUMBER,
    Enumeration,
    Expr,
    FormulaError,
    Kind,
    Name,
    Number,
    walk,
)
from blocs.language.naming import STEP_YEARS, named, values_of
from blocs.language.theory import Theory, VariableSpec

Place = Literal["structure", "table", "constant"]
"""Where a formula stands: it decides what is possible (no parameter), fills a table (anything), or holds for a whole
game (no state)."""

# The largest shipped theory has 170 formulas of 6,400 characters and, with definitions in place, 1,700 parts;
# definitions go three deep. At these limits a theory is still checked within a second.
MAX_FORMULAS = 4000
MAX_CHARACTERS = 200_000
MAX_ALL_PARTS = 60_000
MAX_NESTING = 30


def kind_of_variable(spec: VariableSpec) -> Kind:
    """Return what a formula sees of a state variable."""
    if spec.values is not None:
        return Enumeration(spec.values)
    return NUMBER if spec.range is not None else BOOLEAN


def symbols_of(theory: Theory) -> dict[str, Symbol]:
    """Return the meaning of every name but the definitions."""
    symbols = {name: Symbol("state", kind_of_variable(spec)) for name, spec in theory.state.items()}
    symbols[STEP_YEARS] = Symbol("constant", NUMBER)
    for name, fact in theory.facts.items():
        boolean = BOOLEAN if fact.type == "boolean" else NUMBER
        symbols[name] = Symbol("fact", Enumeration(fact.type) if isinstance(fact.type, tuple) else boolean)
    symbols.update({name: Symbol("parameter", NUMBER) for name in theory.parameters})
    return symbols


def mentioned(expr: Expr) -> set[str]:
    """Return the names in a formula as they stand."""
    return {node.name for node in walk(expr) if isinstance(node, Name)}


class FormulaChecker:
    """Checks the formulas of one theory, and keeps note of the names that they use."""

    def __init__(self, theory: Theory, findings: Findings) -> None:
        self.theory = theory
        self.findings = findings
        self.used: set[str] = set()
        self.used_in_structure: set[str] = set()
        self.symbols = symbols_of(theory)
        self.values = values_of(theory)
        self.names = named(theory)
        self.known = {*self.symbols, *theory.define, *self.values}
        self.formulas = self.characters = self.parts = 0
        self.definitions: dict[str, Expr] = {}
        self.broken: set[str] = set()
        # of each definition, what it depends on, and the size that it has with its own definitions in place
        self.reach: dict[str, frozenset[str]] = {}
        self.sizes: dict[str, int] = {}
        self.read_definitions()
        self.scope = Scope(self.symbols, self.definitions)
        done: set[str] = set()
        for name in list(self.definitions):
            self.visit(name, [], done)

    def parsed(self, path: Path, text: str) -> Expr | None:
        """Parse a formula; None, with an error noted, where it is none."""
        self.formulas += 1
        self.characters += len(text)
        if self.formulas > MAX_FORMULAS or self.characters > MAX_CHARACTERS:
            self.too_much(path, f"at most {MAX_FORMULAS} with {MAX_CHARACTERS:,} characters in all are read")
        try:
            return parse(text)
        except FormulaError as error:
            self.findings.error(path, error.message, error.hint, error.offset)
            return None

    def too_much(self, path: Path, most: str) -> NoReturn:
        """Note that there are too many formulas, and end the check."""
        self.findings.error(path, f"the theory has too many formulas; {most}")
        raise Enough

    def unknown(self, path: Path, expr: Expr) -> bool:
        """Note the names of a formula that mean nothing; tell whether there are any."""
        wrong = [node for node in walk(expr) if isinstance(node, Name) and node.name not in self.known]
        for node in {node.name: node for node in reversed(wrong)}.values():
            self.findings.error(path, f"unknown name `{node.name}`", self.suggestion(node.name), node.offset)
        return bool(wrong)

    def suggestion(self, name: str) -> str:
        """Return the nearest known name, with what it is and where."""
        if name in self.theory.roles:
            return "formulas speak of state, facts and parameters, not of roles"
        guess = closest(name, [*self.names, *self.values, STEP_YEARS])
        if not guess.startswith("did you mean"):
            return ""
        word = guess.split("`")[1]
        if word in self.names:
            what, path = self.names[word][0]
            return f"{guess[:-1]} ({what}{self.findings.line(path).replace(' on', ',')})?"
        return f"{guess[:-1]} (value of `{self.values[word][0][1]}`)?" if word in self.values else guess

    def read_definitions(self) -> None:
        """Parse the definitions; those with errors count as broken, and what uses them is not told again."""
        for name, text in self.theory.define.items():
            path = ("define", name)
            expr = self.parsed(path, text)
            if expr is None or self.unknown(path, expr):
                self.broken.add(name)
            else:
                self.definitions[name] = expr
                self.used |= {one for one in mentioned(expr) if one in self.theory.define and one != name}

    def visit(self, name: str, above: list[str], done: set[str]) -> None:
        """Check a definition, behind the ones that it uses."""
        if name in done or name not in self.definitions:
            return
        path, expr = ("define", name), self.definitions[name]
        if name in above:
            circle = [*above[above.index(name) :], name]
            self.findings.error(path, f"`{name}` is defined by itself: {' -> '.join(circle)}", "break the circle")
            self.broken.update(circle)
            return
        if len(above) >= MAX_NESTING:
            self.findings.error(path, f"definitions use one another more than {MAX_NESTING} deep", "write some out")
            self.broken.add(name)
            return
        used = mentioned(expr)
        for other in sorted(used & self.definitions.keys()):
            self.visit(other, [*above, name], done)
        done.add(name)
        if name in self.broken or used & self.broken:
            self.broken.add(name)
            return
        self.sizes[name] = self.size(expr)
        resolved = self.resolved(path, expr, None)
        if resolved is None:
            self.broken.add(name)
        else:
            self.reach[name] = frozenset(mentioned(resolved))
            self.used |= self.reach[name]

    def size(self, expr: Expr) -> int:
        """Return the number of parts with all definitions in place, or the most that is resolved."""
        parts = sum(self.sizes.get(node.name, 1) if isinstance(node, Name) else 1 for node in walk(expr))
        return min(parts, MAX_PARTS + 1)

    def resolved(self, path: Path, expr: Expr, expected: Kind | None) -> Expr | None:
        """Give every name its meaning; None, with an error noted, where kinds of value do not fit."""
        self.parts += self.size(expr)
        if self.parts > MAX_ALL_PARTS:
            self.too_much(path, f"with definitions in place, {MAX_ALL_PARTS:,} parts in all are read")
        try:
            return resolve(expr, self.scope, expected)[0]
        except FormulaError as error:
            self.findings.error(path, error.message, error.hint, error.offset)
            return None

    def check(self, path: Path, text: str, place: Place, expected: Kind | None) -> Expr | None:
        """Check one formula; return it parsed if nothing is wrong with it."""
        expr = self.parsed(path, text)
        if expr is None:
            return None
        direct = mentioned(expr)
        self.used |= direct & self.theory.define.keys()
        if self.unknown(path, expr) or direct & self.broken:
            self.used |= direct
            return None
        resolved = self.resolved(path, expr, expected)
        if resolved is None:
            self.used |= direct
            return None
        depends = mentioned(resolved)
        self.used |= depends
        if place == "structure":
            self.used_in_structure |= depends
        return expr if self.may_depend(path, expr, depends, place) else None

    def may_depend(self, path: Path, expr: Expr, depends: set[str], place: Place) -> bool:
        """Tell whether a formula may depend on what it does, where it stands."""
        if place == "table":
            return True
        wrong = sorted(depends & (self.theory.parameters if place == "structure" else self.theory.state).keys())
        if not wrong:
            return True
        offset = next(
            node.offset
            for node in walk(expr)
            if isinstance(node, Name) and (node.name == wrong[0] or wrong[0] in self.reach.get(node.name, ()))
        )
        if place == "structure":
            message = (
                f"`{wrong[0]}` is a parameter, which varies from draw to draw; what is possible cannot depend on it"
            )
            hint = "use facts and state variables here, and parameters in payoffs, costs and probabilities"
        else:
            message = f"`{wrong[0]}` is a state variable; this holds for the whole game and cannot depend on it"
            hint = "use parameters and facts here"
        self.findings.error(path, message, hint, offset)
        return False

    def bounded(self, path: Path, expr: Expr | None, holds: Callable[[float], bool], expected: str) -> None:
        """Check a formula that is a mere number."""
        if isinstance(expr, Number) and not holds(expr.value):
            self.findings.error(path, f"expected {expected}, found {expr.value:g}")
