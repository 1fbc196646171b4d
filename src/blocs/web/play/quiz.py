"""Questions on a case, made from its facts and events, each with its answer and the source of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from blocs.language.case import Case, Event
from blocs.report.terminal import words

# an event that sources doubt makes no question with one right answer
SURE = 0.9
MOST_EACH = 4


@dataclass(frozen=True)
class Question:
    """One question with its choices; `answer` is the number of the right one."""

    text: str
    choices: tuple[str, ...]
    answer: int
    why: str
    source: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "text": self.text,
            "choices": list(self.choices),
            "answer": self.answer,
            "why": self.why,
            "source": list(self.source),
        }


def questions(case: Case, seed: int = 0) -> list[Question]:
    """Return questions on when, who, how much, in which order and how it ended; the same seed gives the same ones.

    Only what has a source, is dated with confidence and is not disputed is asked.
    """
    rng = np.random.default_rng(seed)
    made = [
        *_dates(case, rng),
        *_actors(case, rng),
        *_facts(case, rng),
        *_orders(case, rng),
        *_ending(case, rng),
    ]
    return made


def _sure(case: Case) -> list[Event]:
    return [one for one in case.history if one.source and one.confidence >= SURE and not one.dispute and not one.note]


def _dates(case: Case, rng: np.random.Generator) -> list[Question]:
    labels = case.calendar.labels()
    found = []
    for event in _some(_sure(case), rng):
        right = case.calendar.label(case.calendar.index(event.date))
        others = [label for label in labels if abs(labels.index(label) - labels.index(right)) >= 2]
        if len(others) >= 3:
            wrong = [others[i] for i in rng.choice(len(others), 3, replace=False)]
            text = f"When was this? {event.event}"
            found.append(_asked(text, right, wrong, f"It was in {event.date}.", event.source, rng, in_order=True))
    return found


def _actors(case: Case, rng: np.random.Generator) -> list[Question]:
    actors = [one.actor for one in case.roles.values()]
    found = []
    for event in _some(_sure(case), rng):
        right = case.roles[event.role].actor if event.role in case.roles else ""
        wrong = [name for name in actors if name != right]
        if right and wrong:
            text = f"Whose decision was it, in {event.date}: {words(event.option)}?"
            found.append(_asked(text, right, wrong, event.event, event.source, rng))
    return found


def _facts(case: Case, rng: np.random.Generator) -> list[Question]:
    theory = case.theory_spec
    usable = [
        (name, fact)
        for name, fact in case.facts.items()
        if fact.source and not fact.dispute and (fact.confidence or 1.0) >= SURE and name in theory.facts
    ]
    found = []
    for name, fact in _some(usable, rng):
        told = theory.facts[name].help.strip().rstrip(".")
        why = (fact.note or told).strip()
        if isinstance(fact.value, bool):
            right = "That held" if fact.value else "That did not hold"
            wrong = ["That did not hold" if fact.value else "That held"]
            found.append(_asked(f"Did this hold at the start? {told}.", right, wrong, why, fact.source, rng))
        elif isinstance(fact.value, int | float) and theory.facts[name].type == "share":
            low, high = fact.range or (fact.value, fact.value)
            far = [
                value for value in (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95) if value < low - 0.1 or value > high + 0.1
            ]
            if len(far) >= 2:
                wrong = [
                    f"about {100 * far[i]:.0f} %" for i in sorted(rng.choice(len(far), min(3, len(far)), replace=False))
                ]
                text = f"How much, from 0 to 100 %? {told}."
                right = f"about {100 * float(fact.value):.0f} %"
                found.append(_asked(text, right, wrong, why, fact.source, rng, in_order=True))
    return found


def _orders(case: Case, rng: np.random.Generator) -> list[Question]:
    events = _sure(case)
    pairs = [
        (one, two)
        for i, one in enumerate(events)
        for two in events[i + 1 :]
        if case.calendar.index(two.date) - case.calendar.index(one.date) >= 2
    ]
    found = []
    for one, two in _some(pairs, rng):
        why = f"The first was in {one.date}, the second in {two.date}."
        sources = tuple(dict.fromkeys((*one.source, *two.source)))
        found.append(_asked("Which came first?", one.event, [two.event], why, sources, rng))
    return found


def _ending(case: Case, rng: np.random.Generator) -> list[Question]:
    if case.outcome is None:
        return []
    others = [name for name in case.theory_spec.outcomes if name != case.outcome]
    wrong = [others[i] for i in rng.choice(len(others), min(3, len(others)), replace=False)]
    last = [event for event in case.history if event.source][-1:]
    why = last[0].event if last else ""
    source = last[0].source if last else ()
    return [_asked("How did the crisis end?", case.outcome, wrong, why, source, rng)]


def _some(items: list[Any], rng: np.random.Generator) -> list[Any]:
    if not items:
        return []
    chosen = sorted(rng.choice(len(items), min(MOST_EACH, len(items)), replace=False))
    return [items[i] for i in chosen]


def _asked(
    text: str,
    right: str,
    wrong: list[str],
    why: str,
    source: tuple[str, ...],
    rng: np.random.Generator,
    in_order: bool = False,
) -> Question:
    """Put the right choice among the wrong ones: in their natural order, or in any."""
    choices = [right, *wrong]
    if in_order:
        choices.sort(key=_sort_key)
    else:
        choices = [choices[i] for i in rng.permutation(len(choices))]
    return Question(" ".join(text.split()), tuple(choices), choices.index(right), " ".join(why.split()), tuple(source))


def _sort_key(text: str) -> tuple[float, str]:
    digits = "".join(letter for letter in text if letter.isdigit())
    return (float(digits) if text.startswith("about") else 0.0, text)
