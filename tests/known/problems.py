"""Problems with known answers: closed forms, and what other programs found. Every solver is held against all of them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import NormalDist
from typing import Any

from tests.small import theory

from blocs.language.load import load_theory
from blocs.language.theory import Theory

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Answer:
    """Probabilities of outcomes, what roles can expect, and the expected number of steps; what is empty is not known.

    `at` gives parameters as the reference has them, where it did not stop exactly where it was asked to.
    """

    outcomes: dict[str, float] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    length: float | None = None
    at: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Known:
    """One problem.

    Parameters
    ----------
    name : str
    source : str
        Where the answer comes from.
    theory : callable
        Makes the theory.
    steps : int
    answer : Answer, or callable from the folder of reference answers
    values : dict
        Parameters.
    tolerance : float
    precision : float, str or None
        The precision that all roles share (or the parameter that is it), where there is one and nothing is discounted:
        then a tree can be solved too.
    small : bool
        Whether a plain recursion over states takes no time.
    """

    name: str
    source: str
    theory: Callable[[], Theory]
    steps: int
    answer: Answer | Callable[[Path], Answer]
    values: dict[str, float] = field(default_factory=dict)
    tolerance: float = 1e-12
    precision: float | str | None = None
    small: bool = True


# ---- closed forms


def one_decision() -> Known:
    lam, worth = 1.3, {"low": -0.5, "middle": 0.0, "high": 1.0}
    total = sum(math.exp(lam * one) for one in worth.values())
    chosen = {name: math.exp(lam * one) / total for name, one in worth.items()}

    def make() -> Theory:
        options = {name: {"set": {"taken": name}, "cost": {"a": str(-one)}} for name, one in worth.items()}
        outcomes = {name: f"taken == {name}" for name in worth}
        return theory({"taken": list(worth)}, {"a": options}, outcomes=outcomes, play={"precision": {"a": str(lam)}})

    value = sum(chosen[name] * worth[name] for name in worth)
    return Known("one decision", "softmax", make, 1, Answer(chosen, {"a": value}, 1.0), precision=lam)


def one_probit_decision() -> Known:
    lam, gain = 0.8, 1.1
    p = NormalDist().cdf(lam * gain / math.sqrt(2))

    def make() -> Theory:
        options = {"go": {"set": {"gone": True}, "cost": {"a": str(-gain)}}, "stay": {}}
        play = {"response": "probit", "precision": {"a": str(lam)}}
        return theory({"gone": False}, {"a": options}, outcomes={"gone": "gone", "stayed": "otherwise"}, play=play)

    answer = Answer({"gone": p, "stayed": 1 - p}, {"a": p * gain})
    return Known("one probit decision", "normal distribution function", make, 1, answer)


def ultimatum() -> Known:
    """An offer of 0 to 4 quarters of a cake; what is refused is lost (the two-stage game of McKelvey & Palfrey 1998)."""
    lam = 2.5
    accept = [1 / (1 + math.exp(-lam * x / 4)) for x in range(5)]
    worth = [accept[x] * (4 - x) / 4 for x in range(5)]
    total = sum(math.exp(lam * one) for one in worth)
    offer = [math.exp(lam * one) / total for one in worth]
    taken = sum(offer[x] * accept[x] for x in range(5))

    def make() -> Theory:
        offers = {f"offer_{x}": {"set": {"offer": x}} for x in range(5)}
        answers = {"accept": {"set": {"done": "agreed"}}, "refuse": {"set": {"done": "lost"}}}
        return theory(
            {"offer": [0, 4], "done": ["open", "agreed", "lost"]},
            {"a": offers, "b": answers},
            ends_when="done != open",
            payoffs={
                "a": {"rest": "(done == agreed) * (4 - offer) / 4"},
                "b": {"share": "(done == agreed) * offer / 4"},
            },
            horizon={"after_last_step": "1"},
            outcomes={"agreed": "done == agreed", "lost": "otherwise"},
            play={"precision": {"a": "sharp", "b": "sharp"}},
            parameters=["sharp"],
        )

    values = {"a": sum(offer[x] * worth[x] for x in range(5)), "b": sum(offer[x] * accept[x] * x / 4 for x in range(5))}
    answer = Answer({"agreed": taken, "lost": 1 - taken}, values, 1.0)
    return Known("ultimatum", "backward induction by hand", make, 1, answer, {"sharp": lam}, precision="sharp")


def ruin() -> Known:
    """A gambler's ruin: up with p, down with 1 - p, until 0 or 4 is reached (Feller 1968, chapter XIV)."""
    p, start, top = 0.6, 1, 4
    r = (1 - p) / p
    won = (1 - r**start) / (1 - r**top)
    length = (start - top * won) / (1 - 2 * p)

    def make() -> Theory:
        chance = [{"p": str(p), "set": {"x": "next"}}, {"p": "rest", "set": {"x": "previous"}}]
        return theory({"x": {"range": [0, top], "start": start}}, {"a": {"hold": {"chance": chance}}},
                      ends_when=f"x == 0 or x == {top}", outcomes={"won": f"x == {top}", "lost": "otherwise"})  # fmt: skip

    # after 400 steps less than 1e-60 is still on the way
    return Known(
        "gambler's ruin", "Feller 1968", make, 400, Answer({"won": won, "lost": 1 - won}, {}, length), small=False
    )


