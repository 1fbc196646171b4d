"""The search for reachable states: states a second, and memory for ten million of them."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from blocs.game.game import compile_theory
from blocs.language.theory import Theory

sys.path.insert(0, str(Path(__file__).resolve().parent))
from _games import ROLES, wandering

# states a second that the model checker Storm built from a PRISM model of the same kind (recorded, same machine)
STORM = 0.3e6


def spread(variables: int, values: int, idle: int) -> tuple[Theory, int]:
    """Return a theory in which each move raises one variable, with `idle` ones that stay, and how many steps it takes.

    All combinations are reached: values ** variables states in each of three stages. Idle variables make codes sparse.
    """
    last = values - 1
    stages: list[dict[str, Any]] = [
        {"stage": role, "role": role, "options": {"hold": {}}} for role in ROLES
    ]  # fmt: skip
    for i in range(variables):
        stages[i % 3]["options"][f"raise_{i}"] = {"when": f"v{i} < {last}", "set": {f"v{i}": "next"}}
    state = {f"v{i}": {"range": [0, last]} for i in range(variables)}
    state |= {f"idle_{i}": {"range": [0, 999]} for i in range(idle)}
    data = {
        "theory": "spread",
        "roles": dict.fromkeys(ROLES, ""),
        "state": state,
        "stages": stages,
        "payoffs": {"patron": {"worth": f"v0 - v{variables - 1}"}},
        "outcomes": {"high": f"v0 == {last}", "low": "otherwise"},
    }
    return Theory.model_validate(data), variables * last


def measure(name: str, theory: Theory, steps: int) -> None:
    """Compile a theory and print a line."""
    began = time.process_time()
    graph = compile_theory(theory, None, steps).graph
    spent = time.process_time() - began
    rate = graph.nodes / spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"  {name:<34}{graph.nodes / 1e6:7.2f} million states {graph.branches / 1e6:7.2f} million moves"
          f"{spent:8.2f} s {rate / 1e6:6.2f} million states/s; peak {peak:.2f} GB", flush=True)  # fmt: skip


SIZES = {
    "warm-up": lambda: (wandering(5, 3, 3), 6),
    "one million": lambda: spread(8, 5, 0),
    "one million, sparse codes": lambda: spread(8, 5, 3),
    "wandering, with chance": lambda: (wandering(10, 3, 7), 24),
    "ten million": lambda: spread(11, 4, 0),
    "ten million, sparse codes": lambda: spread(11, 4, 3),
}


def main() -> None:
    """Print a line for each size, measured in a process of its own so that the peak of memory is its own."""
    print(f"  targets: 1 million states/s (Storm {STORM / 1e6:.1f}, recorded); 10 million states in less than 4 GB")
    for name in SIZES:
        if name != "warm-up":
            subprocess.run([sys.executable, __file__, name], check=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        compile_theory(wandering(5, 3, 3), None, 6)
        measure(sys.argv[1], *SIZES[sys.argv[1]]())
    else:
        main()
