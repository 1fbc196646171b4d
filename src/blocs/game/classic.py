"""Crisis games of the literature, built to any size as `ExtensiveGame`: for teaching, tests and benchmarks."""

from __future__ import annotations

import numpy as np

from blocs.errors import UsageError
from blocs.game.extensive import ExtensiveGame


def signalling_game(types: int, low: float = -2.0, high: float = 0.5) -> ExtensiveGame:
    """Build crisis signalling with private values of war on both sides, after Lewis and Schultz (2003).

    A may challenge (`CH`) or keep the status quo (`SQ`); B, challenged, concedes (`CD`) or resists (`RS`); then A
    fights (`SF`) or backs down (`BD`). Each side knows its own value of war alone.

    Parameters
    ----------
    types : int
        Number of types of each side, equally likely and independent.
    low, high : float
        Values of war, evenly spaced between these.

    Returns
    -------
    ExtensiveGame
        With ``1 + types + 7 types**2`` nodes.
    """
    if types < 1:
        raise UsageError("a signalling game needs at least one type a side")
    n = types
    war = np.linspace(low, high, n)
    # information sets in the order of a walk: chance, chance after A0, A0 challenge, B0, A0 fight, B1, B2, ...,
    # then chance after A1, A1 challenge, A1 fight, and so on
    responds = np.append(3, 4 + np.arange(1, n))
    after = np.append(1, 4 + n + 3 * np.arange(n - 1))
    challenge = after + 1
    fight = np.append(4, after[1:] + 2)
    first, second = np.repeat(np.arange(n), n), np.tile(np.arange(n), n)
    blank = np.full(n * n, -1)
    # one row for each pair of types: challenge, SQ, respond, CD, fight, SF, BD
    sets = np.stack([challenge[first], blank, responds[second], blank, fight[first], blank, blank], 1)
    war_outcome = np.where(np.arange(n * n) == 0, 2, np.arange(n * n) + 3)
    ends = np.stack([blank, blank * 0, blank, blank * 0 + 1, blank, war_outcome, blank * 0 + 3], 1)
    sets = np.concatenate([after[:, None], sets.reshape(n, 7 * n)], 1).ravel()
    ends = np.concatenate([np.full((n, 1), -1), ends.reshape(n, 7 * n)], 1).ravel()

    owner = np.full(3 * n + n + 1, 1)
    owner[np.append(0, after)] = -1
    owner[challenge] = owner[fight] = 0
    labels = [""] * len(owner)
    actions: list[tuple[str, ...]] = [("SQ", "CH")] * len(owner)
    actions[0] = tuple(f"A{i}" for i in range(n))
    for i in range(n):
        actions[after[i]] = tuple(f"B{j}" for j in range(n))
        labels[challenge[i]], labels[fight[i]] = f"A{i}:challenge?", f"A{i}:fight?"
        actions[fight[i]] = ("SF", "BD")
        labels[responds[i]], actions[responds[i]] = f"B{i}:respond", ("CD", "RS")
    sizes = np.array([len(names) for names in actions])
    chance = np.repeat(np.where(owner < 0, 1 / n, np.nan), sizes)
    payoffs = np.stack([war[first], war[second]], 1)
    named = [f"SF:A{i},B{j}" for i in range(n) for j in range(n)]
    return ExtensiveGame.from_preorder(
        np.append(0, sets),
        np.append(-1, ends),
        depth=np.append(0, np.tile(np.append(1, np.tile([2, 3, 3, 4, 4, 5, 5], n)), n)),
        title=f"Lewis-Schultz crisis n={n}",
        players=("A", "B"),
        infoset_player=owner,
        action_ptr=np.append(0, np.cumsum(sizes)),
        chance=chance,
        payoffs=np.concatenate([[[0.0, 0.0], [1.0, -1.0]], payoffs[:1], [[-0.5, 0.5]], payoffs[1:]]),
        infoset_labels=labels,
        action_labels=[name for names in actions for name in names],
        outcome_labels=["SQ", "CD", named[0], "BD", *named[1:]],
    )


