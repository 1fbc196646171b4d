"""A run as tables for the terminal: how it may end, what was really done, and how far the numbers can be trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from blocs.forecast.outcomes import HistoryScore, ScoredDecision
from blocs.forecast.run import Run
from blocs.forecast.solution import BeliefPath
from blocs.forecast.spread import Spread
from blocs.report.numbers import interval_bar, percent, seconds
from blocs.report.reproducing import how_to_reproduce

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

HOLD = "hold"
# cells of the bars: enough to tell apart steps of four per cent
BAR = 25
# options that are expected less often than this, and were not taken, are left out of the table of what is expected
RARE = 0.1
# a residual below this is rounding: probabilities are sums of a few hundred terms with sixteen digits each
ROUNDING = 1e-12


def print_run(console: Console, run: Run, command: str, *, holds: bool = False) -> None:
    """Print a run.

    Parameters
    ----------
    console : rich.console.Console
    run : Run
    command : str
        The command line that made it, for the last sentence.
    holds : bool
        Show the decisions to hold in the table of the history too.
    """
    _head(console, run)
    console.print(_outcomes(run))
    console.print()
    if run.forced:
        _say(console, forced_sentence(run.carried_out), "The real course is not scored: it was another one.")
        console.print()
    if run.game.case is not None and run.game.case.outcome:
        console.print(f"What happened: {run.game.case.outcome}.\n")
    expected = _expected(run)
    if expected.row_count:
        console.print("How often and when each option is expected, over the draws\n")
        console.print(expected)
        console.print()
    for path in run.forecast.solution.beliefs:
        if len(path.dates):
            console.print(f"What the others believed of the {path.role}, at the end of each step, over the draws\n")
            console.print(_beliefs(path))
            console.print()
    history = run.default.history
    if history is not None:
        origin = run.default.solution.draws.origin
        console.print(f"What was really done, and what the solution made of it (parameters: {origin})\n")
        console.print(_decisions(history, holds))
        console.print()
        _say(console, *score_sentences(history, holds, origin))
    _say(console, *certificate_sentences(run), how_to_reproduce(run, command))


def _say(console: Console, *sentences: str) -> None:
    for sentence in sentences:
        console.print(sentence, soft_wrap=not console.is_terminal)


def _head(console: Console, run: Run) -> None:
    game, solution = run.game, run.forecast.solution
    case = game.case
    if case is not None:
        console.print(case.title or case.case, style="bold")
        labels = case.calendar.labels()
        who = ", ".join(f"{actor.actor} ({role})" for role, actor in case.roles.items())
        console.print(f"{labels[0]} to {labels[-1]} by the {case.calendar.step}: {who}")
    graph = game.graph
    console.print(
        f"theory {game.theory.theory}, version {game.theory.version}: "
        f"{graph.nodes:,} states, {graph.arcs:,} options to take there"
    )
    draws = len(solution.draws)
    console.print(f"\nHow it may end, over {draws:,} draw{'s' if draws > 1 else ''} from the {solution.draws.origin}\n")


def new_table() -> Table:
    """Return an empty table in the house's plain style."""
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)


