"""Reading and writing Gambit's extensive-form format (EFG 2).

Players, chance with decimal or rational probabilities, information sets, outcomes at ends and before them, labels
with escapes and the comment after the players are read into the flat arrays of
`blocs.game.extensive.ExtensiveGame`. The walk over the nodes is a loop, so no depth of tree is too great.

Format: https://gambitproject.readthedocs.io (The extensive game file format).
"""

from __future__ import annotations

import math
import os
from array import array
from fractions import Fraction
from pathlib import Path

import numpy as np

from blocs.errors import InputError, Problem
from blocs.game.extensive import ExtensiveGame, preorder
from blocs.interop.efg_lexer import (
    BLANK,
    DECIMALS,
    HEADER,
    NODE,
    explain,
    fault,
    integer,
    label,
    number,
    quoted,
    tokens,
)

# A game of this many bytes has about two million nodes and is read in a few seconds
LIMIT = 64_000_000
# Rounding of a sum of that many probabilities, each correctly rounded; more is a mistake in the file
_ROUNDING = 1e-13


def read_efg(path: str | os.PathLike[str], *, limit: int = LIMIT) -> ExtensiveGame:
    """Read a game from a file in Gambit's format.

    Parameters
    ----------
    path : path of the file
    limit : int
        Largest size in bytes that is read.

    Raises
    ------
    InputError
        With file, line, column and what was expected.
    """
    file = os.fspath(path)
    try:
        size = os.path.getsize(file)
        if size > limit:
            raise _too_large(size, limit, file)
        data = Path(file).read_bytes()
    except OSError as error:
        raise InputError(Problem(error.strerror or str(error), file=file)) from None
    return parse_efg(data, file=file, limit=limit)


def parse_efg(text: str | bytes, *, file: str = "", limit: int = LIMIT) -> ExtensiveGame:
    """Read a game from a text in Gambit's format; see `read_efg`.

    Parameters
    ----------
    text : str or bytes (UTF-8)
    file : str
        Name to use in messages.
    """
    try:
        data = text if isinstance(text, bytes) else text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(Problem("the text holds a character that cannot be written", file=file)) from error
    if len(data) > limit:
        raise _too_large(len(data), limit, file)
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise fault(data, error.start, file, "the file is not UTF-8 text") from None
    return _Reader(data, file).read()


def _too_large(size: int, limit: int, file: str) -> InputError:
    message = f"the game is {size:,} bytes long and at most {limit:,} are read"
    return InputError(Problem(message, file=file, hint="raise the limit if you trust the file"))


