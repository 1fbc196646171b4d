"""What an option means in words: what it changes, what it costs, what it risks, and where it leads by the forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from blocs.forecast.paths import with_article
from blocs.game.game import Game
from blocs.game.history import HOLD
from blocs.game.stepping import step_on
from blocs.report.numbers import percent, points
from blocs.report.terminal import words
from blocs.web.play.course import State, Table, Turn
from blocs.web.play.secrets import believed_row, known_state
from blocs.web.play.solved import Solved

# a price is told by what it does to the odds of choosing: times the role's precision it is a difference of log-odds. At
# 0.5 an act that brings nothing is still taken in two of five choices between two, at 3 in one of twenty.
NOTICED = 0.5
PRICES = ((1.5, "something"), (3.0, "much"), (float("inf"), "very much"))
DEARER = ((1.5, "somewhat more"), (3.0, "much more"), (float("inf"), "far more"))
# words for probabilities, in the order of the scale that intelligence services use for their estimates (ICD 203)
CHANCES = (
    (0.05, "almost no chance"), (0.2, "very unlikely"), (0.45, "unlikely"), (0.55, "about even"), (0.8, "likely"),
    (0.95, "very likely"), (1.01, "almost certain"),
)  # fmt: skip
# outcomes whose odds move by less are not worth a word
SHIFT = 0.005
MOST_SHIFTS = 3


@dataclass(frozen=True)
class Card:
    """One option as a player reads it.

    Attributes
    ----------
    option, title, help : str
    says : str
        How the record will tell it.
    secret : bool
        Whether the others will see that the role held.
    changes, costs, risks : tuple of str
        Sentences.
    advice : dict or None
        `odds` (outcome -> probability), `shifts` (sentences) and `solved` (how often the solved player chooses it).
    """

    option: str
    title: str
    help: str
    says: str
    secret: bool
    changes: tuple[str, ...]
    costs: tuple[str, ...]
    risks: tuple[str, ...]
    advice: dict[str, Any] | None

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "option": self.option,
            "title": self.title,
            "help": self.help,
            "says": self.says,
            "secret": self.secret,
            "changes": list(self.changes),
            "costs": list(self.costs),
            "risks": list(self.risks),
            "advice": self.advice,
        }


def cards(table: Table, state: State, turn: Turn, viewer: str, advise: bool) -> list[Card]:
    """Return the legal options of a turn in words, holding still first."""
    game = table.solved.game
    specs = {name: game.option_spec(int(game.graph.arc_option[arc])) for name, arc in turn.options.items()}
    advice = _advice(table, state, turn, viewer) if advise else {}
    known = known_state(table, state, viewer)
    names = sorted(turn.options, key=lambda name: name != HOLD)
    return [
        Card(
            option=name,
            title=title(name),
            help=specs[name].help,
            says=_says(table.solved, turn, name),
            secret=specs[name].secret,
            changes=tuple(_changes(table, state, turn, name, known)),
            costs=tuple(_costs(table, turn, name)),
            risks=tuple(_risks(table, turn, name)),
            advice=advice.get(name),
        )
        for name in names
    ]


def title(option: str) -> str:
    """Return the words on an option's button."""
    return "Hold" if option == HOLD else words(option).capitalize()


def chance_words(p: float) -> str:
    """Return a probability in words and per hundred: ``unlikely (about 24 in 100)``."""
    word = next(word for limit, word in CHANCES if p < limit)
    shown = "fewer than 1" if p < 0.005 else "more than 99" if p > 0.995 else f"about {100 * p:.0f}"
    return f"{word} ({shown} in 100)"


def actor(game: Game, role: str) -> str:
    """Return who plays a role, as it stands inside a sentence."""
    known = game.case.roles.get(role) if game.case is not None else None
    return with_article(known.actor) if known is not None else f"the {role}"


def _says(solved: Solved, turn: Turn, name: str) -> str:
    game = solved.game
    number = int(game.graph.arc_option[turn.options[name]])
    results = game.layout.options[number][1].results
    # what chance decides is not known yet: the first half of the sentence says what is done
    said = solved.sentence(number, results[0] if len(results) == 1 else "…")
    head, mark, _ = said.partition("…")
    if not mark:
        return said
    cut = max(head.rfind(";"), head.rfind(":"), head.rfind(","))
    return (head[:cut] if cut > 0 else head).rstrip() + "."


def _changes(table: Table, state: State, turn: Turn, name: str, known: Mapping[str, str]) -> list[str]:
    """Say what a sure option changes in the state of affairs; what chance decides is told among the risks."""
    game = table.solved.game
    branches = game.graph.branches_of(turn.options[name])
    if len(branches) != 1:
        return []
    _, code, outcome = step_on(game, state.place, branches[0])
    if outcome is not None and int(game.graph.branch_next[branches[0]]) < game.graph.nodes + game.graph.ends:
        return [f"This ends the crisis: {outcome}."]
    before, after = table.solved.labels(state.code), table.solved.labels(code)
    return [
        f"{words(variable).capitalize()}: {words(known[variable])} → {words(value)}."
        for variable, value in after.items()
        if value != before[variable]
    ]