def waiting() -> Known:
    """A prize for every step of which the last is worth nothing more: a geometric series, with discount."""
    rate, keep, steps = 0.9, 0.75, 30

    def make() -> Theory:
        chance = [{"p": str(keep)}, {"p": "rest", "set": {"over": True}}]
        return theory({"over": False}, {"a": {"hold": {"chance": chance}}}, ends_when="over", payoffs={"a": {"prize": "not over"}},
                      play={"discount": str(rate)}, outcomes={"over": "over", "on": "otherwise"})  # fmt: skip

    value = (1 - (rate * keep) ** steps) / (1 - rate * keep)
    length = (1 - keep**steps) / (1 - keep)
    answer = Answer({"over": 1 - keep**steps, "on": keep**steps}, {"a": value}, length)
    return Known("waiting for the end", "geometric series", make, steps, answer)


def for_ever() -> Known:
    """Two payoffs that go on for ever, one of them chosen: the value is theirs over one minus the discount."""
    rate, lam, gain = 0.8, 1.0, 0.3
    # the choice is made once, in the first of two steps; it earns `gain` from the second step on
    later = gain * rate / (1 - rate)
    p = 1 / (1 + math.exp(-lam * later))

    def make() -> Theory:
        options = {"take": {"when": "not had", "set": {"had": True, "open": False}}, "leave": {"set": {"open": False}}}
        return theory({"had": False, "open": True}, {"a": options}, ends_when="not open", payoffs={"a": {"flow": f"{gain} * had"}},
                      play={"discount": str(rate)}, horizon={"after_last_step": "continue"},
                      outcomes={"had": "had", "left": "otherwise"})  # fmt: skip

    return Known(
        "payoffs for ever", "geometric series", make, 3, Answer({"had": p, "left": 1 - p}, {"a": p * later}, 1.0)
    )


def centipede() -> Known:
    """Best play takes at once (Rosenthal 1981)."""

    def make() -> Theory:
        def take(mine: str, other: str) -> dict[str, Any]:
            return {"set": {"taken": True}, "cost": {mine: "-(2 + pot)", other: "-pot"}}

        return theory(
            {"pot": [0, 12], "taken": False},
            {
                "a": {"take": take("a", "b"), "pass": {"set": {"pot": "next"}}},
                "b": {"take": take("b", "a"), "pass": {"set": {"pot": "next"}}},
            },
            ends_when="taken",
            play={"response": "best"},
            outcomes={"at once": "taken and pot == 0", "later": "taken", "never": "otherwise"},
        )

    answer = Answer({"at once": 1.0, "later": 0.0, "never": 0.0}, {"a": 2.0, "b": 0.0}, 1.0)
    return Known("centipede", "Rosenthal 1981", make, 6, answer)


# ---- Storm


def storm(kind: str, model: str) -> Callable[[Path], dict[str, float]]:
    def read(shared: Path) -> dict[str, float]:
        return json.loads((shared / "reference" / "solvers" / f"storm_crisis_{kind}_{model}.json").read_text())["prob"]

    return read