class _Reader:
    """Reads one file from the header to the last node."""

    def __init__(self, data: bytes, file: str) -> None:
        self.data, self.file = data, file
        self.infosets: dict[tuple[int, int], int] = {}
        self.blocks: dict[tuple[bool, bytes], tuple[list[str], list[float]]] = {}
        self.infoset_player: list[int] = []
        self.infoset_labels: list[str] = []
        self.action_ptr: list[int] = [0]
        self.action_labels: list[str] = []
        self.chance: list[float] = []
        self.outcomes: dict[int, int] = {}
        self.outcome_labels: list[str] = []
        self.payoffs: list[list[float]] = []

    def fault(self, at: int, message: str, hint: str = "") -> InputError:
        return fault(self.data, at, self.file, message, hint)

    def read(self) -> ExtensiveGame:
        head = HEADER.match(self.data)
        if head is None:
            raise explain(self.data, 0, self.file, header=True)
        if head["version"] != b"2":
            raise self.fault(
                head.start("version"), f"version {head['version'][:9].decode()} of the format is not read; 2 is"
            )
        names = tokens(self.data, head.start("players") + 1, head.end("players") - 1, self.file)
        for kind, text, at in names:
            if kind != "string":
                raise self.fault(at, f"expected the name of a player in quotation marks, found `{text[:40].decode()}`")
        self.players = [label(text) for _, text, _ in names]
        infosets, outcomes, depths, starts, labels = self.nodes(head.end())
        breaks = np.flatnonzero(np.frombuffer(self.data, np.uint8) == 10)
        game = ExtensiveGame.from_preorder(
            np.frombuffer(infosets, np.int32),
            np.frombuffer(outcomes, np.int32),
            depth=np.frombuffer(depths, np.int32),
            title=label(head["title"]),
            comment=label(head["comment"]),
            players=self.players,
            infoset_player=self.infoset_player,
            action_ptr=self.action_ptr,
            chance=self.chance,
            payoffs=self.payoffs,
            infoset_labels=self.infoset_labels,
            action_labels=self.action_labels,
            outcome_labels=self.outcome_labels,
            node_labels=labels,
            node_line=np.searchsorted(breaks, np.frombuffer(starts, np.int64)).astype(np.int32) + 1,
            file=self.file,
        )
        return game

    def nodes(self, at: int) -> tuple[array[int], array[int], array[int], array[int], dict[int, str]]:
        """Read the nodes one after the other; this loop is the whole cost of a large file."""
        data, match = self.data, NODE.match
        infosets, outcomes, depths, starts = array("i"), array("i"), array("i"), array("q")
        labels: dict[int, str] = {}
        known_sets: dict[tuple[bytes, ...], tuple[int, int]] = {}
        known_outcomes: dict[tuple[bytes, bytes | None, bytes | None], int] = {}
        waiting = [1]
        size = len(data)
        while waiting:
            node = match(data, at)
            if node is None:
                if BLANK.fullmatch(data, at):
                    raise self.missing(waiting, starts, depths)
                raise explain(data, at, self.file)
            at = node.end()
            end, chance, chance_number, chance_label, chance_actions, name, *rest = node.groups()
            player, set_number, set_label, set_actions, outcome, outcome_label, payoffs = rest
            key = (outcome, outcome_label, payoffs)
            found = known_outcomes.get(key)
            if found is None:
                found = known_outcomes[key] = self.outcome(node)
            depths.append(len(waiting) - 1)
            outcomes.append(found)
            waiting[-1] -= 1
            if end is not None:
                infosets.append(-1)
                starts.append(node.start(1))
                if end != b'""':
                    labels[len(infosets) - 1] = label(end)
                while waiting and not waiting[-1]:
                    waiting.pop()
                continue
            if name is None:
                name, where = chance, 2
                key = (b"", chance_number, chance_label, chance_actions)
            else:
                where = 6
                key = (player, set_number, set_label, set_actions)
            known = known_sets.get(key)
            if known is None:
                known = known_sets[key] = self.infoset(node)
            infosets.append(known[0])
            starts.append(node.start(where))
            if name != b'""':
                labels[len(infosets) - 1] = label(name)
            waiting.append(known[1])
        rest = BLANK.match(data, at)
        if rest is not None and rest.end() < size:
            raise self.fault(
                rest.end(), "the game tree is complete, but the file goes on", "a move above may lack an action"
            )
        return infosets, outcomes, depths, starts, labels

    def missing(self, waiting: list[int], starts: array[int], depths: array[int]) -> InputError:
        if not starts:
            return self.fault(len(self.data), "the file ends before the first node")
        # the move that still waits for a branch is the last node that is one move above
        level = len(waiting) - 2
        node = next((k for k in range(len(depths) - 1, -1, -1) if depths[k] == level), 0)
        line = self.data.count(b"\n", 0, starts[node]) + 1
        left = waiting[-1]
        return self.fault(
            len(self.data),
            f"the file ends, but the move on line {line} still lacks {left} branch{'es'[: 2 * (left > 1)]}",
        )

    def infoset(self, node) -> tuple[int, int]:
        """Return the index and the number of actions of the set of a matched node, defining it when it is new."""
        if node.group(2) is not None:
            player, where = -1, 3
        else:
            where = 8
            player = integer(self.data, node.start(7), node.group(7), self.file) - 1
            if not 0 <= player < len(self.players):
                raise self.fault(
                    node.start(7), f"there is no player {player + 1}; the game has {len(self.players)} players"
                )
        number_ = integer(self.data, node.start(where), node.group(where), self.file)
        raw_label, raw_actions = node.group(where + 1), node.group(where + 2)
        known = self.infosets.get((player, number_))
        what = f"{'chance' if player < 0 else f'player {player + 1}'}, information set {number_}"
        if known is None:
            if raw_actions is None:
                raise self.fault(node.start(where), f"{what} is used before its actions are listed")
            names, probabilities = self.actions(node.start(where + 2), raw_actions, player < 0)
            known = self.infosets[player, number_] = len(self.infoset_player)
            self.infoset_player.append(player)
            self.infoset_labels.append(label(raw_label))
            self.action_labels.extend(names)
            self.chance.extend(probabilities)
            self.action_ptr.append(len(self.chance))
            return known, len(names)
        first, last = self.action_ptr[known], self.action_ptr[known + 1]
        if raw_label is not None and label(raw_label) != self.infoset_labels[known]:
            raise self.fault(
                node.start(where + 1),
                f"{what} is labelled `{label(raw_label)}` here and `{self.infoset_labels[known]}` before",
            )
        if raw_actions is not None:
            names, probabilities = self.actions(node.start(where + 2), raw_actions, player < 0)
            before = self.action_labels[first:last]
            if names != before:
                raise self.fault(
                    node.start(where + 2), f"{what} has the actions {_listed(names)} here and {_listed(before)} before"
                )
            if player < 0 and probabilities != self.chance[first:last]:
                raise self.fault(node.start(where + 2), f"{what} has other probabilities here than before")
        return known, last - first

    def actions(self, at: int, raw: bytes, chance: bool) -> tuple[list[str], list[float]]:
        """Return labels and probabilities (NaN for a player's actions) of a block in braces, which often repeats."""
        known = self.blocks.get((chance, raw))
        if known is None:
            known = self.blocks[chance, raw] = self.new_actions(at, raw, chance)
        return known

    def new_actions(self, at: int, raw: bytes, chance: bool) -> tuple[list[str], list[float]]:
        names: list[str] = []
        probabilities: list[float] = []
        wants = "string"
        for kind, text, start in tokens(self.data, at + 1, at + len(raw) - 1, self.file):
            if wants == "string":
                if kind != "string":
                    raise self.fault(start, f"expected the label of an action, found `{text[:40].decode()}`")
                names.append(label(text))
                wants = "number" if chance else "string"
            else:
                if kind not in ("integer", "number"):
                    raise self.fault(
                        start,
                        f"expected the probability of `{names[-1]}`, found `{text[:40].decode('utf-8', 'replace')}`",
                    )
                value = number(self.data, start, text, self.file)
                if not 0 <= value <= 1:
                    raise self.fault(
                        start, f"the probability of `{names[-1]}` is {text[:40].decode()}; it must be in [0, 1]"
                    )
                probabilities.append(value)
                wants = "string"
        if wants == "number":
            raise self.fault(at + len(raw) - 1, f"the probability of `{names[-1]}` is missing")
        if not names:
            raise self.fault(at, "a move needs at least one action")
        if not chance:
            return names, [math.nan] * len(names)
        total = math.fsum(probabilities)
        if abs(total - 1) > _ROUNDING * len(probabilities):
            hint = "write fractions, such as 1/3" if abs(total - 1) < 1e-3 else ""
            raise self.fault(at, f"the probabilities of a chance move sum to {total!r}, not to 1", hint)
        return names, probabilities

    def outcome(self, node) -> int:
        """Return the index of the outcome of a matched node, defining it when it is new; -1 for none."""
        number_ = integer(self.data, node.start(11), node.group(11), self.file)
        raw_label, raw_payoffs = node.group(12), node.group(13)
        if number_ == 0:
            if raw_label is not None or raw_payoffs is not None:
                raise self.fault(node.start(11), "outcome 0 means that there is none; it has no label and no payoffs")
            return -1
        known = self.outcomes.get(number_)
        values = None if raw_payoffs is None else self.payoff_block(node.start(13), raw_payoffs, number_)
        if known is None:
            if values is None:
                raise self.fault(node.start(11), f"outcome {number_} is used before its payoffs are given")
            known = self.outcomes[number_] = len(self.payoffs)
            self.payoffs.append(values)
            self.outcome_labels.append(label(raw_label))
            return known
        if raw_label is not None and label(raw_label) != self.outcome_labels[known]:
            raise self.fault(
                node.start(12),
                f"outcome {number_} is labelled `{label(raw_label)}` here and `{self.outcome_labels[known]}` before",
            )
        if values is not None and values != self.payoffs[known]:
            raise self.fault(node.start(13), f"outcome {number_} has other payoffs here than before")
        return known

    def payoff_block(self, at: int, raw: bytes, number_: int) -> list[float]:
        if DECIMALS.fullmatch(raw):
            values = [float(text) for text in raw[1:-1].replace(b",", b" ").split()]
            if len(values) == len(self.players):
                return values
        values = []
        for kind, text, start in tokens(self.data, at + 1, at + len(raw) - 1, self.file):
            if kind not in ("integer", "number"):
                raise self.fault(start, f"expected a payoff, found `{text[:40].decode('utf-8', 'replace')}`")
            values.append(number(self.data, start, text, self.file))
        if len(values) != len(self.players):
            raise self.fault(
                at, f"outcome {number_} has {len(values)} payoffs; the game has {len(self.players)} players"
            )
        return values


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def write_efg(game: ExtensiveGame, path: str | os.PathLike[str]) -> None:
    """Write a game to a file in Gambit's format; see `format_efg`."""
    Path(path).write_text(format_efg(game), encoding="utf-8")


