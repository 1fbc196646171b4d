"""The page docs/validation.md as text: tables of trials, with what to make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from blocs.fit.crossval import CLOSE
from blocs.fit.validate import Bin, Scores
from blocs.report.validation import (
    FREQUENCIES,
    Tried,
    decision_calibration,
    interval,
    outcome_calibration,
    outcome_frequencies,
    stacked_out,
    stacking,
)


def page(results: Sequence[Tried], words: Mapping[str, str], misses: Mapping[str, str]) -> str:
    """Return the page.

    Parameters
    ----------
    results : sequence of Tried
        The theory that the cases are written for first.
    words : mapping
        Text that stands before the tables (`intro`), after them (`reading`) and at the end (`limits`); under the
        name of a theory, what there is to say of that one beside its own table of cases.
    misses : mapping from case to text
        Why the theory fails there; printed for the cases in which it does.
    """
    first = results[0]
    parts = [
        "<!-- Written by `make validation`. -->",
        f"# {len(results)} theories, {len(first.held_out)} crises",
        words["intro"],
        "## In one table",
        _totals(results),
        "## What each case was forecast with, and what came",
        _cases(first),
        "## Calibration",
        _calibration(first),
        "## Rivals",
        _stacking(results),
        words["reading"],
        *(
            part
            for one in results[1:]
            if one.theory in words
            for part in (f"## `{one.theory}`, case by case", words[one.theory], _cases(one))
        ),
        "## Failures, case by case",
        _failures(first, misses),
        "## Limits",
        words["limits"],
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    rule = ["---"] * left + ["---:"] * (len(head) - left)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rule, *rows])


def _sums(scores: Sequence[Scores]) -> tuple[float, float]:
    return sum(float(one.theory.sum()) for one in scores), sum(float(one.frequencies.sum()) for one in scores)


def _outcome_score(scores: Sequence[Scores]) -> float:
    return float(sum(np.log(one.outcome_probability) for one in scores))


def _totals(results: Sequence[Tried]) -> str:
    head = [
        "theory", "free", "decisions, seen", "decisions, held out", "gain over frequencies (95 %)", "better in",
        "outcomes, seen", "outcomes, held out", "likeliest, seen", "likeliest, held out", "among two",
    ]  # fmt: skip
    rows = []
    for one in results:
        seen, held = _sums(one.seen)[0], _sums(one.held_out)[0]
        gains = np.array([float(s.theory.sum() - s.frequencies.sum()) for s in one.held_out])
        low, high = interval(gains)
        count = len(one.held_out)
        rows.append(
            [
                f"`{one.theory}`",
                str(one.parameters),
                f"{seen:.1f}",
                f"{held:.1f}",
                f"{gains.sum():+.1f} ({low:+.1f} to {high:+.1f})",
                f"{(gains > 0).sum()} of {count}",
                f"{_outcome_score(one.seen):.1f}",
                f"{_outcome_score(one.held_out):.1f}",
                f"{sum(s.rank == 1 for s in one.seen)} of {count}",
                f"{sum(s.rank == 1 for s in one.held_out)} of {count}",
                f"{sum(s.rank in (1, 2) for s in one.held_out)} of {count}",
            ]
        )
    first = results[0]
    bases = outcome_frequencies(first.held_out)
    rows.append(
        [
            FREQUENCIES, "", f"{_sums(first.seen)[1]:.1f}", f"{_sums(first.held_out)[1]:.1f}", "", "", "",
            f"{np.log(bases).sum():.1f}", "", "", "",
        ]
    )  # fmt: skip
    uniform = sum(float(one.uniform.sum()) for one in first.seen)
    eight = len(first.held_out) * float(np.log(len(first.held_out[0].outcomes)))
    told = [f"{uniform:.1f}", f"{uniform:.1f}", "", "", f"{-eight:.1f}", f"{-eight:.1f}"]
    rows.append(["chance", "", *told, "", "", ""])
    worst = max(first.left)
    note = (
        f"Sums of log-probabilities over {sum(len(s.theory) for s in first.held_out)} decisions and "
        f"{len(first.held_out)} outcomes; higher is better. *Seen*: at the mode of one fit to all cases, beside option "
        "frequencies of all cases. *Held out*: averaged over draws of the fit to the other cases, beside the other "
        "cases' frequencies of options (by stage, plus one half each, among what was legal) and of outcomes. The "
        f"search of `{first.theory}` that ended farthest from its mode was {worst:.2f} posterior standard deviations "
        f"away (a search counts as finished below {CLOSE:g})."
    )
    return _table(head, rows) + "\n\n" + note


def _cases(one: Tried) -> str:
    head = [
        "case",
        "decisions",
        "theory",
        "frequencies",
        "gain",
        "what happened",
        "seen",
        "held out",
        "place",
        "likeliest",
    ]
    rows = []
    for seen, held in zip(one.seen, one.held_out, strict=True):
        theory, frequencies = float(held.theory.sum()), float(held.frequencies.sum())
        rows.append(
            [
                f"`{held.case}`",
                str(len(held.theory)),
                f"{theory:.1f}",
                f"{frequencies:.1f}",
                f"{theory - frequencies:+.1f}",
                str(held.outcome),
                f"{seen.outcome_probability:.2f}",
                f"{held.outcome_probability:.2f}",
                str(held.rank),
                "" if held.rank == 1 else f"{held.likeliest} ({held.outcomes[held.likeliest]:.2f})",
            ]
        )
    note = (
        "Decisions, and the last columns but *seen*, are held out: forecast by the fit to the other cases, which is "
        "also what `blocs run` starts from. *Seen* is the probability of what happened under the fit to all."
    )
    return _table(head, rows) + "\n\n" + note


def _bins(curve: Sequence[Bin]) -> str:
    rows = [
        [
            f"{one.low:.1f} to {one.high:.1f}",
            str(one.count),
            f"{one.forecast:.3f}",
            f"{one.happened:.3f}",
            f"{one.happened_low:.3f} to {one.happened_high:.3f}",
        ]
        for one in curve
    ]
    return _table(["forecast", "number", "mean forecast", "came true", "95 % interval"], rows)


def _calibration(one: Tried) -> str:
    inside = [
        sum(b.happened_low <= b.forecast <= b.happened_high for b in curve)
        for curve in (decision_calibration(one.held_out), outcome_calibration(one.held_out))
    ]
    decisions, outcomes = decision_calibration(one.held_out), outcome_calibration(one.held_out)
    return "\n\n".join(
        [
            f"Held out. Every legal option of every decision ({inside[0]} of {len(decisions)} intervals hold the mean "
            "forecast; decisions of one case are not independent, so that true intervals are wider):",
            "![Calibration of decisions](validation-decisions.svg)",
            _bins(decisions),
            f"Every outcome of every case ({inside[1]} of {len(outcomes)} intervals hold the mean forecast):",
            "![Calibration of outcomes](validation-outcomes.svg)",
            _bins(outcomes),
        ]
    )


def _stacking(results: Sequence[Tried]) -> str:
    first = results[0]
    decisions = {one.theory: np.concatenate([s.theory for s in one.held_out]) for one in results}
    decisions[FREQUENCIES] = np.concatenate([s.frequencies for s in first.held_out])
    outcomes = {one.theory: np.log([s.outcome_probability for s in one.held_out]) for one in results}
    outcomes[FREQUENCIES] = np.log(outcome_frequencies(first.held_out))
    by_decision, by_outcome = stacking(decisions), stacking(outcomes)
    rows = []
    for name in decisions:
        mine = [one for one in results if one.theory == name]
        label = f"`{name}`" if mine else name
        rows.append(
            [
                label,
                f"{decisions[name].sum():.1f}",
                f"{by_decision[name]:.2f}",
                f"{outcomes[name].sum():.1f}",
                f"{by_outcome[name]:.2f}",
            ]
        )
    by_case = {one.theory: [s.theory for s in one.held_out] for one in results}
    by_case[FREQUENCIES] = [s.frequencies for s in first.held_out]
    ends = {name: [x[i : i + 1] for i in range(len(x))] for name, x in outcomes.items()}
    mixed, ended = stacked_out(by_case), stacked_out(ends)
    gains = np.array([float((x - s.frequencies).sum()) for x, s in zip(mixed, first.held_out, strict=True)])
    low, high = interval(gains)
    rows.append(["the mixture", f"{sum(x.sum() for x in mixed):.1f}", "", f"{sum(x.sum() for x in ended):.1f}", ""])
    table = _table(["held out", "decisions", "weight", "outcomes", "weight"], rows)
    best = [max(columns, key=lambda name: float(columns[name].sum())) for columns in (decisions, outcomes)]
    said = (
        f"On decisions `{best[0]}` scores highest, on outcomes `{best[1]}`. Stacking weights are those of the mixture "
        "with the highest score (Yao et al. 2018). Each case's share in the mixture's own score is held out twice: by "
        "forecasts that did not see it, mixed with weights that did not see them. On decisions the mixture gains "
        f"{gains.sum():+.1f} over frequencies ({low:+.1f} to {high:+.1f}) and is better in {(gains > 0).sum()} of "
        f"{len(gains)} cases."
    )
    return said + "\n\n" + table


def _failures(one: Tried, misses: Mapping[str, str]) -> str:
    lines = []
    for held in one.held_out:
        lost = float(held.theory.sum() - held.frequencies.sum())
        faults = []
        if held.rank != 1:
            faults.append(f"{held.outcome} came in place {held.rank} ({held.outcome_probability:.2f})")
        if lost < 0:
            faults.append(f"decisions {-lost:.1f} worse than the others' frequencies")
        if faults:
            lines.append(f"- **`{held.case}`**: {'; '.join(faults)}. {misses.get(held.case, '')}".rstrip())
    return "\n".join(lines)
