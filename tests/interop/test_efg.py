"""Gambit's format: what is read, what is written, and how mistakes are told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocs.errors import InputError
from blocs.game.classic import escalation_game, signalling_game
from blocs.game.extensive import CHANCE, DECISION, END, preorder
from blocs.interop.efg import exact_probabilities, format_efg, parse_efg, read_efg, write_efg

HEAD = 'EFG 2 R "poker" { "Ann" "Bob" }\n"a comment"\n'
POKER = (
    HEAD
    + r"""
c "deal" 1 "(0,1)" { "high" 1/2 "low" 0.5 } 0
p "Ann's \"turn\"" 1 1 "has high" { "raise" "fold" } 0
p "" 2 7 "" { "meet" "pass" } 3 "stake" { .5, -5e-1 }
t "" 1 "back\\slash" { +2 -2 }
t "" 2 "small" { 1, -1 }
t "" 2
p "" 1 5 "has low" { "raise" "fold" } 0
p "" 2 7 3
t "" 4 "lose" { -4/2, 2 }
t "" 2
t "" 0
"""
)


def test_a_file_with_everything_is_read() -> None:
    game = parse_efg(POKER)
    assert game.title == "poker"
    assert game.comment == "a comment"
    assert game.players == ("Ann", "Bob")
    # breadth first: deal | raise or fold with high, with low | Bob twice and two ends | four ends
    assert game.kind.tolist() == [CHANCE, DECISION, DECISION, DECISION, END, DECISION, END, END, END, END, END]
    assert game.parent.tolist() == [-1, 0, 0, 1, 1, 2, 2, 3, 3, 5, 5]
    assert game.level_ptr.tolist() == [0, 1, 3, 7, 11]
    assert game.infoset_labels == ("(0,1)", "has high", "", "has low")
    assert game.infoset_player.tolist() == [-1, 0, 1, 0]
    assert game.infoset_number.tolist() == [1, 1, 1, 2]
    assert game.members.tolist() == [1, 1, 2, 1]
    assert game.chance[:2].tolist() == [0.5, 0.5] and np.isnan(game.chance[2:]).all()
    assert game.outcome_labels == ("stake", "back\\slash", "small", "lose")
    assert game.payoffs.tolist() == [[0.5, -0.5], [2, -2], [1, -1], [-2, 2]]
    assert game.outcome.tolist() == [-1, -1, -1, 0, 2, 0, -1, 1, 2, 3, 2]
    assert game.node_labels == {0: "deal", 1: 'Ann\'s "turn"'}
    assert game.node_line.tolist() == [4, 5, 10, 6, 9, 11, 14, 7, 8, 12, 13]
    assert not game.perfect_information


def test_writing_and_reading_gives_the_same_game() -> None:
    game = parse_efg(POKER)
    assert parse_efg(format_efg(game)).same_as(game)


def test_comment_commas_and_labels_may_be_left_out() -> None:
    game = parse_efg('EFG 2 D "" { }p""1 1{"a"}0 t "" 0'.replace("{ }", '{ "A" }'))
    assert (game.nodes, game.comment, game.infoset_labels) == (2, "", ("",))
    assert parse_efg('EFG 2 R "" { "A" } t "" 1 { 5 }').payoffs.tolist() == [[5.0]]


def test_windows_line_ends_and_byte_order_mark_are_read() -> None:
    data = b"\xef\xbb\xbf" + POKER.replace("\n", "\r\n").encode()
    assert parse_efg(data).same_as(parse_efg(POKER))


def test_the_references_read_as_the_games_that_they_are(shared) -> None:
    folder = shared / "reference" / "solvers"
    for rounds in (1, 2, 3, 5):
        assert read_efg(folder / f"dyn_pi_R{rounds}.efg").same_as(escalation_game(rounds))
    for rounds in (1, 2, 3):
        assert read_efg(folder / f"dyn_types2_R{rounds}.efg").same_as(escalation_game(rounds, 2))
    assert read_efg(folder / "dyn_types5_R1.efg").same_as(escalation_game(1, 5))
    assert read_efg(folder / "sig_n2.efg").same_as(signalling_game(2))
    ten, built = read_efg(folder / "sig_n10.efg"), signalling_game(10)
    assert np.array_equal(ten.infoset, built.infoset) and ten.outcome_labels == built.outcome_labels
    assert np.abs(ten.payoffs - built.payoffs).max() < 5e-7  # the file gives six decimals


@pytest.mark.parametrize(
    "build", [lambda: signalling_game(4), lambda: escalation_game(2), lambda: escalation_game(2, 3)]
)
def test_built_games_are_written_and_read(build, tmp_path) -> None:
    game = build()
    write_efg(game, tmp_path / "game.efg")
    assert read_efg(tmp_path / "game.efg").same_as(game)


def test_nodes_in_the_order_of_a_walk() -> None:
    assert preorder(parse_efg(POKER)).tolist() == [0, 1, 3, 7, 8, 4, 2, 5, 9, 10, 6]


def test_deep_trees_are_no_trouble() -> None:
    depth = 20_000
    game = parse_efg(HEAD + 'p "" 1 1 "" { "on" "stop" } 0\n' + 'p "" 1 1 0\n' * (depth - 1) + 't "" 0\n' * (depth + 1))
    assert game.depth == depth and game.nodes == 2 * depth + 1


def test_probabilities_are_written_as_fractions_that_sum_to_one() -> None:
    thirds = exact_probabilities([1 / 3, 1 / 3, 1 / 3])
    assert [str(p) for p in thirds] == ["1/3"] * 3
    odd = exact_probabilities([0.1234567890123, 1 - 0.1234567890123])
    assert sum(odd) == 1
    assert float(odd[0]) == 0.1234567890123


@given(st.lists(st.floats(1e-3, 1), min_size=1, max_size=6))
def test_exact_probabilities_are_near_what_was_given(weights: list[float]) -> None:
    values = [weight / sum(weights) for weight in weights]
    exact = exact_probabilities(values)
    assert sum(exact) == 1
    assert all(abs(float(p) - v) <= 1e-15 for p, v in zip(exact, values, strict=True))


MISTAKES = [
    ("", "1:1", "expected a Gambit extensive game"),
    ("NFG 1 R", "1:1", "found `NFG`"),
    ('EFG 1 R "x" { "A" } t "" 0', "1:5", "version 1"),
    ('EFG 2 R x { "A" } t "" 0', "1:9", "expected the title in quotation marks"),
    ('EFG 2 R "x" { "A" 3 } t "" 0', "1:19", "name of a player"),
    (HEAD, "3:1", "ends before the first node"),
    (HEAD + 'q "" 0', "3:1", "expected a node"),
    (HEAD + "t 0", "3:3", "name of the node"),
    (HEAD + 't "" 1', "3:6", "outcome 1 is used before its payoffs"),
    (HEAD + 't "" 1.5', "3:6", "number of the outcome"),
    (HEAD + 't "" 1 "o" { 1 }', "3:12", "has 1 payoffs; the game has 2 players"),
    (HEAD + 't "" 1 "o" { 1, 2, 3 }', "3:12", "has 3 payoffs"),
    (HEAD + 't "" 1 "o" { 1, two }', "3:17", "a payoff"),
    (HEAD + 't "" 1 "o" { 1, 1/0 }', "3:17", "divides by zero"),
    (HEAD + 't "" 1 "o" { 1, 1e999 }', "3:17", "larger than any number"),
    (HEAD + 't "" 1 "o" { 1, 2', "3:18", "or `}`, found the end of the file"),
    (HEAD + 't "" 1 "o { 1, 2 }', "3:8", "never closed"),
    (HEAD + 't "" 0 "o" { 1, 2 }', "3:6", "outcome 0 means that there is none"),
    (HEAD + 't "" 0\nt "" 0', "4:1", "the game tree is complete"),
    (HEAD + 'p "" 3 1 "" { "a" } 0\nt "" 0', "3:6", "no player 3"),
    (HEAD + 'p "" 0 1 "" { "a" } 0\nt "" 0', "3:6", "no player 0"),
    (HEAD + 'p "" 1 1 0\nt "" 0', "3:8", "used before its actions"),
    (HEAD + 'p "" 1 1 "" { } 0', "3:13", "at least one action"),
    (HEAD + 'p "" 1 1 "" { "a" "b" } 0\nt "" 0', "4:7", "the move on line 3 still lacks 1 branch"),
    (HEAD + 'p "" 1 1 "" { "a" "b" } 0\np "" 1 1 "" { "b" "a" } 0', "4:13", "has the actions `b`, `a` here"),
    (HEAD + 'p "" 1 1 "x" { "a" } 0\np "" 1 1 "y" { "a" } 0', "4:10", "is labelled `y` here and `x` before"),
    (HEAD + 'p "" 1 1 "x" { "a" 3 } 0', "3:20", "label of an action"),
    (HEAD + 'c "" 1 "x" { "a" 1/2 "b" 1/3 } 0', "3:12", "sum to 0.833"),
    (HEAD + 'c "" 1 "x" { "a" .333333 "b" .333333 "c" .333333 } 0', "3:12", "write fractions"),
    (HEAD + 'c "" 1 "x" { "a" 3/2 "b" -1/2 } 0', "3:18", "must be in [0, 1]"),
    (HEAD + 'c "" 1 "x" { "a" 1/2 "b" } 0', "3:26", "probability of `b` is missing"),
    (HEAD + 'c "" 1 "x" { "a" "b" } 0', "3:18", "expected the probability of `a`"),
    (HEAD + 'c "" 1 "" { "a" 1 } 0\nc "" 1 "" { "a" 1.0 } 0\nc "" 1 {"b" 1} 0', "5:8", "has the actions `b` here"),
    (HEAD + 'p "" 1 1 "" { "a" "b" } 0\nt "" 1 "o" { 1, 2 }\nt "" 1 "o" { 1, 3 }', "5:12", "other payoffs here"),
    (HEAD + 'p "" 1 1 "" { "a" "b" } 0\nt "" 1 "o" { 1, 2 }\nt "" 1 "u"', "5:8", "labelled `u` here and `o` before"),
    (HEAD + 't "" 9999999999 "o" { 1, 2 }', "3:6", "too large"),
    ('EFG 2 R "äöü" { "A" } t "ß" x', "1:29", "number of the outcome"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "message"), MISTAKES)
def test_mistakes_are_told_with_their_place(text: str, place: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_efg(text, file="game.efg")
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"game.efg:{place}\n")
    assert message in str(problem)


def test_bytes_that_are_not_text_are_refused() -> None:
    with pytest.raises(InputError, match="not UTF-8"):
        parse_efg(HEAD.encode() + b't "\xff" 0')


def test_large_files_are_refused_by_a_limit_that_can_be_raised(tmp_path) -> None:
    (tmp_path / "game.efg").write_text(POKER)
    with pytest.raises(InputError, match="raise the limit"):
        read_efg(tmp_path / "game.efg", limit=100)
    assert read_efg(tmp_path / "game.efg", limit=1000).nodes == 11


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(InputError, match="No such file"):
        read_efg("there/is/none.efg")


@given(st.data())
def test_damaged_files_give_a_game_or_a_clear_error(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([POKER, format_efg(signalling_game(2)), format_efg(escalation_game(1))]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 6))
        piece = data.draw(
            st.sampled_from(["", '"', "{", "}", " ", "0", "9", "-", "/", ".", ",", "t", "p", "c", "\\", "e", "ä"])
        )
        text = text[:at] + piece + text[at + length :]
    try:
        game = parse_efg(text)
    except InputError as error:
        assert error.problems[0].line >= 1
    else:
        assert parse_efg(format_efg(game)).same_as(game)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_clear_error(data: bytes) -> None:
    with pytest.raises(InputError):
        parse_efg(b'EFG 2 R "" { "A" } ' + data + b" x")