def _costs(table: Table, turn: Turn, name: str) -> list[str]:
    """Say what an option costs whom, in words, and what the price is for.

    Every act costs something, or roles would never rest: the mover is told what an act costs beyond the cheapest one.
    """
    game, solved = table.solved.game, table.solved
    arc = turn.options[name]
    bundle = int(game.graph.arc_bundle[arc])
    option = game.layout.options[int(game.graph.arc_option[arc])][1]
    values = {**game.plan.facts, **solved.parameters}
    said = []
    for number, role in enumerate(game.roles):
        mine = role == turn.role
        price = -float(solved.cost[bundle, number])
        if abs(price) < 1e-12:
            continue
        usual, known = solved.cheapest(number) if mine else (0.0, frozenset[str]())
        strength = (price - usual) * float(solved.precision[number])
        parts = [
            (float(cost.formula.compute(values, 1)[option.bundle_rows[i, game.layout.bundle_class[bundle]]][0]), cost)
            for i, cost in enumerate(option.costs)
            if cost.role == number and cost.label not in known
        ]
        heaviest = [cost.label for value, cost in sorted(parts, key=lambda one: -one[0]) if value > 0]
        why = "; ".join([reason for label in heaviest if (reason := _reason(game, label))][:2])
        if strength < NOTICED:
            if mine and price > 0:
                said.append("Costs no more than any act.")
            continue
        scale = DEARER if mine else PRICES
        much = next(word for limit, word in scale if strength < limit)
        tail = f": {why}." if why else "."
        said.append(f"Costs {much} than other acts{tail}" if mine else f"Costs {actor(game, role)} {much}{tail}")
    return said


def _reason(game: Game, label: str) -> str:
    """Return what a part of a price is for: the help of the parameters that it consists of.

    A rate in log-odds says how often something is done at all, and not what it is paid for.
    """
    parameters = game.theory.parameters
    found = [
        parameters[name].help.rstrip(".")
        for name in label.split(", ")
        if name in parameters and parameters[name].unit != "log-odds" and "precision" not in name
    ]
    text = words("; ".join(found)).replace("`", "")
    return text[:1].lower() + text[1:]


def _risks(table: Table, turn: Turn, name: str) -> list[str]:
    """Say what chance may make of an option, and how likely each result is."""
    game, solved = table.solved.game, table.solved
    arc = turn.options[name]
    branches = game.graph.branches_of(arc)
    if len(branches) == 1:
        return []
    results = game.layout.options[int(game.graph.arc_option[arc])][1].results
    said = []
    for result, branch, p in zip(results, branches, solved.results(arc), strict=True):
        row = int(game.graph.branch_next[branch]) - game.graph.nodes
        ends = ""
        if 0 <= row < game.graph.ends:
            number = int(game.graph.outcome[game.graph.first_stage + row])
            ends = f", and the crisis ends: {game.outcomes[number]}" if number >= 0 else ", and the crisis ends"
        said.append(f"It {words(result)}: {chance_words(float(p))}{ends}.")
    return said


def _advice(table: Table, state: State, turn: Turn, viewer: str) -> dict[str, dict[str, Any]]:
    """Return the forecast after each option, at the state that the viewer believes in: advice gives no secret away."""
    game, solved = table.solved.game, table.solved
    if game.plan.stages[turn.stage].turn > 0:
        # others have chosen at the same time, and the state already holds what they chose
        return {}
    node = believed_row(table, state, viewer)
    if node < 0:
        return {}
    arcs = {game.option_names[int(game.graph.arc_option[arc])]: arc for arc in game.graph.arcs_of(node)}
    share = dict(zip(arcs, solved.choices(turn.step, turn.stage, node).tolist(), strict=True))
    held = solved.odds_after(turn.step, arcs[HOLD]) if HOLD in arcs else solved.odds(turn.step, node)
    found = {}
    for name in turn.options:
        if name not in arcs:
            continue
        odds = solved.odds_after(turn.step, arcs[name])
        found[name] = {
            "odds": {outcome: float(p) for outcome, p in zip(game.outcomes, odds, strict=True)},
            "shifts": shifts(game.outcomes, held, odds) if name != HOLD else [],
            "solved": share[name],
        }
    return found


def shifts(outcomes: Sequence[str], before: np.ndarray, after: np.ndarray) -> list[str]:
    """Return the outcomes whose odds move most, as ``exit to the rival 92.0 % (+3.1)``."""
    order = sorted(range(len(outcomes)), key=lambda i: -abs(after[i] - before[i]))[:MOST_SHIFTS]
    return [
        f"{outcomes[i]} {percent(float(after[i]))} ({points(float(after[i] - before[i]))})"
        for i in order
        if abs(after[i] - before[i]) >= SHIFT
    ]