def format_efg(game: ExtensiveGame) -> str:
    """Return the text of a game in Gambit's format.

    Information sets are numbered by player in the order of a depth-first walk, outcomes from one. Payoffs are
    written as the shortest decimals that read back to the same number. Gambit wants the probabilities of a chance
    move to sum to exactly one, so they are written as fractions; the likeliest takes up the rounding.
    """
    odds: dict[tuple[float, ...], list[Fraction]] = {}
    moves = [_move(game, h, odds) for h in range(game.infosets)]
    ends = [
        f" {k + 1} {quoted(text)} {{ {', '.join(repr(float(u)) for u in game.payoffs[k])} }}"
        for k, text in enumerate(game.outcome_labels)
    ] + [" 0"]
    parts = [f"EFG 2 R {quoted(game.title)} {{ {' '.join(quoted(name) for name in game.players)} }}"]
    parts.append(quoted(game.comment))
    order = preorder(game)
    names = game.node_labels
    for node, h, k in zip(order.tolist(), game.infoset[order].tolist(), game.outcome[order].tolist(), strict=True):
        name = quoted(names[node]) if node in names else '""'
        parts.append(f"t {name}{ends[k]}" if h < 0 else f"{moves[h][0]} {name} {moves[h][1]}{ends[k]}")
    return "\n".join(parts) + "\n"


