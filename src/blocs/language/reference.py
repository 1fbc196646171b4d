"""The reference of the language, ``docs/language.md``, made from the models, the functions and the priors."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import PlainValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from blocs.language import case, composing, fields, reading, theory
from blocs.language.calendar import FORMS, Calendar
from blocs.language.fields import Model
from blocs.language.formulas.parse import MAX_DEPTH, MAX_EXPONENT, MAX_LENGTH
from blocs.language.formulas.resolve import MAX_PARTS
from blocs.language.formulas.syntax import FUNCTIONS
from blocs.language.naming import STEP_YEARS
from blocs.language.priors import FAMILIES, signature

FUNCTION_HELP = {
    "min": "the least of its arguments",
    "max": "the greatest of its arguments",
    "abs": "the absolute value",
    "exp": "the exponential",
    "log": "the natural logarithm",
    "sqrt": "the square root",
    "logistic": "1 / (1 + exp(-x)): from log-odds to a probability",
    "clip": "clip(x, low, high): x, but at least low and at most high",
}
THEORY_PARTS: tuple[type[Model], ...] = (
    theory.Theory,
    theory.FactSpec,
    theory.ParameterSpec,
    theory.VariableSpec,
    theory.Stage,
    theory.JointStage,
    theory.Option,
    theory.Branch,
    theory.Term,
    theory.TypeSpec,
    theory.Play,
    theory.Horizon,
)
CASE_PARTS: tuple[type[Model], ...] = (
    case.Case,
    Calendar,
    case.Actor,
    case.Fact,
    case.StartValue,
    case.Override,
    case.TypePrior,
    case.Event,
    case.Remark,
    case.Alternative,
)
TITLES: dict[type[Model], str] = {
    theory.Theory: "Theory file",
    theory.FactSpec: "A fact that is asked for",
    theory.ParameterSpec: "A parameter",
    theory.VariableSpec: "A state variable",
    theory.Stage: "A stage",
    theory.JointStage: "A stage of several roles",
    theory.Option: "An option",
    theory.Branch: "A result",
    theory.Term: "A payoff term",
    theory.TypeSpec: "A private type",
    theory.Play: "Play",
    theory.Horizon: "Horizon",
    case.Case: "Case file",
    Calendar: "Calendar",
    case.Actor: "An actor",
    case.Fact: "The value of a fact",
    case.StartValue: "A value at the start",
    case.Override: "A prior of the case",
    case.TypePrior: "The probability of a type",
    case.Event: "An event",
    case.Remark: "A remark",
    case.Alternative: "An alternative",
}
# what the validators of single values accept, in words
_KINDS: dict[Callable[..., Any], str] = {
    fields.read_formula: "formula",
    fields.read_citations: "citations",
    fields.read_options: "options",
    fields.read_forces: "moves",
    fields.read_date: "date",
    fields.read_single: "value",
    fields.read_interval: "[low, high]",
    fields.read_integers: "[least, greatest]",
    fields.read_names: "list of names",
    fields.read_fact_type: "`boolean`, `share`, `number`, `count` or list of names",
    fields.read_prior: "prior",
}
_SIMPLE: dict[Any, str] = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`"}


def language_reference() -> str:
    """Return ``docs/language.md``."""
    return "\n".join(
        [
            _INTRODUCTION.format(nodes=f"{composing.MAX_NODES:,}", depth=composing.MAX_DEPTH, size=_mebibytes()),
            "## Theories\n",
            _THEORIES,
            *(_section(part) for part in THEORY_PARTS),
            _FOREVER,
            _TYPES,
            _EXTENDS,
            "## Formulas\n",
            _formulas(),
            "## Priors\n",
            _priors(),
            "## Cases\n",
            _CASES,
            *(_section(part) for part in CASE_PARTS),
            _dates(),
            _CITATIONS,
            _CHECKS,
        ]
    )


def _mebibytes() -> str:
    return f"{reading.MAX_BYTES // 2**20} MiB"


def _section(part: type[Model]) -> str:
    about = " ".join((part.__doc__ or "").split())
    rows = [
        f"### {TITLES[part]}\n",
        f"{about}\n",
        "| key | value | default | meaning | example |",
        "|---|---|---|---|---|",
    ]
    rows += [_row(name, info) for name, info in part.model_fields.items()]
    return "\n".join(rows) + "\n"


def _row(name: str, info: FieldInfo) -> str:
    if info.is_required():
        default = "required"
    else:
        value = info.get_default(call_default_factory=True) if info.default is PydanticUndefined else info.default
        default = "" if value is None or value in ("", ()) or value == {} or isinstance(value, Model) else f"`{value}`"
    example = f"`{_yaml(info.examples[0])}`" if info.examples else ""
    cells = (f"`{name}`", _kind(info.annotation, info.metadata), default, info.description or "", example)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _kind(annotation: Any, metadata: list[Any] | tuple[Any, ...] = ()) -> str:
    """Say in words what a key holds."""
    for extra in metadata:
        if isinstance(extra, PlainValidator):
            return _KINDS[extra.func]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(arguments[0], arguments[1:])
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_kind(one) for one in arguments if one is not type(None)))
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in arguments)
    if origin is dict:
        names = "labels" if fields.Label in arguments[:1] else "names"
        return f"{names} → {_kind(arguments[1])}"
    if origin is tuple:
        return f"list of: {_kind(arguments[0])}"
    if isinstance(annotation, type) and issubclass(annotation, Model):
        title = TITLES[annotation]
        return f"[{title[0].lower() + title[1:]}](#{title.lower().replace(' ', '-')})"
    return _SIMPLE[annotation]


def _yaml(value: Any) -> str:
    """Return an example as it is written in a file, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_yaml(key)}: {_yaml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_yaml(one) for one in value) + "]"
    if isinstance(value, str):
        quoted = (value[:1].isdigit() and value.isdigit()) or any(mark in value for mark in (", ", ": ", "[", "{"))
        return json.dumps(value, ensure_ascii=False) if quoted else value
    return json.dumps(value)


