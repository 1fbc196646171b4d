"""Everything that can be said of private types without computing anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from blocs.language.document import Path
from blocs.language.findings import Findings, closest
from blocs.language.formulas.parse import parse
from blocs.language.formulas.syntax import NUMBER, FormulaError, Name, Number, walk
from blocs.language.naming import STEP_YEARS
from blocs.language.theory import REST, JointStage, Stage, Theory

if TYPE_CHECKING:
    from blocs.language.case import Case
    from blocs.language.formula_checks import FormulaChecker

# sums of decimal fractions such as 0.1 + 0.2 + 0.7 are off by less
_ROUNDING = 1e-9


def check_types(theory: Theory, formulas: FormulaChecker, findings: Findings) -> None:
    """Note all problems of a theory's types.

    Parameters
    ----------
    theory : Theory
    formulas : FormulaChecker
        Of the theory; what the types' formulas use is noted there.
    findings : Findings
        Of the theory.
    """
    if theory.types and theory.play.response != "logit":
        message = (
            f"private types need `response: logit`, under which no option is ruled out, not {theory.play.response}"
        )
        findings.error(("play", "response"), message)
    for number, stage in enumerate(theory.stages):
        if theory.types and isinstance(stage, JointStage):
            message = "stages in which several roles choose at once are not solved together with private types"
            findings.error(("stages", number), message, "let one role choose after the other")
    movers = {role for _, role, _, _ in theory.moves()}
    for role, types in theory.types.items():
        path: Path = ("types", role)
        if role not in theory.roles:
            findings.error(path, f"the theory has no role `{role}`", closest(role, theory.roles))
            continue
        if not types:
            findings.error(path, f"`{role}` has no types here", "give at least two, or remove the line")
        elif role not in movers:
            findings.warn(path, f"`{role}` never chooses, so nobody can learn its type")
        for name, spec in types.items():
            if spec.prior.strip() != REST:
                expr = formulas.check((*path, name, "prior"), spec.prior, "constant", NUMBER)
                formulas.bounded((*path, name, "prior"), expr, lambda p: 0 <= p <= 1, "a probability from 0 to 1")
            for shifted, text in spec.set.items():
                here = (*path, name, "set", shifted)
                formulas.check(here, text, "constant", NUMBER)
                if shifted not in theory.parameters:
                    what = "a definition" if shifted in theory.define else "no parameter"
                    hint = closest(shifted, theory.parameters)
                    hint = "let the definition mention a parameter, and set that" if shifted in theory.define else hint
                    findings.error(here, f"a type sets parameters, and `{shifted}` is {what}", hint)
        alike = [name for name, spec in types.items() if not spec.set]
        if len(types) > 1 and len(alike) == len(types):
            findings.warn(path, f"nothing tells the types of `{role}` apart", "give at least one of them `set`")
        _private(theory, role, formulas, findings)
    _sums(theory, list(theory.types), findings)


def _private(theory: Theory, role: str, formulas: FormulaChecker, findings: Findings) -> None:
    """Note parameters that a type shifts although others, or chance, depend on them."""
    shifted = {name for spec in theory.types[role].values() for name in spec.set if name in theory.parameters}
    entered = {name: where for where, text in _of_others(theory, role) for name in _reached(text, formulas) & shifted}
    for type_, spec in theory.types[role].items():
        for name in spec.set:
            if name in entered:
                message = (
                    f"a type of `{role}` cannot shift `{name}`, which also enters {entered[name]}: a type is what only "
                    "its own role receives and pays"
                )
                hint = f"shift a parameter that only formulas of `{role}` mention; it may be held at 0 otherwise"
                findings.error(("types", role, type_, "set", name), message, hint)


def _of_others(theory: Theory, role: str) -> Iterator[tuple[str, str]]:
    """Yield the formulas that a type of a role must leave alone, each with where it stands."""
    for number, mover, name, option in theory.moves():
        stage = theory.stages[number].stage
        joint = isinstance(theory.stages[number], JointStage)
        shown = f"`{mover} {name}`" if joint else f"`{name}`"
        for branch in option.chance:
            yield f"a probability of {shown} in the stage `{stage}`", branch.p
        for payer, text in option.cost.items():
            if payer != role:
                yield f"what {shown} costs `{payer}`", text
    for other, terms in theory.payoffs.items():
        if other != role:
            for name, term in terms.items():
                yield f"the payoff `{name}` of `{other}`", term.formula
    for other, text in theory.play.precision.items():
        if other != role:
            yield f"the precision of `{other}`", text
    for stage in theory.stages:
        if isinstance(stage, Stage) and stage.occasion is not None:
            yield f"the occasions of the stage `{stage.stage}`", stage.occasion
    yield "the discount", theory.play.discount
    yield "what follows after the last step", theory.after_last_step


def _reached(text: str, formulas: FormulaChecker) -> set[str]:
    """Return the names that a formula depends on, by itself or through definitions."""
    direct = _names(text)
    return direct.union(*(formulas.reach.get(name, frozenset()) for name in direct))


def _names(text: str) -> set[str]:
    try:
        return {node.name for node in walk(parse(text)) if isinstance(node, Name)}
    except FormulaError:
        return set()


def check_type_priors(case: Case, whole: Theory, findings: Findings) -> None:
    """Note all problems of the probabilities that a case gives to private types."""
    known = {*whole.parameters, *whole.facts, *whole.define, STEP_YEARS}
    for role, types in case.types.items():
        path: Path = ("types", role)
        theirs = whole.types.get(role)
        if theirs is None:
            findings.error(path, f"the theory has no types of `{role}`", closest(role, whole.types))
            continue
        for name, given in types.items():
            here = (*path, name)
            if name not in theirs:
                findings.error(here, f"the theory has no type `{name}` of `{role}`", closest(name, theirs))
                continue
            text = given.prior.strip()
            if text == REST:
                continue
            try:
                expr = parse(text)
            except FormulaError as error:
                findings.error((*here, "prior"), error.message, error.hint, error.offset)
                continue
            for word in sorted(_names(text) - known):
                findings.error((*here, "prior"), f"unknown name `{word}`", closest(word, known))
            if isinstance(expr, Number) and not 0 <= expr.value <= 1:
                message = f"expected a probability from 0 to 1, found {expr.value:g}"
                findings.error((*here, "prior"), message)
    _sums(case.theory_spec, [role for role in case.types if role in whole.types], findings)


def _sums(theory: Theory, roles: list[str], findings: Findings) -> None:
    """Note types whose probabilities do not add up to one, as far as they are mere numbers."""
    for role in roles:
        path: Path = ("types", role)
        types = theory.types[role]
        rests = [name for name, spec in types.items() if spec.prior.strip() == REST]
        for name in rests[1:]:
            findings.error((*path, name), "only one type can take the rest", f"the first is `{rests[0]}`")
        numbers = [_number(spec.prior) for spec in types.values() if spec.prior.strip() != REST]
        total = sum(value for value in numbers if value is not None)
        exact = None not in numbers
        if total > 1 + _ROUNDING or (types and exact and not rests and abs(total - 1) > _ROUNDING):
            message = f"the probabilities of the types of `{role}` add up to {total:g}, not to 1"
            findings.error(path, message, "let one type have `prior: rest`")


def _number(text: str) -> float | None:
    try:
        expr = parse(text)
    except FormulaError:
        # told elsewhere; it adds nothing
        return 0.0
    return expr.value if isinstance(expr, Number) else None
