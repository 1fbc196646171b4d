"""Put the theories on trial over all shipped cases; `make validation` calls it.

Writes docs/validation.md with its pictures, and the fits that forecasts start from: `theories/fits/THEORY.json` (all
cases) and `cases/CASE/posterior.json` (all but the case). Takes minutes: every theory is fitted to all cases and to all
but each. Two theories at a time; what is done stays in out/validation and is used again until cases, theory or
`METHOD` change.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

# two theories at a time, one thread each; Numba reads this when it is loaded
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import blocs
from blocs.fit.trial import OUTCOME_WEIGHT, put_on_trial
from blocs.language.fitted import coding_hash
from blocs.language.identity import content_hash
from blocs.language.load import under_theory
from blocs.library import case_fit_path, list_cases, theory_fit_path
from blocs.report.validation import Tried, figures, tried
from blocs.report.validation_page import page

ROOT = Path(__file__).resolve().parents[1]
WORDS: dict[str, str] = {"intro": "", "reading": "", "limits": ""}
MISSES: dict[str, str] = {}
# raised when the code of the fit changes what a trial finds
METHOD = 1
THEORIES = ("patron-client", "base-rates", "conflict-expectations", "pure-capability", "exit-voice-loyalty")


def key(name: str) -> str:
    """Return a hash of everything that the trial of a theory depends on."""
    parts = [content_hash(blocs.load_theory(name)), str(OUTCOME_WEIGHT), str(METHOD)]
    parts += [coding_hash(blocs.load(case)) for case in list_cases()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def trial(name: str, keep: Path) -> Path:
    """Put one theory on trial, or find that this was done before; return where the result is."""
    path = keep / f"{name}-{key(name)}.json"
    if path.is_file():
        return path
    began = time.process_time()
    theory = blocs.load_theory(name)
    cases = [under_theory(blocs.load(case), theory) for case in list_cases()]
    last = ["", 0.0]

    def report(what: str, done: int, total: int) -> None:
        if what != last[0] or time.time() - float(last[1]) > 20 or done == total:
            last[:] = [what, time.time()]
            print(f"{name}: {what} {done}/{total}", flush=True)

    done = put_on_trial(cases, progress=report)
    data = tried(done, time.process_time() - began).to_json()
    data["everything"] = done.everything.to_json()
    data["others"] = {case.case: one.to_json() for case, one in zip(cases, done.others, strict=True)}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(data), encoding="utf-8")
    partial.replace(path)
    return path


def ship(data: dict[str, Any]) -> None:
    """Write the fits of the theory that the cases are written for, where they ship from."""
    _write(theory_fit_path(data["everything"]["theory"]), data["everything"])
    for case, fitted in data["others"].items():
        _write(case_fit_path(case), fitted)


def _write(path: Path, data: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {**data, "directions": [[round(value, 3) for value in row] for row in data["directions"]]}
    lines = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in data.items() if name != "directions"]
    rows = ",\n".join("  " + json.dumps(row, separators=(",", ":")) for row in data["directions"])
    text = "{\n" + ",\n".join(lines) + ',\n "directions": [\n' + rows + "\n ]\n}\n"
    partial = path.with_suffix(".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def main() -> None:
    """Try the theories and write the page."""
    keep = ROOT / "out" / "validation"
    asked = sys.argv[1:] or list(THEORIES)
    with ProcessPoolExecutor(2) as pool:
        waiting = {pool.submit(trial, name, keep): name for name in asked}
        found = {waiting[one]: one.result() for one in as_completed(waiting)}
    data = {name: json.loads(found[name].read_text(encoding="utf-8")) for name in asked}
    ship(data[THEORIES[0]])
    results = [Tried.from_json(data[name]) for name in asked]
    (ROOT / "docs" / "validation.md").write_text(page(results, WORDS, MISSES), encoding="utf-8")
    for name, figure in figures(results[0]).items():
        figure.savefig(ROOT / "docs" / name)
    print("docs/validation.md")


if __name__ == "__main__":
    main()
