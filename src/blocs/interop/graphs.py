"""A game as a graph for other programs: GraphML (networkx, Gephi, yEd) and DOT (Graphviz).

Both are written line by line, so that a graph of a million edges needs no more memory than a small one.
Formats: http://graphml.graphdrawing.org and https://graphviz.org/doc/info/lang.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from blocs.game.game import Game
from blocs.interop.table import Edge, GameTable, Node

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
"""


def game_to_graphml(game: Game) -> Iterator[str]:
    """Yield the lines of a GraphML file.

    Nodes carry their stage, role, outcome and the state variables (``state.NAME``); edges carry option, result,
    probability and the cost to each role (``cost.ROLE``).
    """
    variables = [variable.name for variable in game.plan.space.variables]
    of_nodes = ["stage", "role", "outcome", *(f"state.{name}" for name in variables)]
    of_edges = ["option", "result", "probability", *(f"cost.{role}" for role in game.roles)]
    numbers = set(of_edges[2:])
    keys = [("node", name) for name in of_nodes] + [("edge", name) for name in of_edges]
    place = {key: f"d{number}" for number, key in enumerate(keys)}
    yield _HEAD
    for (domain, name), key in place.items():
        kind = "double" if domain == "edge" and name in numbers else "string"
        yield f' <key id="{key}" for="{domain}" attr.name="{_text(name)}" attr.type="{kind}"/>\n'
    title = game.case.case if game.case is not None else game.theory.theory
    yield f' <graph id="{_text(title)}" edgedefault="directed">\n'
    table = GameTable(game)
    for node in table.nodes():
        values = {"stage": node.stage, "role": node.role, "outcome": node.outcome}
        values |= {f"state.{name}": value for name, value in node.state.items()}
        yield f'  <node id="n{node.number}">{_data("node", values, place)}</node>\n'
    for number, edge in enumerate(table.edges()):
        values = {"option": edge.option, "result": edge.result, "probability": repr(edge.probability)}
        values |= {f"cost.{role}": repr(cost) for role, cost in zip(game.roles, edge.costs, strict=True)}
        ends = f'source="n{edge.source}" target="n{edge.target}"'
        yield f'  <edge id="e{number}" {ends}>{_data("edge", values, place)}</edge>\n'
    yield " </graph>\n</graphml>\n"


def game_to_dot(game: Game) -> Iterator[str]:
    """Yield the lines of a DOT file: states as boxes labelled by what they hold, options as arrows."""
    table = GameTable(game)
    yield "digraph game {\n  rankdir=LR;\n  node [shape=box];\n"
    for node in table.nodes():
        shape = " shape=oval" if not node.stage else ""
        yield f"  n{node.number} [label={_quoted(_describe(node))}{shape}];\n"
    for edge in table.edges():
        yield f"  n{edge.source} -> n{edge.target} [label={_quoted(_arrow(edge))}];\n"
    yield "}\n"


def _describe(node: Node) -> str:
    if not node.stage:
        return node.outcome or "end"
    return "\n".join([f"{node.role}: {node.stage}", *(f"{name} {value}" for name, value in node.state.items())])


def _arrow(edge: Edge) -> str:
    if not edge.result and edge.probability == 1.0:
        return edge.option
    return f"{edge.option}: {edge.result or 'result'} ({edge.probability:.3g})"


def _data(domain: str, values: dict[str, str], place: dict[tuple[str, str], str]) -> str:
    return "".join(
        f'<data key="{place[domain, name]}">{_text(value)}</data>' for name, value in values.items() if value
    )


def _text(value: str) -> str:
    return escape(value, {'"': "&quot;"})


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
