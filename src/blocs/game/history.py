"""A coded history laid on the graph: the node of every decision, the arc taken, and why a move would be illegal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.game.game import Game
from blocs.language.formulas import Expr, FormulaError, Scope, evaluate, names, parse, resolve, to_text
from blocs.language.formulas.syntax import Logical

if TYPE_CHECKING:
    from blocs.language.case import Case, Event

HOLD = "hold"


@dataclass(frozen=True)
class Decision:
    """What one role chose in one stage of one step.

    Parameters
    ----------
    step, stage, node, arc : int
        Place in the game; `arc` is what was taken.
    arcs : range
        All legal arcs of the node, in the order of the stage's options.
    options : tuple of int
        Options of these arcs.
    branch : int
        The branch that chance took.
    event : int
        Number of the event in the case's history, or -1 where nothing was coded and the role held.
    """

    step: int
    stage: int
    node: int
    arc: int
    arcs: range
    options: tuple[int, ...]
    branch: int
    event: int = -1

    @property
    def open(self) -> bool:
        """Whether there was anything to decide."""
        return len(self.arcs) > 1


@dataclass(frozen=True)
class History:
    """The real course of a case as decisions of its game.

    Parameters
    ----------
    decisions : tuple of Decision
        In order of play, one per stage and step until the crisis ended or the calendar did.
    codes : int64 array (decision,)
        State that the role saw before each decision.
    last : int
        Row that the last decision led to: an ended class or a carry.
    """

    decisions: tuple[Decision, ...]
    codes: NDArray[np.int64] = field(repr=False)
    last: int


def lay_out(game: Game) -> History:
    """Follow the case's history through the graph.

    Parameters
    ----------
    game : Game
        Compiled from a case.

    Returns
    -------
    History

    Raises
    ------
    InputError
        Every move that was illegal where it was made, with the reason and since when.
    """
    if game.case is None:
        raise InputError("a theory on its own has no history")
    return _Walk(game, game.case).run()


class _Walk:
    def __init__(self, game: Game, case: Case) -> None:
        self.game, self.case = game, case
        self.problems: list[Problem] = []
        self.names = game.option_names
        self.coded: dict[tuple[int, int], tuple[int, int]] = {}
        self.place_events()

    def place_events(self) -> None:
        """Give every event its step and option."""
        for number, event in enumerate(self.case.history):
            where = ("history", number)
            try:
                step = self.case.calendar.index(event.date)
            except ValueError as error:
                self.problems.append(self.case.origins.problem((*where, "date"), str(error)))
                continue
            option = find_option(self.game, event.role, event.option, event.stage)
            if option is None:
                self.problems.append(
                    self.case.origins.problem(
                        (*where, "option"), f"the {event.role} has no option `{event.option}` in this case"
                    )
                )
                continue
            key = (step, self.game.option_stages[option])
            if key in self.coded:
                other = self.case.history[self.coded[key][0]]
                self.problems.append(
                    self.case.origins.problem(
                        (*where, "date"),
                        f"in {event.date} the stage already has `{other.option}`; a stage has one option a step",
                    )
                )
                continue
            self.coded[key] = (number, option)

    def run(self) -> History:
        graph = self.game.graph
        decisions: list[Decision] = []
        node, code = graph.start, int(graph.codes[graph.start])
        # what the roles see: the state before the stage, where several choose at once
        seen = code
        codes = []
        for step in range(graph.steps):
            for stage in range(graph.stages):
                number, option = self.coded.get((step, stage), (-1, -1))
                if node >= graph.nodes:
                    if number >= 0:
                        self.problems.append(
                            self.case.origins.problem(
                                ("history", number), f"the crisis had ended before {self.case.history[number].date}"
                            )
                        )
                    continue
                seen = code if graph.stage_width[stage] else seen
                codes.append(seen)
                decision = self.decide(step, stage, node, seen, number, option, decisions, codes)
                if decision is None:
                    raise InputError(self.problems)
                decisions.append(decision)
                target = int(graph.branch_next[decision.branch])
                code = self.follow(decision, code)
                node = target
                carry = target - graph.nodes - graph.ends
                if carry >= 0 and step + 1 != graph.steps:
                    node = carry
        if self.problems:
            raise InputError(self.problems)
        return History(tuple(decisions), np.array(codes, dtype=np.int64), node)

    def decide(
        self,
        step: int,
        stage: int,
        node: int,
        code: int,
        number: int,
        option: int,
        before: list[Decision],
        codes: list[int],
    ) -> Decision | None:
        graph = self.game.graph
        arcs = graph.arcs_of(node)
        options = tuple(int(graph.arc_option[arc]) for arc in arcs)
        if number < 0:
            held = [o for o in options if self.names[o] == HOLD]
            option = held[0] if held else options[0]
            if not held and len(options) > 1:
                date = self.case.calendar.label(step)
                self.problems.append(
                    self.case.origins.problem(
                        ("history",),
                        f"nothing is coded for `{self.game.plan.stages[stage].name}` in {date}, where `hold` is "
                        f"not legal; say which of {', '.join(self.names[o] for o in options)} was chosen",
                    )
                )
                return None
        if option not in options:
            self.problems.append(self.illegal(step, stage, code, number, option, before, codes))
            # tell of later errors too: go on as if the role had held
            held = [o for o in options if self.names[o] == HOLD]
            option = held[0] if held else int(graph.arc_option[arcs.start])
            number = -1
        arc = arcs[options.index(option)]
        branch = self.branch(arc, option, number)
        return Decision(step, stage, node, arc, arcs, options, branch, number)

    def branch(self, arc: int, option: int, number: int) -> int:
        branches = self.game.graph.branches_of(arc)
        if len(branches) == 1:
            return branches[0]
        results = self.game.layout.options[option][1].results
        event: Event | None = self.case.history[number] if number >= 0 else None
        if event is None or event.result is None or event.result not in results:
            where = ("history", number) if number >= 0 else ("history",)
            self.problems.append(
                self.case.origins.problem(
                    where, f"`{self.names[option]}` leaves its result to chance; say which of {', '.join(results)} came"
                )
            )
            return branches[0]
        return branches[results.index(event.result)]

    def follow(self, decision: Decision, code: int) -> int:
        """Return the state after a decision, before any merging of ended states."""
        plan = self.game.plan
        option = self.game.layout.options[int(self.game.graph.arc_option[decision.arc])][1]
        number = decision.branch - int(self.game.graph.branch_ptr[decision.arc])
        columns = plan.space.decode(np.array([code], dtype=np.int64))
        for effect in option.effects[number]:
            code += int(effect.delta[effect.projection.points(columns)[0]])
        columns = plan.space.decode(np.array([code], dtype=np.int64))
        for _, projection, change in plan.forget:
            delta = int(change[projection.points(columns)[0]])
            if delta:
                code += delta
                columns = plan.space.decode(np.array([code], dtype=np.int64))
        return code

    def illegal(
        self, step: int, stage: int, code: int, number: int, option: int, before: list[Decision], codes: list[int]
    ) -> Problem:
        event = self.case.history[number]
        name = event.option
        reason = self.reason(option, code)
        since = self.since(option, stage, before, codes)
        message = f"`{name}` is not legal for the {event.role} in {self.case.calendar.label(step)}: {reason}"
        return self.case.origins.problem(("history", number, "option"), f"{message}; {since}")

    def reason(self, option: int, code: int) -> str:
        """Return the parts of the option's condition that fail, with the values that make them fail."""
        spec = self.game.option_spec(option)
        failing = failing_parts(self.game, str(spec.when), code)
        return " and ".join(failing) if failing else f"its condition is `{spec.when}`"

    def since(self, option: int, stage: int, before: list[Decision], codes: list[int]) -> str:
        """Say since when the option has been illegal, and which move made it so."""
        plan = self.game.layout.options[option][1]
        if plan.legal is None:
            return "it is always legal"
        projection, table = plan.legal
        legal = table[projection.points(self.game.plan.space.decode(np.array(codes, dtype=np.int64)))]
        if not legal[:-1].any():
            return "it never was since the start"
        last = int(np.flatnonzero(legal[:-1])[-1])
        decision = before[last]
        move = self.names[int(self.game.graph.arc_option[decision.arc])]
        role = self.game.roles[int(self.game.graph.stage_role[decision.stage])]
        return f"not since {self.case.calendar.label(decision.step)}, when the {role} chose `{move}`"


