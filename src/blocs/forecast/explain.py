"""Why an option is worth what it is: its value by payoff term, now and later, in numbers that add up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem, nearest
from blocs.forecast.outcomes import Spread
from blocs.forecast.score import chosen_option
from blocs.game.columns import Column, Columns
from blocs.game.game import Game
from blocs.game.history import Decision, History, lay_out
from blocs.solve.draws import Draws
from blocs.solve.joint import group_weights
from blocs.solve.sequential import Progress, Restriction, backward, slice_values

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

# explanations carry many columns: few draws at a time keep memory small
BATCH = 4
NOW, LATER = "now", "later"


@dataclass(frozen=True)
class Part:
    """One row of an explanation: a part of the price of acting now, or a payoff term from the next step on."""

    when: str
    name: str
    help: str = ""


@dataclass(frozen=True)
class Explanation:
    """The value of every legal option at one decision, taken apart.

    Attributes
    ----------
    date, stage, role : str
    options : tuple of str
        Legal options, in the order of the stage.
    chosen : str
        What was really chosen there.
    parts : tuple of Part
    contributions : float64 array (part, option, draw)
        What each part adds to the value of each option for the role that moves, in its units of payoff.
    value : float64 array (option, draw)
        Q: the value of each option; the sum of its parts to `error`.
    probability : float64 array (option, draw)
    precision : float64 array (draw,)
        The role's precision: differences of Q times this are differences of log-odds.
    error : float
        Largest difference between a value and the sum of its parts.
    """

    date: str
    stage: str
    role: str
    options: tuple[str, ...]
    chosen: str
    parts: tuple[Part, ...]
    contributions: Floats
    value: Floats
    probability: Floats
    precision: Floats
    error: float

    def difference(self, option: str, against: str) -> Difference:
        """Return why one option is better or worse than another, part by part.

        Raises
        ------
        InputError
            An option that is not legal here.
        """
        a, b = self._find(option), self._find(against)
        gaps = self.contributions[:, a] - self.contributions[:, b]
        return Difference(self, option, against, gaps, self.value[a] - self.value[b])

    def _find(self, option: str) -> int:
        if option not in self.options:
            hint = nearest(option, self.options) or f"legal are {', '.join(self.options)}"
            raise InputError(Problem(f"`{option}` is no legal option of the {self.role} in {self.date}", hint=hint))
        return self.options.index(option)

    def to_pandas(self) -> pd.DataFrame:
        """Return mean contributions: one row per part, one column per option, and their sum."""
        import pandas as pd

        index = pd.MultiIndex.from_tuples([(part.when, part.name) for part in self.parts], names=["when", "part"])
        frame = pd.DataFrame(
            self.contributions.mean(axis=2), index=index, columns=pd.Index(self.options, name="option")
        )
        total = pd.DataFrame(
            [self.value.mean(axis=1)],
            columns=frame.columns,
            index=pd.MultiIndex.from_tuples([("sum", "value")], names=["when", "part"]),
        )
        return pd.concat([frame, total])

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "date": self.date,
            "stage": self.stage,
            "role": self.role,
            "chosen": self.chosen,
            "options": {
                name: {
                    "value": Spread.of(self.value[i]).to_json(),
                    "probability": Spread.of(self.probability[i]).to_json(),
                    "parts": [
                        {"when": part.when, "part": part.name, **Spread.of(self.contributions[j, i]).to_json()}
                        for j, part in enumerate(self.parts)
                    ],
                }
                for i, name in enumerate(self.options)
            },
            "error": self.error,
        }


@dataclass(frozen=True)
class Difference:
    """One option against another, part by part.

    Attributes
    ----------
    parts : float64 array (part, draw)
        What each part adds to the difference.
    total : float64 array (draw,)
        Difference of the values.
    """

    explanation: Explanation
    option: str
    against: str
    parts: Floats
    total: Floats

    def ranked(self) -> list[tuple[Part, Spread]]:
        """Return the parts that differ at all, the weightiest (by mean) first."""
        rows = [
            (part, Spread.of(row))
            for part, row in zip(self.explanation.parts, self.parts, strict=True)
            if np.any(row != 0)
        ]
        return sorted(rows, key=lambda row: -abs(row[1].mean))

    def sentence(self) -> str:
        """Say in a sentence what spoke most for and against the option."""
        ranked = self.ranked()
        against = [part.name for part, spread in ranked if spread.mean < 0][:3]
        for_ = [part.name for part, spread in ranked if spread.mean > 0][:3]
        total = Spread.of(self.total)
        verdict = "worse" if total.mean < 0 else "better"
        pieces = [
            f"For the {self.explanation.role}, `{self.option}` was {verdict} than `{self.against}` in "
            f"{self.explanation.date} by {abs(total.mean):.2f} (90 % interval {total.low:.2f} to {total.high:.2f})"
        ]
        if against:
            pieces.append("against it: " + ", ".join(against))
        if for_:
            pieces.append("for it: " + ", ".join(for_))
        return "; ".join(pieces) + "."

    def to_json(self) -> dict[str, Any]:
        """Return plain values; parts sum to the total."""
        return {
            "option": self.option,
            "against": self.against,
            "total": Spread.of(self.total).to_json(),
            "sentence": self.sentence(),
            "parts": [{"when": part.when, "part": part.name, **spread.to_json()} for part, spread in self.ranked()],
        }

    def to_pandas(self) -> pd.DataFrame:
        """Return one row per part with mean, median and interval, and the total."""
        import pandas as pd

        rows = [{"when": part.when, "part": part.name, **spread.to_json()} for part, spread in self.ranked()]
        rows.append({"when": "sum", "part": "difference", **Spread.of(self.total).to_json()})
        return pd.DataFrame(rows).set_index(["when", "part"])


def choose_decisions(
    game: Game, history: History, *, at: str | None = None, role: str | None = None, option: str | None = None
) -> list[Decision]:
    """Return the decisions of the real history that a question is about.

    Parameters
    ----------
    game : Game
    history : History
    at : str, optional
        A date; else every step.
    role : str, optional
        Else the first role of the theory (the patron).
    option : str, optional
        Only decisions at which this option was legal.

    Raises
    ------
    InputError
        Unknown names, dates outside the calendar, or nothing that fits.
    """
    assert game.case is not None
    calendar = game.case.calendar
    step = None
    if at is not None:
        try:
            step = calendar.index(at)
        except ValueError as error:
            raise InputError(str(error)) from None
    if role is not None and role not in game.roles:
        raise InputError(Problem(f"there is no role `{role}`", hint=nearest(role, game.roles)))
    if option is not None and option not in game.option_names:
        raise InputError(Problem(f"there is no option `{option}`", hint=nearest(option, game.option_names)))
    if role is None and option is not None and option != "hold":
        # an option tells whose question it is
        number = game.option_names.index(option)
        role = game.roles[game.plan.stages[game.option_stages[number]].role]
    wanted = game.roles.index(role) if role is not None else 0
    found = [
        decision
        for decision in history.decisions
        if decision.open
        and (step is None or decision.step == step)
        and int(game.graph.stage_role[decision.stage]) == wanted
        and (option is None or option in (game.option_names[o] for o in decision.options))
    ]
    if not found:
        what = (
            f"`{option}` was not legal for the {game.roles[wanted]}"
            if option
            else (f"the {game.roles[wanted]} had nothing to decide")
        )
        raise InputError(f"{what} {'in ' + at if at else 'at any decision of the real history'}")
    return found


def explain(
    game: Game,
    draws: Draws,
    decisions: Sequence[Decision] | None = None,
    *,
    restrictions: Sequence[Restriction] = (),
    progress: Progress | None = None,
    threads: int = 0,
) -> list[Explanation]:
    """Take the options at decisions of the real history apart.

    Parameters
    ----------
    game : Game
    draws : Draws
    decisions : sequence of Decision, optional
        Default: every decision of the first role (the patron).
    restrictions : sequence of Restriction
    progress : callable (done, total), optional
        Told after every batch of draws.
    threads : int

    Returns
    -------
    list of Explanation
        In the order of the decisions.

    Notes
    -----
    The value of an option is minus the price of taking it now, by the parts of its cost formula, plus what follows:
    each payoff term of the mover and the price of its own later acts, discounted and expected over everybody's choices.
    """
    if decisions is None:
        decisions = choose_decisions(game, lay_out(game))
    by_role: dict[int, list[Decision]] = {}
    for decision in sorted(decisions, key=lambda one: (one.step, one.stage)):
        by_role.setdefault(int(game.graph.stage_role[decision.stage]), []).append(decision)
    explained: dict[tuple[int, int], Explanation] = {}
    for number, (role, mine) in enumerate(by_role.items()):

        def report(done: int, number: int = number) -> None:
            if progress is not None:
                progress(number * len(draws) + done, len(by_role) * len(draws))

        found = _explain_role(game, draws, role, mine, restrictions, report, threads)
        for decision, explanation in zip(mine, found, strict=True):
            explained[(decision.step, decision.stage)] = explanation
    return [explained[(decision.step, decision.stage)] for decision in decisions]


def _explain_role(
    game: Game,
    draws: Draws,
    role: int,
    decisions: Sequence[Decision],
    restrictions: Sequence[Restriction],
    report: Callable[[int], None],
    threads: int,
) -> list[Explanation]:
    graph = game.graph
    terms = [(i, term) for i, term in enumerate(game.plan.terms) if term.role == role]
    columns = game.columns(
        *(Column("term", role=role, index=i, label=term.name) for i, term in terms),
        Column("cost", role=role, label="costs"),
    )
    places = [_places(game, decision) for decision in decisions]
    watch = [
        (decision.step, row)
        for decision, (nodes, over) in zip(decisions, places, strict=True)
        for row in [*(int(graph.branch_next[b]) for arc in _arcs(game, nodes) for b in graph.branches_of(arc)), *over]
    ]
    total = len(draws)
    width = len(columns)
    watched = np.empty((len(watch), width, total))
    choices = [np.empty((len(decision.arcs), total)) for decision in decisions]
    weights = [np.ones((len(nodes) + len(over), total)) for nodes, over in places]
    chances, prices, precision = [], [], np.empty(total)
    from blocs.forecast.solving import choice_probabilities

    now = [_price_parts(game, role, decision) for decision in decisions]
    for low in range(0, total, BATCH):
        high = min(low + BATCH, total)
        values = slice_values(draws.values, low, high)
        tables = game.tables(values, columns, high - low)
        done = backward(game, tables, restrictions=restrictions, watch=watch, threads=threads)
        watched[:, :, low:high] = done.watched
        precision[low:high] = tables.precision[role]
        for choice, decision in zip(choices, decisions, strict=True):
            choice[:, low:high] = choice_probabilities(game, done, decision)
        for weight, decision, (nodes, over) in zip(weights, decisions, places, strict=True):
            where = group_weights(game, done, decision.step, decision.stage, decision.node)
            weight[:, low:high] = [where[row] for row in [*nodes, *over]]
        chances.append(tables.probability)
        prices.append(
            [
                _prices(game, decision, nodes, weight[:, low:high], parts, values)
                for decision, parts, (nodes, _), weight in zip(decisions, now, places, weights, strict=True)
            ]
        )
        report(high)
    chance = np.concatenate(chances, axis=1)
    result, at = [], 0
    for number, decision in enumerate(decisions):
        later = np.zeros((width, len(decision.arcs), total))
        nodes, over = places[number]
        for i, node in enumerate(nodes):
            for a, arc in enumerate(graph.arcs_of(node)):
                for b in graph.branches_of(arc):
                    later[:, a] += weights[number][i] * chance[graph.branch_row[b]] * watched[at]
                    at += 1
        for weight in weights[number][len(nodes) :]:
            # what others do at the same time has ended the crisis, whatever is chosen
            later += weight * watched[at][:, None]
            at += 1
        price = np.concatenate([block[number] for block in prices], axis=2)
        contributions = np.concatenate([-price, later[len(columns.players) :]])
        value = later[role] - price.sum(axis=0)
        parts = (
            *(Part(NOW, name) for name in now[number]),
            *(Part(LATER, term.name, _term_help(game, role, term.name)) for _, term in terms),
            Part(LATER, "costs of later acts", "what the role's own later acts will cost it"),
        )
        keep = [i for i in range(len(parts)) if np.any(contributions[i] != 0)]
        error = float(np.abs(contributions.sum(axis=0) - value).max())
        names = game.option_names
        result.append(
            Explanation(
                date=game.case.calendar.label(decision.step) if game.case else str(decision.step + 1),
                stage=game.plan.stages[decision.stage].name,
                role=game.roles[role],
                options=tuple(names[o] for o in decision.options),
                chosen=names[chosen_option(decision)],
                parts=tuple(parts[i] for i in keep),
                contributions=contributions[keep],
                value=value,
                probability=choices[number],
                precision=precision,
                error=error,
            )
        )
    return result


def _price_parts(game: Game, role: int, decision: Decision) -> list[str]:
    """Return the names of the parts that the prices of a decision's options consist of."""
    names: dict[str, None] = {}
    for option in decision.options:
        for cost in game.layout.options[option][1].costs:
            if cost.role == role:
                names[cost.label] = None
    return list(names)


