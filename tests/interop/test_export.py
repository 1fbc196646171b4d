"""Games written for other programs: the tree against the solver of trees, the graph and the table against the game."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import blocs
from blocs.errors import InputError
from blocs.game.game import Game, compile_theory
from blocs.interop.efg import format_efg, parse_efg
from blocs.interop.graphs import game_to_dot, game_to_graphml
from blocs.interop.table import GameTable, game_to_csv
from blocs.interop.unfolding import tree_size, unfold
from blocs.solve.extensive import solve_extensive

THEORY = """
theory: tiny
roles: {{ann: first, bob: second}}
parameters:
  prize: {{prior: "Normal(1.5, 0.5)"}}
  odds: {{prior: "Beta(2, 3)"}}
state:
  place: {{values: [home, away, lost]}}
  tired: {{type: boolean}}
ends_when: place == lost
stages:
  - stage: travel
    role: ann
    options:
      hold: {{}}
      go:
        when: place == home
        cost: {{ann: 0.3}}
        chance:
          - {{p: odds, set: {{place: away}}, label: arrives}}
          - {{p: rest, set: {{place: lost}}, label: gets "lost" & <stays>}}
      return: {{when: place == away, set: {{place: home, tired: true}}}}
  - stage: answer
    role: bob
    options:
      hold: {{}}
      rest: {{when: tired, set: {{tired: false}}, cost: {{bob: 0.2, ann: 0.1}}}}
payoffs:
  ann: {{far: prize * (place == away), loss: -2 * (place == lost)}}
  bob: {{near: 0.7 * (place == home), worn: -0.5 * tired}}
play: {{discount: {discount}, response: logit, precision: {{ann: {precision}, bob: {precision}}}}}
horizon: {{after_last_step: {after}}}
outcomes: {{lost: place == lost, away: place == away, home: otherwise}}
"""


def tiny(tmp_path: Path, steps: int, discount: float = 1.0, precision: float = 1.0, after: str = "nothing") -> Game:
    path = tmp_path / "tiny.yaml"
    path.write_text(THEORY.format(discount=discount, precision=precision, after=after), encoding="utf-8")
    return compile_theory(blocs.load_theory(path), None, steps)


@pytest.mark.parametrize(("steps", "after"), [(1, "nothing"), (3, "nothing"), (4, "3")])
def test_the_tree_has_the_same_equilibrium(steps: int, after: str, tmp_path: Path) -> None:
    game = tiny(tmp_path, steps, after=after)
    tree = unfold(game)
    solution = blocs.solve(game, draws=None)
    (solved,) = solve_extensive(tree, [1.0])
    np.testing.assert_allclose(solved.payoffs, solution.values[:, 0], rtol=1e-12)
    ends = [
        label for label, node in zip(tree.outcome_labels, range(len(tree.outcome_labels)), strict=True) if node >= 0
    ]
    totals = {name: 0.0 for name in game.outcomes}
    for label, probability in zip(ends, solved.outcome_probabilities.tolist(), strict=True):
        totals[label] += probability
    expected = dict(zip(game.outcomes, solution.outcome_draws()[:, 0].tolist(), strict=True))
    assert totals == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("after", ["nothing", "2.5", "continue"])
def test_payoffs_are_worth_at_the_start(after: str, tmp_path: Path) -> None:
    # with choice by chance the tree's payoffs agree at any discount
    game = tiny(tmp_path, 4, discount=0.8, precision=0.0, after=after)
    (solved,) = solve_extensive(unfold(game), [0.0])
    np.testing.assert_allclose(solved.payoffs, blocs.solve(game, draws=None).values[:, 0], rtol=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_the_size_is_known_before(steps: int, tmp_path: Path) -> None:
    game = tiny(tmp_path, steps)
    assert tree_size(game) == unfold(game).nodes


def test_a_tree_is_written_and_read_back(tmp_path: Path) -> None:
    tree = unfold(tiny(tmp_path, 2))
    again = parse_efg(format_efg(tree))
    assert tree.players == ("ann", "bob")
    assert "1 travel" in tree.infoset_labels and 'gets "lost" & <stays>' in tree.action_labels
    np.testing.assert_allclose(
        solve_extensive(again, [2.0])[0].payoffs, solve_extensive(tree, [2.0])[0].payoffs, rtol=1e-12
    )


def test_a_tree_that_is_too_large_is_refused_with_its_size(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the tree of this game has .*calendar\.steps"):
        unfold(tiny(tmp_path, 40))


def test_the_table_has_a_row_for_each_result(tmp_path: Path) -> None:
    game = tiny(tmp_path, 3)
    rows = list(csv.DictReader(io.StringIO("".join(game_to_csv(game)))))
    assert len(rows) == game.graph.branches
    go = next(row for row in rows if row["option"] == "go" and row["result"] == "arrives" and row["tired"] == "false")
    assert (go["stage"], go["role"], go["place"]) == ("travel", "ann", "home")
    # the median of Beta(2, 3), by SciPy's own quantile
    from scipy.stats import beta

    assert float(go["probability"]) == pytest.approx(beta.ppf(0.5, 2, 3), abs=1e-12)
    assert (float(go["cost_ann"]), float(go["cost_bob"])) == (0.3, 0.0)
    lost = next(row for row in rows if row["result"].startswith("gets"))
    assert lost["outcome"] == "lost" and int(lost["next"]) >= game.graph.nodes
    # what the last stage leads to is a state of the first
    bob = [row for row in rows if row["stage"] == "answer"]
    assert all(int(row["next"]) < game.graph.first_stage for row in bob)


def test_the_graph_is_valid_and_complete(tmp_path: Path) -> None:
    game = tiny(tmp_path, 3)
    root = ET.fromstring("".join(game_to_graphml(game)))
    space = "{http://graphml.graphdrawing.org/xmlns}"
    nodes, edges = root.findall(f".//{space}node"), root.findall(f".//{space}edge")
    table = GameTable(game)
    assert len(nodes) == game.graph.nodes + game.graph.ends
    assert len(edges) == game.graph.branches
    names = {node.get("id") for node in nodes}
    assert {end for edge in edges for end in (edge.get("source"), edge.get("target"))} <= names
    keys = {key.get("id"): key.get("attr.name") for key in root.findall(f"{space}key")}
    results = {data.text for edge in edges for data in edge if keys[data.get("key")] == "result"}
    assert results == {edge.result for edge in table.edges() if edge.result} == {"arrives", 'gets "lost" & <stays>'}


def test_dot_names_every_edge(tmp_path: Path) -> None:
    game = tiny(tmp_path, 2)
    lines = "".join(game_to_dot(game)).splitlines()
    assert lines[0] == "digraph game {" and lines[-1] == "}"
    assert sum(" -> " in line for line in lines) == game.graph.branches
    assert any(r"gets \"lost\" & <stays>" in line for line in lines)
