"""Static theories read as trees of choices, so that a theory written in the language can be fitted to a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blocs.errors import InputError
from blocs.fit.strategic.tree import End, Move, Node, ends
from blocs.game.game import Game, compile_theory

if TYPE_CHECKING:
    from blocs.language.theory import Theory

# a derivative by a fact is one or zero up to rounding, or the payoff is more than the fact
ROUNDING = 1e-9


def tree_of(theory: Theory) -> Node:
    """Return a theory of one step as a tree of choices between two options.

    Parameters
    ----------
    theory : Theory
        Every role's payoff at each end must be one of its facts, or nothing; chance, and choices among more than two
        options, are not followed.

    Returns
    -------
    Node
        Actions are called by their stages, ends by their outcomes, utilities by their facts; the first option of a
        stage is the left one.

    Raises
    ------
    InputError
        The theory is no such tree, with the reason.
    """
    other = next((name for name, fact in theory.facts.items() if fact.type != "number"), None)
    if other is not None:
        raise InputError(
            theory.origins.problem(
                ("facts", other),
                f"{theory.theory} is no theory for tables: the facts of these are utilities, of type `number`, and "
                f"`{other}` is none",
                hint="theories for tables are egame12, egame122, egame123 and your own of this kind",
            )
        )
    game = compile_theory(theory, None, 1)
    tree = _node(game, game.graph.start, 0)
    names = [end.outcome for end in ends(tree)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(
            theory.origins.problem(("outcomes", twice), "two ends have this outcome; a table cannot tell them apart")
        )
    return tree


def _node(game: Game, row: int, stage: int) -> Node:
    graph = game.graph
    if row >= graph.nodes:
        return _end(game, row)
    arcs = graph.arcs_of(row)
    if any(len(graph.branches_of(arc)) > 1 for arc in arcs):
        raise InputError(
            game.theory.origins.problem(("stages", stage), "chance has no place in a theory fitted to tables")
        )
    below = [_node(game, int(graph.branch_next[graph.branch_ptr[arc]]), stage + 1) for arc in arcs]
    if len(arcs) == 1:
        return below[0]
    if len(arcs) > 2:
        raise InputError(
            game.theory.origins.problem(("stages", stage), "theories fitted to tables know two options at a time")
        )
    plan = game.plan.stages[stage]
    return Move(game.roles[plan.role], plan.name, below[0], below[1])


def _end(game: Game, row: int) -> End:
    """Return what each role gets at an ended class or after the last step."""
    graph = game.graph
    at = graph.first_stage + row - graph.nodes if row < graph.nodes + graph.ends else row - graph.nodes - graph.ends
    bundle = int(graph.pay_bundle[at])
    facts = [name for name in game.theory.facts if name not in game.plan.fixed_facts]
    values = dict(game.plan.facts)
    payoffs: dict[str, str] = {}
    for i, term in enumerate(game.plan.terms):
        line = int(game.layout.pay_rows[i, bundle])
        slopes = {name: float(s[line, 0]) for name, s in term.formula.slopes(values, 1, facts).items()}
        used = [name for name, slope in slopes.items() if abs(slope) > ROUNDING]
        level = float(term.formula.compute(values, 1)[line, 0]) - sum(values[name] * slopes[name] for name in used)
        if not used and abs(level) < ROUNDING:
            continue
        role = game.roles[term.role]
        plain = len(used) == 1 and abs(slopes[used[0]] - 1.0) < ROUNDING and abs(level) < ROUNDING
        if not plain or role in payoffs:
            raise InputError(
                game.theory.origins.problem(
                    ("payoffs", role, term.name),
                    "in a theory fitted to a table, what a role gets at an end is one fact and nothing else",
                )
            )
        payoffs[role] = used[0]
    number = int(graph.outcome[at])
    if number < 0:
        raise InputError(game.theory.origins.problem(("outcomes",), "an end of the game has no outcome"))
    return End(game.outcomes[number], payoffs)