def _places(game: Game, decision: Decision) -> tuple[list[int], list[int]]:
    """Return the nodes that the role cannot tell from its own, and the ended classes that play may have come to."""
    graph = game.graph
    head, k = graph.head_of(decision.node), graph.head_stage(decision.stage)
    here, over = [head], dict[int, None]()
    while k < decision.stage:
        after = {int(graph.branch_next[b]): None for arc in _arcs(game, here) for b in graph.branches_of(arc)}
        over.update((row, None) for row in after if row >= graph.nodes)
        here, k = [row for row in after if row < graph.nodes], k + 1
    return here, list(over)


def _arcs(game: Game, nodes: Sequence[int]) -> list[int]:
    return [arc for node in nodes for arc in game.graph.arcs_of(node)]


def _prices(
    game: Game,
    decision: Decision,
    nodes: Sequence[int],
    weights: Floats,
    parts: Sequence[str],
    values: Mapping[str, Any],
) -> Floats:
    """Return the price of each option by part, expected over the nodes by their weights; (part, option, draw)."""
    graph = game.graph
    role, draws = int(graph.stage_role[decision.stage]), weights.shape[1]
    result = np.zeros((len(parts), len(decision.arcs), draws))
    everything = {**game.plan.facts, **values}
    for node, weight in zip(nodes, weights, strict=False):
        for a, arc in enumerate(graph.arcs_of(node)):
            bundle = int(graph.arc_bundle[arc])
            option = game.layout.options[decision.options[a]][1]
            for i, cost in enumerate(option.costs):
                if cost.role == role:
                    row = option.bundle_rows[i, game.layout.bundle_class[bundle]]
                    result[parts.index(cost.label), a] += weight * cost.formula.compute(everything, draws)[row]
    return result


def _term_help(game: Game, role: int, name: str) -> str:
    return game.theory.payoffs[game.roles[role]][name].help


__all__ = ["Columns", "Difference", "Explanation", "Part", "choose_decisions", "explain"]