def escalation_game(rounds: int, types: int = 0) -> ExtensiveGame:
    """Build rounds of conceding (`C`), holding (`H`) and escalating (`E`) under a growing risk of war.

    In each round A chooses, then B, then chance decides on war, with probability ``(2 + 6 L) / 100`` after L
    escalations. Conceding costs ``1 + 0.2 L`` and gives the other side 1; war is worth a type less ``0.1 L``.

    Parameters
    ----------
    rounds : int
    types : int
        Number of private types of each side, values of war evenly spaced from -2 to 0.25, equally likely and
        independent; zero for the game of perfect information, in which war is worth -1 to both.
    """
    if rounds < 1 or types < 0:
        raise UsageError("an escalation game needs at least one round and no negative number of types")
    war = np.linspace(-2, 0.25, types).tolist() if types else [-1.0]
    build = _Builder(f"dynamic crisis R={rounds} n={types}", ("A", "B"))

    def play(i: int, j: int) -> None:
        """Add the nodes after types i and j were drawn; a stack instead of recursion."""
        pair = f":A{i},B{j}" if types else ""
        names = (f"A{i}|", f"B{j}|") if types else ("A|", "B|")
        # (what stands there, history, escalations, round)
        stack: list[tuple[str, str, int, int]] = [("A", "", 0, 1)]
        while stack:
            what, history, level, turn = stack.pop()
            grown = round(0.2 * level, 10)
            if what in "AB":
                me = "AB".index(what)
                build.move(me, names[me] + history, ("C", "H", "E"))
                then = "B" if what == "A" else "chance"
                stack.append((then, history + "E", level + 1, turn))
                stack.append((then, history + "H", level, turn))
                payoffs = (-1 - grown, 1.0) if what == "A" else (1.0, -1 - grown)
                build.end(f"{what}_CONCEDES:L{level}", payoffs)
            elif what == "chance":
                risk = (2 + 6 * level) / 100
                build.chance(("war", "peace"), (risk, round(1 - risk, 10)))
                stack.append(("A" if turn < rounds else "stale", history, level, turn + 1))
                build.end(f"WAR:L{level}{pair}", (war[i] - 0.1 * level, war[j] - 0.1 * level))
            else:
                build.end(f"STALE:L{level}", (-0.1 * level, -0.1 * level))

    if not types:
        play(0, 0)
    else:
        share = (1 / types,) * types
        build.chance(tuple(f"A{i}" for i in range(types)), share)
        for i in range(types):
            build.chance(tuple(f"B{j}" for j in range(types)), share)
            for j in range(types):
                play(i, j)
    return build.game()


class _Builder:
    """Takes the nodes of a tree one by one, in depth-first order."""

    def __init__(self, title: str, players: tuple[str, ...]) -> None:
        self.title, self.players = title, players
        self.sets: dict[tuple[int, str], int] = {}
        self.owner: list[int] = []
        self.actions: list[tuple[str, ...]] = []
        self.odds: list[float] = []
        self.ends: dict[str, int] = {}
        self.payoffs: list[tuple[float, ...]] = []
        self.infoset: list[int] = []
        self.outcome: list[int] = []

    def move(self, player: int, label: str, actions: tuple[str, ...]) -> None:
        known = self.sets.get((player, label))
        if known is None:
            known = self.sets[player, label] = len(self.owner)
            self.owner.append(player)
            self.actions.append(actions)
            self.odds += [np.nan] * len(actions)
        self.infoset.append(known)
        self.outcome.append(-1)

    def chance(self, actions: tuple[str, ...], odds: tuple[float, ...]) -> None:
        # every move of chance is a set of its own; the number keeps the keys apart and is not a label
        self.sets[-1, str(len(self.owner))] = len(self.owner)
        self.infoset.append(len(self.owner))
        self.outcome.append(-1)
        self.owner.append(-1)
        self.actions.append(actions)
        self.odds += odds

    def end(self, label: str, payoffs: tuple[float, ...]) -> None:
        known = self.ends.setdefault(label, len(self.ends))
        if known == len(self.payoffs):
            self.payoffs.append(tuple(round(value, 10) for value in payoffs))
        self.infoset.append(-1)
        self.outcome.append(known)

    def game(self) -> ExtensiveGame:
        return ExtensiveGame.from_preorder(
            self.infoset,
            self.outcome,
            title=self.title,
            players=self.players,
            infoset_player=self.owner,
            action_ptr=np.append(0, np.cumsum([len(names) for names in self.actions])),
            chance=self.odds,
            payoffs=self.payoffs,
            infoset_labels=[label if player >= 0 else "" for player, label in self.sets],
            action_labels=[name for names in self.actions for name in names],
            outcome_labels=tuple(self.ends),
        )
