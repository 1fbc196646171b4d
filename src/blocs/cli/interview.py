"""The questions that ``blocs new case`` asks on a terminal, one at a time, each with a default."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from blocs.cli.output import Output
from blocs.language.answers import (
    Answers,
    read_actor,
    read_fact,
    read_outcome,
    read_start,
    read_step,
    read_steps,
    read_text,
)
from blocs.language.scaffold import example
from blocs.language.theory import FactSpec, Theory

_TYPES = {"share": "0 to 1", "boolean": "yes or no", "number": "a number", "count": "a whole number"}


class _Ended(Exception):
    """The input has ended: whatever was not asked keeps its default."""


def can_ask(output: Output) -> bool:
    """Whether there is somebody to ask: both ends are a terminal, and nobody wants JSON."""
    return not output.as_json and sys.stdin.isatty() and output.stdout.isatty()


def interview(theory: Theory, given: Answers, said: frozenset[str], output: Output) -> Answers:
    """Ask for what has not been said.

    Parameters
    ----------
    theory : Theory
    given : Answers
        What the command line says.
    said : set of str
        Names of the fields of `given` that it says, and of the roles and facts in them.
    output : Output
        Questions go to its standard output, answers come from standard input.
    """
    output.text(
        f"A case of the theory {theory.theory}. Enter takes what stands in brackets, ? explains, Ctrl-D ends the",
        "questions, Ctrl-C writes nothing. Every answer can be changed in the file.",
        "",
    )
    answers = given
    try:
        for field, question, default, help_, read in _questions(theory, given):
            if field not in said:
                answer = _ask(output, question, default, help_, read)
                answers = answers if answer is None else replace(answers, **{field: answer})
        for role, about in theory.roles.items():
            if role not in given.actors:
                question = f"Who plays the {role}? Name and state code (Correlates of War), such as Soviet Union 365"
                actor = _ask(output, question, "", about, read_actor)
                answers = answers if actor is None else replace(answers, actors={**answers.actors, role: actor})
        if set(theory.facts) - set(given.facts):
            output.text("Facts, as known at the start. A value, or a value and its range: 0.54 0.5..0.58", "")
        for name, spec in theory.facts.items():
            if name not in given.facts:
                fact = _ask(output, f"{name} ({_kind(spec)})", example(spec), spec.help, _reader(spec), explain=True)
                answers = answers if fact is None else replace(answers, facts={**answers.facts, name: fact})
    except _Ended:
        output.text("")
    return answers


Question = tuple[str, str, str, str, Callable[[str], Any]]


def _questions(theory: Theory, given: Answers) -> list[Question]:
    outcomes = ", ".join(theory.outcomes)
    return [
        ("title", "Title", "", "A name for people, such as The Soviet Union and Albania, 1960-61.", read_text),
        ("summary", "What was it about, in a sentence or two?", "", "Shown in lists and on the page.", read_text),
        ("start", "First step", given.start, "That of the first open move, or the one before it.", read_start),
        ("step", "Length of a step: month, quarter, half-year or year", given.step,
         "As fine as events are dated; a fast crisis goes by months, a slow one by quarters.", read_step),
        ("steps", "Number of steps", str(given.steps), "Up to and including the step in which it ended.", read_steps),
        ("outcome", f"How did it end? One of: {outcomes}", "",
         "Leave it open for a crisis that goes on.", lambda text: read_outcome(theory, text)),
    ]  # fmt: skip


def _kind(spec: FactSpec) -> str:
    return ", ".join(spec.type) if isinstance(spec.type, tuple) else _TYPES[spec.type]


def _reader(spec: FactSpec) -> Callable[[str], Any]:
    return lambda text: read_fact(spec, text)


def _ask(
    output: Output, question: str, default: str, help_: str, read: Callable[[str], Any], explain: bool = False
) -> Any | None:
    """Ask until the answer makes sense; None for the default."""
    if explain and help_:
        output.text(help_)
    while True:
        output.stdout.write(f"{question}{f' [{default}]' if default else ''}: ")
        output.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            raise _Ended
        if not line.strip():
            return None
        if line.strip() == "?":
            output.text(f"  {help_ or 'There is no help on this.'}")
            continue
        try:
            return read(line)
        except ValueError as wrong:
            output.text(f"  {wrong}")