def _formulas() -> str:
    functions = "\n".join(f"| `{name}` | {_arity(*FUNCTIONS[name])} | {FUNCTION_HELP[name]} |" for name in FUNCTIONS)
    return _FORMULAS.format(
        functions=functions,
        step_years=STEP_YEARS,
        length=f"{MAX_LENGTH:,}",
        depth=MAX_DEPTH,
        exponent=f"{MAX_EXPONENT:g}",
        parts=f"{MAX_PARTS:,}",
    )


def _arity(least: int, most: int | None) -> str:
    return f"{least} or more" if most is None else str(least)


def _priors() -> str:
    rows = [_PRIORS, "| written as | meaning |", "|---|---|"]
    for family in FAMILIES.values():
        about = " ".join((family.__doc__ or "").split())
        rows.append(f"| `{signature(family)}` | {about} |")
    return "\n".join(rows) + "\n"


def _dates() -> str:
    return _DATES.format(forms=", ".join(f"`{form}`" for form in FORMS.replace(" or ", ", ").split(", ")))


def keys_without_help() -> Iterator[str]:
    """Yield the keys that say nothing of themselves; there should be none."""
    for part in (*THEORY_PARTS, *CASE_PARTS):
        for name, info in part.model_fields.items():
            if not info.description:
                yield f"{part.__name__}.{name}"