def _move(game: ExtensiveGame, h: int, known: dict[tuple[float, ...], list[Fraction]]) -> tuple[str, str]:
    """Return letter and definition of an information set; `known` keeps the fractions that were found before."""
    span = slice(game.action_ptr[h], game.action_ptr[h + 1])
    labels = [quoted(text) for text in game.action_labels[span]]
    player = int(game.infoset_player[h])
    if player < 0:
        values = tuple(game.chance[span].tolist())
        odds = known.get(values) or known.setdefault(values, exact_probabilities(list(values)))
        labels = [f"{text} {p}" for text, p in zip(labels, odds, strict=True)]
    owner = "" if player < 0 else f"{player + 1} "
    body = f"{owner}{game.infoset_number[h]} {quoted(game.infoset_labels[h])} {{ {' '.join(labels)} }}"
    return ("c" if player < 0 else "p"), body


def exact_probabilities(values: list[float]) -> list[Fraction]:
    """Return fractions that sum to exactly one and read back to `values`, but for the rounding of the largest."""
    # denominators of people's own probabilities are small; a fraction that reads back to the same number is kept
    short = [Fraction(value).limit_denominator(10**6) for value in values]
    exact = [small if float(small) == value else Fraction(value) for small, value in zip(short, values, strict=True)]
    largest = max(range(len(values)), key=values.__getitem__)
    exact[largest] += 1 - sum(exact)
    return exact


__all__ = ["LIMIT", "exact_probabilities", "format_efg", "parse_efg", "read_efg", "write_efg"]