def storm_blind() -> Known:
    def make() -> Theory:
        return load_theory(HERE / "storm_crisis.yaml")

    read = storm("dtmc", "4_3_2_2_2")
    # the precision of the answers
    return Known(
        "Storm, blind play", "Storm, dtmc", make, 4, lambda shared: Answer(read(shared)), tolerance=1e-6, small=False
    )


def storm_best(target: str) -> Known:
    def make() -> Theory:
        made = load_theory(HERE / "storm_crisis_best.yaml")
        aim = made.facts["target"].model_copy(update={"default": target})
        return made.model_copy(update={"facts": {"target": aim}})

    read = storm("mdp", "4_3_2_2_2")

    def answer(shared: Path) -> Answer:
        most = read(shared)[target]
        return Answer({target: most}, dict.fromkeys(("patron", "client", "rival"), most))

    return Known(f"Storm, greatest {target}", "Storm, mdp", make, 4, answer, tolerance=1e-6, small=False)


# ---- Gambit


def escalation(rounds: int) -> Theory:
    """Return the game dyn_pi_R of the reference answers: A, then B, concedes, holds or escalates; then war by chance.

    Its payoffs depend on how often anybody escalated. What each escalation costs both is paid when it happens, so that
    nothing is left for the end: -1 - 0.2 L for who concedes after L of them is L times -0.1, and -1 - 0.1 L.
    """

    def concede(mine: str, other: str) -> dict[str, Any]:
        return {"set": {"verdict": f"{mine}_CONCEDES"}, "cost": {mine: "1 + 0.1 * L", other: "-(1 + 0.1 * L)"}}

    def war(more: int) -> dict[str, Any]:
        odds = f"(2 + 6 * (L + {more})) / 100"
        both = f"{odds} + 0.1 * {more}"
        return {
            "set": {"L": "next"} if more else {},
            "chance": [{"p": odds, "set": {"verdict": "WAR"}, "label": "war"}, {"p": "rest", "label": "peace"}],
            "cost": {"A": both, "B": both},
        }

    stages = {
        "A": {"C": concede("A", "B"), "H": {}, "E": {"set": {"L": "next"}, "cost": {"A": "0.1", "B": "0.1"}}},
        "B": {"C": concede("B", "A"), "H": war(0), "E": war(1)},
    }
    names = {"WAR": "WAR", "A_CONCEDES": "A_CONCEDES", "B_CONCEDES": "B_CONCEDES", "STALE": "open"}
    outcomes = {
        f"{label}:L{level}": f"verdict == {value} and L == {level}"
        for label, value in names.items()
        for level in range(2 * rounds + 1)
    }
    return theory(
        {"L": [0, 2 * rounds], "verdict": ["open", "A_CONCEDES", "B_CONCEDES", "WAR"]},
        stages,
        ends_when="verdict != open",
        outcomes=outcomes,
        parameters=["sharp"],
        play={"precision": {"A": "sharp", "B": "sharp"}},
    )


def gambit(shared: Path, rounds: int, lam: int) -> dict[str, Any]:
    return json.loads((shared / "reference" / "solvers" / f"dyn_pi_R{rounds}_lam{lam}.json").read_text())


def escalation_known(rounds: int, lam: int) -> Known:
    def answer(shared: Path) -> Answer:
        found = gambit(shared, rounds, lam)
        return Answer(found["outcomes"], dict(zip("AB", found["payoffs"], strict=True)), at={"sharp": found["lam"]})

    name = f"escalation, {rounds} rounds, precision {lam}"
    return Known(name, "Gambit 16.7", lambda: escalation(rounds), rounds, answer, precision="sharp")


KNOWN: tuple[Known, ...] = (
    one_decision(),
    one_probit_decision(),
    ultimatum(),
    ruin(),
    waiting(),
    for_ever(),
    centipede(),
    storm_blind(),
    *(storm_best(target) for target in ("war", "realign", "patron", "client")),
    *(escalation_known(rounds, lam) for rounds in (1, 2, 3) for lam in (1, 2, 5)),
)