_INTRODUCTION = """\
<!-- Made by blocs.language.reference from the models; a test keeps it in step. Change the models, not this page. -->
# The language: theories and cases

There are two kinds of file. A **theory** is a reusable model of a kind of crisis; a **case** is one crisis under a
theory. Both are YAML 1.2. A file is data: reading it runs nothing.

- Text needs quotes only where YAML would take it for something else, or where it holds `: ` or ` #`. `NO`, `on` and
  `yes` are text; only `true` and `false` are truth values, only numbers are numbers, and dates are read as text.
- Names (of roles, facts, parameters, variables, values, options, terms) are letters, digits and `_`, and begin with a
  letter. Labels (of stages, results, outcomes) are any text on one line.
- References (`&`, `*`), tags (`!`), a second document, tabs for indentation and the same key twice are errors. A file
  has at most {size}, {nodes} entries and {depth} levels, in UTF-8.
- The first line `# yaml-language-server: $schema=...` lets editors complete and check as one types. `blocs new theory
  NAME` and `blocs new case NAME` write files to begin with.
- `blocs check FILE` tells every mistake at once: file, line, column, the path of the key, what was expected, and the
  nearest right name.
"""
_THEORIES = """\
Within a step the stages are played in order. In each stage one role chooses among the options that are legal in the
present state; the choice moves the state, perhaps by chance. At the beginning of each step every role receives its
payoffs. docs/notation.md has the formulas.

A role need not be able to act in every step: leaders are busy, ministries slow. With `occasion: Q` in a stage it has an
occasion to choose with probability Q, and answers it as always; without one it does what `otherwise` names (`hold`, if
nothing is said). The others see what was done and not whether there was an occasion, so that all forecasts, scores and
likelihoods speak of what is done: an option has Q times the probability of being answered with, and that of no occasion
falls to the `otherwise` option. Everybody reckons with it. A rate a year is written
`occasion: 1 - exp(-rate * step_years)`. A forced option is taken whether or not there is an occasion, and who may not
do what it does without one has to choose. In a stage of several roles each may have occasions of its own, independent
of the others': `occasion: {client: Q}`. Where a role has private types, occasions come to all of them alike: types
cannot shift what enters `occasion`, which must be above 0.
"""
_EXTENDS = """\
### A theory over another

`extends: NAME` lays this theory over another one, given by name or by path:

- keys given here replace those there, mapping by mapping, so one prior or one condition can be changed alone;
- a key set to `null` takes what it names away;
- stages go by their name and options by theirs; a stage that is new comes last, and one with `options: null` goes away;
- lists (such as `chance` or `values`) are replaced as a whole;
- an outcome that is new comes before `otherwise`.
"""
_TYPES = """\
**Private types.** Under `types` a role may be of several kinds, which it alone knows: `types: {patron: {resolute: 0.3,
restrained: {prior: rest, set: {invasion_cost: invasion_cost + reluctance}}}}`. A type says which parameters have
another value for it (a shift that may mention parameters and facts, not the state; a parameter that only serves to be
shifted can be held at 0). The types of different roles are independent. The others hold a common belief, which begins
at the priors and is revised by Bayes' rule whenever the role acts: an option that one type would rather choose speaks
for it. A parameter that a type shifts may enter what its own role receives and pays and its precision, and nothing
else: a type is about what a role wants, not about how the world is. Types need `response: logit`, under which no option
is ruled out.
"""
_FORMULAS = """\
A formula is an expression over names and numbers. It is parsed from a small whitelist and never run as code.

| | |
|---|---|
| arithmetic | `+ - * / **`, brackets |
| comparison | `== != < <= > >=`, also in chains: `0 < x <= 1` |
| logic | `and`, `or`, `not`, `true`, `false` |
| membership | `verdict in [coup, occupied]` |
| choice | `0.5 if faction == latent else 1` |

| function | arguments | gives |
|---|---|---|
{functions}

**Names.** A formula may use state variables, facts, parameters, the names under `define`, and `{step_years}`, the
length of a step in years. A value of an enumeration means something only beside its variable: `alignment == rival`,
`alignment < rival` (values are ordered as they are listed), `alignment in [loyal, hedging]`.

**Kinds.** A formula gives a number, a truth value or a value of an enumeration, and this is checked before anything is
computed. Where a number is wanted a truth value counts as 0 or 1 and a value of an enumeration as its rank, from 0.

**What may depend on what.** What is possible must be the same for every draw of the parameters: `when`, `set`,
`forget`, `ends_when` and `outcomes` may use the state and facts. Payoffs, costs and the `p` of results may use
everything. `discount`, `precision` and `after_last_step` hold for the whole game: parameters and facts, but no state.
A fact that decides what is possible counts by its value; its `range` is then not drawn from.

**Limits.** {length} characters, {depth} levels, exponents up to {exponent}, and {parts} parts once definitions are
put in place of their names.
"""
_FOREVER = """\
**Without a last step.** Under `horizon: forever` the roles know of no end, and what they do depends on the state alone,
not on the date: the stationary Markov equilibrium. The calendar of a case still says which steps are told and forecast;
a crisis that is open after the last of them has the outcome that its state then has. The discount must be above 0 and
below 1. Options that are forbidden or forced by a what-if are so within the calendar. There may be more than one such
equilibrium: the certificate says whether another start led to another one. Private types need a last step. Where
stepping back does not come to rest, plain and accelerated steps are taken by turns, then Newton's method is tried, and
at last the equilibrium is followed from choice at random up to the precisions that are wanted: around its turns in
small games, in stretches in large ones (more than 20,000 values). What is not found then is said in one sentence.
`patron-client-steady` with this horizon is such a large game: of 24 draws for `sino-albanian-1961-steady` (seeds 0 and
1) 23 come to rest, 22 of them in a few seconds each. At the other one steps back go round in circles for ever, and the
branch is lost at 92 % of the precisions.
"""
_PRIORS = """\
A prior says which values of a parameter are likely before any history is seen. A bare number is short for `Fixed`.
"""
_CASES = """\
A case says who plays, states the facts, tells the history move by move, and gives the source of everything. A move
that is not listed is `hold`.

`extends: NAME` lays a case over another one: the entries of `roles`, `facts`, `start`, `parameters`, `types` and
`alternatives` that are given here replace those of the same name there, each as a whole with its source; `null` takes
one away; everything else that is given is replaced as a whole. So the same crisis can be looked at under another
theory without telling it twice.
"""
_DATES = """\
### Dates

A date is written {forms}. An event must fall within one step of the calendar, so a year is too vague where steps are
months. Remarks may have any date, or a span of two with `/` between them: `1960-06/1960-09`. Steps are called by
month, quarter, half-year or year; where a step does not begin with a quarter, half-year or year, by the month in
which it begins.
"""
_CITATIONS = """\
### Sources

`source` takes one citation or a list of them: `key`, `key@p. 4`, `key@pp. 117-119`, `key@ch. 3`, `key@s9` (a numbered
sentence of the passage attached to the source), `key@s9-10`, or `key@s9b` (a clause of it). Keys are those of the
bibliography named under `sources`, a list of items with the fields of CSL-JSON. Where there is no source, `assumed`
says why the statement is made all the same.
"""
_CHECKS = """\
## Errors and warnings

Errors make a file unusable: what is unknown, contradictory, out of range, of the wrong kind, or possible only by
chance of spelling. Facts and events without a source and without `assumed` are errors, because they enter forecasts
and likelihoods as evidence. Warnings are told and the work goes on: a bare value (a sketch) without a source; start
values, priors and remarks without one, since the first mostly follow from the theory, the second are judgements
anyway and the third enter no computation; names that nothing uses; options that do nothing; sources that are never
cited.
"""