def find_option(game: Game, role: str, option: str, stage: str | None = None) -> int | None:
    """Return the number of an option of a role (in a stage, if one is named), or None."""
    return next(iter(find_options(game, role, option, stage)), None)


def find_options(game: Game, role: str, option: str, stage: str | None = None) -> list[int]:
    """Return the numbers of all options of that name that a role has (in a stage, if one is named)."""
    return [
        number
        for number, (k, plan) in enumerate(game.layout.options)
        if plan.name == option
        and game.roles[game.plan.stages[k].role] == role
        and stage in (None, game.plan.stages[k].stage, game.plan.stages[k].name)
    ]


def failing_parts(game: Game, when: str, code: int) -> list[str]:
    """Return the conjuncts of a condition that do not hold in a state, each with the values it looks at."""
    plan = game.plan
    definitions = {}
    for name, text in game.theory.define.items():
        definitions[name] = parse(str(text))
    try:
        expr, _ = resolve(parse(when), Scope(plan.symbols, definitions))
    except FormulaError:
        return []
    parts: tuple[Expr, ...] = expr.operands if isinstance(expr, Logical) and expr.operator == "and" else (expr,)
    columns = plan.space.decode(np.array([code], dtype=np.int64))
    values = {v.name: v.as_values(columns[i]) for i, v in enumerate(plan.space.variables)}
    labels = plan.space.labels(code)
    said = []
    for part in parts:
        if not bool(np.all(evaluate(part, {**plan.facts, **values}))):
            seen = [f"{name} is {labels[name]}" for name in sorted(names(part)) if name in labels]
            seen += [f"{name} is {show_fact(game, name)}" for name in sorted(names(part)) if name in game.theory.facts]
            said.append(f"`{to_text(part)}` fails ({', '.join(seen)})" if seen else f"`{to_text(part)}` fails")
    return said


def show_fact(game: Game, name: str) -> str:
    """Return a fact's value as the case states it."""
    value = game.case.facts[name].value if game.case is not None and name in game.case.facts else None
    value = game.theory.facts[name].default if value is None else value
    return str(value).lower() if isinstance(value, bool) else str(value)
