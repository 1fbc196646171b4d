"""Static theories written in the language: the same trees, the same probabilities, the same estimates."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import blocs
from blocs.cli import main
from blocs.errors import InputError
from blocs.fit.estimation.jets import Jet
from blocs.fit.strategic.mapping import fit_table, read_map
from blocs.fit.strategic.models import EGAME12, EGAME122, EGAME123
from blocs.fit.strategic.theories import tree_of
from blocs.fit.strategic.tree import End, Node, TreeDensity, ends, moves, utilities_of
from blocs.game.game import compile_theory
from blocs.solve.draws import Draws
from blocs.solve.responses import AgentError

MODELS = {"egame12": EGAME12, "egame122": EGAME122, "egame123": EGAME123}

WARS = """
utilities: {u11: ["1", s_wt_re1, revis1], u14: ["1", regime1], u24: ["1", balanc, regime2]}
actions: {first: esc, second: war}
categories: {regime1: [autoc, dem, mixed], regime2: [autoc, dem, mixed]}
missing: leave out
"""


def shape(node: Node) -> object:
    """Return a tree without the names of its roles."""
    if isinstance(node, End):
        return node.outcome, sorted(node.payoffs.values())
    return node.action, shape(node.left), shape(node.right)


@pytest.mark.parametrize("name", MODELS)
def test_theories_are_the_models(name: str) -> None:
    tree = tree_of(blocs.load_theory(name))
    assert shape(tree) == shape(MODELS[name])
    assert [move.role for move in moves(tree)] == [f"player{move.role}" for move in moves(MODELS[name])]


@pytest.mark.parametrize("name", MODELS)
def test_engine_and_tree_give_the_same_probabilities(name: str) -> None:
    """Rows lie on the draw axis of one graph: one batched solve for all of them."""
    theory = blocs.load_theory(name)
    game = compile_theory(theory, None, 1)
    random = np.random.default_rng(4)
    facts = {fact: random.normal(size=40) for fact in theory.facts}
    solved = blocs.solve(game, Draws(facts, None, "table", 40)).outcome_draws()
    tree = MODELS[name]
    jets = [Jet(facts[utility], order=0) for utility in utilities_of(tree)]
    density = TreeDensity(tree, AgentError(), utilities_of(tree), {}, np.zeros(40, dtype=int))
    logs = density.log_chances(jets)
    for outcome, row in zip(game.outcomes, solved, strict=True):
        assert row == pytest.approx(np.exp(logs[outcome].value), abs=1e-13)
    assert {end.outcome for end in ends(tree)} == set(game.outcomes)


def reference(shared: Path, name: str) -> tuple[dict[str, float], np.ndarray, np.ndarray]:
    folder = shared / "reference/estimates"
    with (folder / f"{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    return (
        json.loads((folder / f"{name}.json").read_text()),
        np.array([float(row["estimate"]) for row in rows]),
        np.array([float(row["se"]) for row in rows]),
    )


@pytest.mark.parametrize(
    ("run", "extra"),
    [
        ("games_egame12_war1800_NR_tight", ""),
        ("games_egame12_war1800_private_NR_tight", "private: true\n"),
    ],
)
def test_war1800_from_the_command_line(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], run: str, extra: str
) -> None:
    (tmp_path / "map.yaml").write_text(WARS + extra)
    table = shared / "data/estimation/games_war1800.csv"
    assert main(["fit", "egame12", "--table", str(table), "--map", str(tmp_path / "map.yaml"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    meta, estimates, errors = reference(shared, run)
    # R's own maximum may stop short of ours by its tolerance, never above it
    assert found["log_likelihood"] == pytest.approx(meta["logLik"], abs=1e-6)
    assert found["log_likelihood"] >= meta["logLik"] - 1e-8
    rows = list(found["coefficients"].values())
    assert [row["estimate"] for row in rows] == pytest.approx(estimates, abs=1e-5)
    assert [row["std_error"] for row in rows] == pytest.approx(errors, rel=1e-3)


def test_what_is_no_static_tree_is_refused(tmp_path: Path) -> None:
    text = (Path(blocs.__file__).parent / "library/theories/egame12.yaml").read_text()
    changes = {
        "one fact and nothing else": ("u11 * (play == L)", "2 * u11 * (play == L)"),
        "cannot tell them": (
            "outcomes:\n  L: play == L\n  RL: play == RL\n  RR: otherwise",
            "outcomes:\n  L: otherwise",
        ),
        "no place": (
            "left: {set: {play: RL}}",
            "left: {chance: [{p: 0.5, set: {play: RL}}, {p: rest, set: {play: RR}}]}",
        ),
        "know two options": (
            "      left: {set: {play: RL}}",
            "      left: {set: {play: RL}}\n      more: {set: {play: L}}",
        ),
    }
    for message, (old, new) in changes.items():
        assert old in text
        path = tmp_path / "theory.yaml"
        path.write_text(text.replace(old, new))
        with pytest.raises(InputError, match=message):
            tree_of(blocs.load_theory(path))


def test_bad_maps_are_told_with_their_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "map.yaml"
    path.write_text('utilites: {u11: ["1"]}\nnoise: cauchy\n')
    with pytest.raises(InputError) as caught:
        read_map(path)
    told = sorted((problem.line, problem.column) for problem in caught.value.problems)
    assert told == [(1, 1), (2, 1)] and "did you mean `utilities`" in str(caught.value)
    path.write_text('utilities: {u11: ["1", nothing]}\noutcome: {column: y}\n')
    (tmp_path / "t.csv").write_text("y,x\nL,1\nRL,2\nRR,3\n")
    with pytest.raises(InputError, match="nothing"):
        fit_table("egame12", tmp_path / "t.csv", path)
    path.write_text("utilities: {u11: [x]}\n")
    with pytest.raises(InputError, match="what happened"):
        fit_table("egame12", tmp_path / "t.csv", path)
    assert main(["fit", "egame12", "--table", str(tmp_path / "t.csv")]) == 2
    assert "--map" in capsys.readouterr().err


def test_a_separated_table_says_so_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "\n".join(
        f"{'L' if x > 0 else 'RL' if i % 2 else 'RR'},{x}" for i, x in enumerate([-3, -2, -1, -4, 1, 2, 3, 4] * 4)
    )
    (tmp_path / "t.csv").write_text("y,x\n" + rows + "\n")
    (tmp_path / "m.yaml").write_text('utilities: {u11: ["1", x]}\noutcome: {column: y}\n')
    assert main(["fit", "egame12", "--table", str(tmp_path / "t.csv"), "--map", str(tmp_path / "m.yaml")]) == 3
    assert "predicted with certainty" in capsys.readouterr().out


TABLE = [("L", -1.0), ("RL", 0.5), ("RR", 2.0), ("L", 0.1), ("RL", -0.3), ("RR", 1.5), ("L", 0.7), ("RR", -2.0)]


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        (lambda rows: rows[3].__setitem__(1, "abc"), "t.csv:5:2: x", "`abc` is not a number"),
        (lambda rows: rows[2].__setitem__(1, "NA"), "t.csv:4:2: x", "a value is missing"),
        (lambda rows: rows[0].__setitem__(1, "inf"), "t.csv:2:2: x", "`inf` is not a number"),
        (lambda rows: rows[4].__setitem__(0, "WAR"), "t.csv:6:1: y", "`WAR` is not an outcome of the theory"),
        (lambda rows: [row.__setitem__(1, 3) for row in rows], "t.csv:1:2: x", "is 3 in every one of 8 rows"),
        (lambda rows: [row.__setitem__(0, "RL") for row in rows], "t.csv:1:1: y", "`L` never occurs"),
        (lambda rows: rows[5].append(7), "t.csv:7:", "3 cells where the header has 2"),
    ],
    ids=["not a number", "missing", "infinite", "no outcome", "constant", "never", "ragged"],
)
def test_each_fault_of_a_table_has_its_place(tmp_path: Path, capsys, change, place: str, message: str) -> None:
    rows = [list(row) for row in TABLE]
    change(rows)
    (tmp_path / "t.csv").write_text("y,x\n" + "\n".join(",".join(map(str, row)) for row in rows) + "\n")
    (tmp_path / "m.yaml").write_text('utilities: {u11: ["1", x]}\noutcome: {column: y}\n')
    assert main(["fit", "egame12", "--table", str(tmp_path / "t.csv"), "--map", str(tmp_path / "m.yaml")]) == 1
    told = capsys.readouterr().err
    assert place in told and message in told and "1 error" in told


def test_columns_that_are_not_there_are_told_where_the_map_asks_for_them(tmp_path: Path, capsys) -> None:
    (tmp_path / "t.csv").write_text("y,power,trade\n" + "\n".join(f"{y},{x},{x * x}" for y, x in TABLE) + "\n")
    (tmp_path / "m.yaml").write_text(
        'utilities: {u11: ["1", powr], u24: ["1", log(2 + tarde), "trade *"]}\noutcome: {column: z}\nweights: n\n'
    )
    words = ["fit", "egame12", "--table", str(tmp_path / "t.csv"), "--map", str(tmp_path / "m.yaml")]
    assert main(words) == 1
    told = capsys.readouterr().err
    for place, message in (
        ("m.yaml:1:24: utilities.u11[1]", "has no column `powr`; did you mean `power`?"),
        ("m.yaml:1:50: utilities.u24[1]", "has no column `tarde`; did you mean `trade`?"),
        ("m.yaml:1:58: utilities.u24[2]", "this is not a formula"),
        ("m.yaml:2:", "has no column `z`"),
        ("m.yaml:3:", "has no column `n`"),
    ):
        assert place in told and message in told, (place, told)
    assert "5 errors" in told
    assert main(["fit", "patron-client", *words[2:]]) == 1
    (tmp_path / "m.yaml").write_text('utilities: {u11: ["1", power]}\noutcome: {column: y}\n')
    assert main(["fit", "patron-client", *words[2:]]) == 1
    assert "is no theory for tables" in capsys.readouterr().err
