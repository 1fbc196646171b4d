"""Files to begin with: a theory and a case that are small, say how they go on, and pass every check."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from blocs.errors import InputError, Problem
from blocs.language.answers import Answers, first_step
from blocs.language.document import shorten
from blocs.language.schema import first_line
from blocs.language.theory import FactSpec, Theory

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


def slug(name: str) -> str:
    """Return the name, if it can be the name of a theory or a case.

    Raises
    ------
    InputError
        With what a name may look like.
    """
    if not _SLUG.fullmatch(name):
        hint = "use small letters, digits and hyphens, such as sino-albanian-1961"
        raise InputError(Problem(f"`{shorten(name)}` cannot be the name of a theory or a case", hint=hint))
    return name


def new_theory(name: str, folder: str | os.PathLike[str] = "") -> str:
    """Return the text of a new theory.

    Parameters
    ----------
    name : str
        Small letters, digits and hyphens.
    folder : path
        Where the file will stand, for the path of the schema; empty: that path is absolute.
    """
    named = _quoted(slug(name))
    return _THEORY.format(schema=first_line("theory", beside=folder), name=named, title=_quoted(_title(name)))


def new_case(
    name: str,
    theory: Theory,
    reference: str = "",
    folder: str | os.PathLike[str] = "",
    answers: Answers | None = None,
) -> tuple[str, str]:
    """Return the texts of a new case and of its bibliography.

    Parameters
    ----------
    name : str
        Small letters, digits and hyphens.
    theory : Theory
        What the case is to be a case of.
    reference : str
        How the case names the theory: a name, or a path relative to the case. Empty: the theory's own name.
    folder : path
        Where the files will stand, for the path of the schema; empty: that path is absolute.
    answers : Answers, optional
        What is known of the case already.
    """
    said = answers or Answers()
    start = first_step(said.start, said.step)
    case = _CASE.format(
        schema=first_line("case", beside=folder),
        name=_quoted(slug(name)),
        title=_quoted(said.title or _title(name)),
        summary=f"summary: {_quoted(said.summary)}\n" if said.summary else "",
        theory=_quoted(reference or theory.theory),
        version=theory.version,
        start=f'"{start}"' if start.isdigit() else start,
        step=said.step,
        steps=said.steps,
        roles="".join(_roles(theory, said)),
        facts="".join(_facts(theory, said)),
        context=_CONTEXT.format(year=said.start[:4]),
        outcome=f"\noutcome: {_quoted(said.outcome)}\n" if said.outcome else "",
    )
    return case, _BIBLIOGRAPHY


def _roles(theory: Theory, said: Answers) -> Iterator[str]:
    for role in theory.roles:
        actor = said.actors.get(role)
        cow = f", cow: {actor.cow}" if actor is not None and actor.cow is not None else ""
        yield f"  {role}: {{actor: {_quoted(_title(role) if actor is None else actor.name)}{cow}}}\n"


def _facts(theory: Theory, said: Answers) -> Iterator[str]:
    if not theory.facts:
        yield "facts: {}\n"
        return
    yield "facts:\n"
    for name, spec in theory.facts.items():
        about = f"  # {' '.join(spec.help.split())}\n" if spec.help else ""
        fact = said.facts.get(name)
        value = example(spec) if fact is None else _quoted(fact.value)
        span = "" if fact is None or fact.low is None else f", range: [{fact.low}, {fact.high}]"
        why = "a first guess" if fact is None else "stated without a source yet"
        yield f"{about}  {name}: {{value: {value}{span}, assumed: {why}}}\n"


def example(spec: FactSpec) -> str:
    """Return a value that a fact can have, as a file has it: its default, or one in the middle."""
    if spec.default is not None:
        return _quoted(spec.default)
    if isinstance(spec.type, tuple):
        return _quoted(spec.type[0])
    if spec.type == "boolean":
        return "false"
    low, high = spec.low, spec.high
    if spec.type == "share":
        low, high = max(low or 0.0, 0.0), min(1.0 if high is None else high, 1.0)
    middle = low if high is None else high if low is None else (low + high) / 2
    value = 0.0 if middle is None else middle
    return str(max(round(value), 0)) if spec.type == "count" else f"{value:g}"


def _quoted(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return str(value)
    return value if re.fullmatch(r"[A-Za-z][\w-]*( [A-Za-z][\w-]*)*", value) and value not in _WORDS else _single(value)


# what plain text would mean something else
_WORDS = {"true", "True", "TRUE", "false", "False", "FALSE", "null", "Null", "NULL"}


def _single(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _title(name: str) -> str:
    words = name.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


_THEORY = """\
{schema}
#
# A small theory that can be solved as it is. Change one thing at a time and run `blocs check` after each.
# docs/language.md explains every key.

