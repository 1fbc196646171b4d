"""Made-up games of any size, for benchmarks."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from blocs.game.game import Game, compile_theory
from blocs.language.theory import Theory

ROLES = ("patron", "client", "rival")


def wandering(variables: int, values: int, stages: int) -> Theory:
    """Return a theory in which every variable wanders up and down: values ** variables states a stage, in the end."""
    state = {f"v{i}": {"range": [0, values - 1]} for i in range(variables)}
    last = values - 1
    made: list[dict[str, Any]] = []
    for k in range(stages):
        i, j, role = k % variables, (k + 1) % variables, ROLES[k % 3]
        options: dict[str, Any] = {
            "hold": {},
            f"raise_{i}": {"when": f"v{i} < {last}", "set": {f"v{i}": "next"}, "cost": {role: f"cost * (1 + v{j})"}},
            f"lower_{j}": {
                "when": f"v{j} > 0 and v{i} < {last}",
                "chance": [{"p": "odds", "set": {f"v{j}": "previous"}}, {"p": "rest"}],
                "cost": {role: "cost"},
            },
        }
        made.append({"stage": f"stage {k}", "role": role, "options": options})
    for i in range(stages, variables):
        role = made[i % stages]["role"]
        made[i % stages]["options"][f"raise_{i}"] = {
            "when": f"v{i} < {last}",
            "set": {f"v{i}": "next"},
            "cost": {role: "cost"},
        }
    payoffs = {
        role: {f"term_{i}": f"worth * v{i} * (v{(i + 1) % variables} == 0)" for i in range(n, variables, 3)}
        for n, role in enumerate(ROLES)
    }
    return Theory.model_validate(
        {
            "theory": "wandering",
            "roles": dict.fromkeys(ROLES, ""),
            "parameters": {name: {"prior": "LogNormal(-1, 0.3)"} for name in ("cost", "worth", "sharpness")}
            | {"odds": {"prior": "Beta(4, 6)"}},
            "state": state,
            "stages": made,
            "payoffs": payoffs,
            "play": {"discount": "0.95", "precision": dict.fromkeys(ROLES, "sharpness")},
            "horizon": {"after_last_step": "5"},
            "outcomes": {"high": f"v0 == {last}", "low": "otherwise"},
        }
    )


def five_million_arcs() -> Game:
    """Return a game of 19,683 states a stage, 7 stages and 19 steps: some 5 million arcs a solution."""
    return compile_theory(wandering(9, 3, 7), None, 19)


def least(job: Callable[[], object], times: int = 5) -> float:
    """Return the least CPU time of several runs, in seconds: what other work on the machine adds is left out."""
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        job()
        best = min(best, time.process_time() - began)
    return best


def least_elapsed(job: Callable[[], object], times: int = 5) -> float:
    """Return the least elapsed time of several runs, in seconds, for jobs on several cores."""
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        job()
        best = min(best, time.perf_counter() - began)
    return best


def load() -> float:
    """Return how many jobs want this machine's cores just now."""
    return os.getloadavg()[0]


def row(what: str, seconds: float, remark: str = "") -> None:
    """Print one line of a table."""
    print(f"  {what:<40}{seconds * 1e3:9.1f} ms   {remark}".rstrip())