def _outcomes(run: Run) -> Table:
    table = new_table()
    table.add_column("outcome", overflow="fold")
    for head in ("mean", "median", "90 % interval"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("0 % to 100 %", no_wrap=True)
    for name, spread in run.forecast.outcomes.items():
        table.add_row(
            name,
            percent(spread.mean),
            percent(spread.median),
            f"{percent(spread.low)} to {percent(spread.high)}",
            interval_bar(spread.low, spread.median, spread.high, BAR),
            style="bold" if name == run.forecast.likeliest else "",
        )
    return table


def _beliefs(path: BeliefPath) -> Table:
    """Return what was believed of one role, step by step: of two types the first, since the other has the rest."""
    table = new_table()
    table.add_column("date", no_wrap=True)
    shown = path.types[:1] if len(path.types) == 2 else path.types
    for name in shown:
        table.add_column(words(name), justify="right", no_wrap=True)
        table.add_column("90 % interval", justify="right", no_wrap=True)
    if len(shown) == 1:
        table.add_column("0 % to 100 %", no_wrap=True)
    rows = [("before", path.prior), *zip(path.dates, path.by_step, strict=True)]
    for date, beliefs in rows:
        spreads = [Spread.of(beliefs[i]) for i in range(len(shown))]
        cells = [cell for one in spreads for cell in (percent(one.mean), f"{percent(one.low)} to {percent(one.high)}")]
        bar = [interval_bar(spreads[0].low, spreads[0].median, spreads[0].high, BAR)] if len(shown) == 1 else []
        table.add_row(date, *cells, *bar)
    return table


def _decisions(history: HistoryScore, holds: bool) -> Table:
    table = new_table()
    table.add_column("date", no_wrap=True)
    table.add_column("role", no_wrap=True)
    table.add_column("what was done", overflow="fold")
    table.add_column("probability", justify="right", no_wrap=True)
    table.add_column("likeliest option", overflow="fold")
    table.add_column("by chance", justify="right", no_wrap=True)
    date = ""
    for one in history.decisions:
        if one.option == HOLD and not holds:
            continue
        table.add_row(
            one.date if one.date != date else "",
            one.role,
            words(one.option) + (f" (coded with confidence {one.confidence:g})" if one.confidence < 1 else ""),
            percent(one.probability.mean),
            "the same" if one.likeliest == one.option else _likeliest(one),
            percent(one.uniform),
        )
        date = one.date
    return table


def _expected(run: Run) -> Table:
    """Return how often and when each option is expected, beside when it was really taken."""
    table = new_table()
    table.add_column("option", overflow="fold")
    table.add_column("role", no_wrap=True)
    table.add_column("times", justify="right", no_wrap=True)
    table.add_column("90 % interval", justify="right", no_wrap=True)
    table.add_column("on average in", no_wrap=True)
    table.add_column("really in", overflow="fold")
    forecast, game = run.forecast, run.game
    done: dict[str, list[str]] = {}
    for one in run.default.history.decisions if run.default.history else ():
        done.setdefault(f"{one.stage}: {one.option}", []).append(one.date)
    role_of = {stage.name: game.roles[stage.role] for stage in game.plan.stages}
    for label, times in forecast.option_counts.items():
        if times.mean < RARE and label not in done:
            continue
        stage, _, option = label.rpartition(": ")
        table.add_row(
            words(option),
            role_of[stage],
            f"{times.mean:.2f}",
            f"{times.low:.2f} to {times.high:.2f}",
            forecast.date_label(forecast.expected_dates[label]),
            ", ".join(done.get(label, [])),
        )
    return table


def _likeliest(one: ScoredDecision) -> str:
    return f"{words(one.likeliest)} ({percent(one.likeliest_probability)})"


def words(name: str) -> str:
    """Return the name of an option as people say it: without underscores."""
    return name.replace("_", " ")


def forced_sentence(shares: Mapping[str, float]) -> str:
    """Say how often forced moves were legal, and so made; nothing where none was forced."""
    if not shares:
        return ""
    if len(shares) == 1:
        move, share = next(iter(shares.items()))
        return f"The forced move “{move}” was legal, and so made, with probability {percent(share)}."
    low, high = percent(min(shares.values())), percent(max(shares.values()))
    often = low if low == high else f"between {low} and {high}"
    return f"Each of the {len(shares)} forced moves was legal, and so made, with a probability of {often}."


def score_sentences(history: HistoryScore, holds: bool = True, origin: str = "") -> list[str]:
    """Say how well the solution foretold the real history, beside the two yardsticks.

    `origin` says where the parameters come from: those that other cases taught never saw these decisions. If the
    frequencies did, it is told.
    """
    number = len(history.decisions)
    done = sum(one.option != HOLD for one in history.decisions)
    sentences = []
    if not holds and done < number:
        sentences.append(
            f"Besides, the roles held {number - done} times where they could have acted; --holds shows these."
        )
    geometric = percent(math.exp(history.log_score))
    whose = f" of {history.counted_on}" if history.counted_on else ""
    sentences.append(
        f"Over {number} decisions the log score is {history.log_score:.3f} a decision (a typical probability of "
        f"{geometric}); option frequencies{whose} score {history.frequencies:.3f}, choice by chance "
        f"{history.uniform:.3f}."
    )
    better = [
        name
        for name, score in (("option frequencies", history.frequencies), ("chance", history.uniform))
        if history.log_score > score
    ]
    worse = [name for name in ("option frequencies", "chance") if name not in better]
    if better:
        sentences.append(f"The theory tells more about this history than {_listed(better)} would" + _but(worse))
    else:
        sentences.append("The theory tells less about this history than option frequencies or chance would.")
    if number and "other" in origin and not history.counted_on:
        sentences.append(
            "These frequencies were counted on the very decisions that they score, which the parameters never saw; "
            "`blocs validate --leave-one-out` holds both out."
        )
    return sentences


def _but(worse: Sequence[str]) -> str:
    return f", but less than {_listed(worse)}." if worse else "."


def _listed(names: Sequence[str]) -> str:
    return " or ".join(names)


def certificate_sentences(run: Run) -> list[str]:
    """Say what was verified about the numbers, and how long they took."""
    certificate = run.forecast.solution.certificate
    small = certificate.residual <= ROUNDING
    judged = "which is rounding" if small else "which is more than rounding: do not rely on these numbers"
    off = abs(certificate.probability_sum - 1)
    return [
        f"Certificate: the choices differ from the response condition by {certificate.residual:.1e} at most, {judged}; "
        f"the outcomes' probabilities sum to one within {off:.0e} ({certificate.message}).",
        f"Compiled in {seconds(run.seconds['compile'])}, solved in {seconds(run.seconds['solve'])}.",
    ]