theory: {name}
version: 1
title: {title}
help: A patron wants its client to stay in line; the client would rather go its own way.

roles:
  patron: The great power that holds the bloc together.
  client: The member that may drift away.

# What a case must state, each with a source.
facts:
  dependence:
    type: share
    help: The patron's share of the client's foreign trade.

# What nobody knows. A prior says which values are likely: LogNormal(0, 0.5) is positive, near 1, seldom beyond 3.
parameters:
  autonomy_worth: {{prior: "LogNormal(0, 0.5)", help: Worth of an own course to the client., unit: payoff per step}}
  hardship: {{prior: "LogNormal(0.7, 0.5)", help: Harm of losing all of the patron's trade., unit: payoff per step}}
  alarm: {{prior: "LogNormal(0, 0.5)", help: Harm to the patron from a client that strays., unit: payoff per step}}
  effort: {{prior: "LogNormal(0.7, 0.3)", help: Cost of any act., unit: payoff}}

# What the moves change. The first value is where it begins, unless `start` or the case says otherwise.
state:
  line: {{values: [loyal, autonomous], help: Where the client stands.}}
  trade: {{values: [open, cut], help: The patron's trade with the client.}}

# Turns within a step, in order.
stages:
  - stage: line of the client
    role: client
    options:
      hold: {{}}
      drift: {{when: line == loyal, set: {{line: autonomous}}, cost: {{client: effort}}}}
      comply: {{when: line == autonomous, set: {{line: loyal}}, cost: {{client: effort}}}}
  - stage: answer of the patron
    role: patron
    options:
      hold: {{}}
      cut_trade: {{when: line == autonomous and trade == open, set: {{trade: cut}}, cost: {{patron: effort}}}}
      restore_trade: {{when: trade == cut, set: {{trade: open}}, cost: {{patron: effort}}}}

# What each role receives in every step.
payoffs:
  patron:
    order: -alarm * (line == autonomous)
  client:
    autonomy: autonomy_worth * (line == autonomous)
    trade: -hardship * dependence * (trade == cut)

play:
  discount: 0.95
  response: logit
  precision: {{patron: 1, client: 1}}

horizon: {{after_last_step: continue}}

# How it may end: the first that holds counts.
outcomes:
  the client complies: line == loyal
  the client leaves under sanctions: trade == cut
  the client goes its own way: otherwise
"""

_CASE = """\
{schema}
#
# docs/language.md explains every key; `blocs check` tells what is wrong or missing.

case: {name}
title: {title}
{summary}theory: {theory}
version: {version}
sources: bibliography.yaml

calendar: {{start: {start}, step: {step}, steps: {steps}}}

roles:
{roles}
# Replace each guess by a value and its source: {{value: ..., source: [key@p. 12]}}. A `range` says how uncertain it is.
{facts}
# What was chosen, step by step; what is not listed is `hold`. For example:
#   - {{date: {start}, role: ..., option: ..., event: What happened., source: [key]}}
history: []

{context}{outcome}"""

_CONTEXT = """\
# What sources say besides the moves.
context:
  - {{date: "{year}", event: An example of a remark; write your own., source: [example2000]}}
"""

_BIBLIOGRAPHY = """\
# The fields are those of CSL-JSON, which reference managers write.
- id: example2000
  type: book
  title: An example of a source; replace it
  author: [{family: Author, given: An}]
  issued: {date-parts: [[2000]]}
"""
