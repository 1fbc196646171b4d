"""Any result as a table of words and numbers, and a table as LaTeX, CSV or Markdown."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from blocs.forecast.compare import BASELINE
from blocs.forecast.outcomes import Spread
from blocs.forecast.paths import options_by_date, survival
from blocs.report.figures.reasons import parts_of
from blocs.report.figures.reasons import shown as end_of_range
from blocs.report.findings import HOLD, Findings
from blocs.report.terminal import RARE, words

Cell = str | float | None
FORMATS = ("latex", "csv", "markdown")


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    title : str
        What it shows, in a sentence without a full stop.
    head : tuple of str
    rows : tuple of tuples
        One cell per column: words, a number, or None where there is nothing.
    digits : int
        Digits behind the point of numbers in LaTeX and Markdown; CSV has all of them.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    digits: int = 3

    def numeric(self, column: int) -> bool:
        """Return whether a column holds numbers only."""
        cells = [row[column] for row in self.rows if row[column] is not None]
        return bool(cells) and not any(isinstance(cell, str) for cell in cells)

    def shown(self, cell: Cell) -> str:
        """Return a cell as it is printed."""
        if cell is None:
            return ""
        if isinstance(cell, str):
            return cell
        text = f"{cell:.{self.digits}f}"
        return text.removeprefix("-") if float(text) == 0 else text

    def text(self, form: str) -> str:
        """Return the table in one of `FORMATS`."""
        return {"latex": self.to_latex, "csv": self.to_csv, "markdown": self.to_markdown}[form]()

    def to_csv(self) -> str:
        """Return comma-separated values with every digit of the numbers; what is missing is empty."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.head)
        for row in self.rows:
            writer.writerow(
                ["" if cell is None or (isinstance(cell, float) and math.isnan(cell)) else cell for cell in row]
            )
        return text.getvalue()

    def to_markdown(self) -> str:
        """Return a table as most readers of Markdown know it, numbers to the right."""

        def line(cells: list[str]) -> str:
            return (
                "| "
                + " | ".join(cell.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ") for cell in cells)
                + " |"
            )

        rule = ["--:" if self.numeric(i) else "---" for i in range(len(self.head))]
        lines = [line(list(self.head)), "| " + " | ".join(rule) + " |"]
        lines += [line([_no_markup(self.shown(cell)) for cell in row]) for row in self.rows]
        return "\n".join(lines) + "\n"

    def to_latex(self) -> str:
        """Return a `tabular` between the rules of booktabs, with a caption."""
        columns = "".join("r" if self.numeric(i) else "l" for i in range(len(self.head)))
        lines = [
            r"\begin{table}",
            rf"\caption{{{_tex(self.title)}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            " & ".join(_tex(cell) for cell in self.head) + r" \\",
            r"\midrule",
            *(" & ".join(_tex(self.shown(cell)) for cell in row) + r" \\" for row in self.rows),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
        return "\n".join(lines) + "\n"


_TEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "\n": " ",
}  # fmt: skip


def _tex(text: str) -> str:
    return "".join(_TEX.get(letter, letter) for letter in text)


def _no_markup(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _spread(spread: Spread) -> tuple[float, float, float, float]:
    return spread.mean, spread.median, spread.low, spread.high


def outcomes_table(findings: Findings) -> Table:
    """Return the probability of each outcome over draws."""
    rows = tuple((name, *_spread(spread)) for name, spread in findings.run.forecast.outcomes.items())
    return Table("Probability of each outcome over draws", ("outcome", "mean", "median", "5 %", "95 %"), rows)


def history_table(findings: Findings) -> Table:
    """Return the real history move by move with the probability that the solution gave to each."""
    rows = tuple(
        (one.date, one.role, words(one.option), one.probability.mean, words(one.likeliest), one.likeliest_probability,
         one.uniform, one.confidence)
        for one in (findings.history.decisions if findings.history else ())
        if one.option != HOLD
    )  # fmt: skip
    head = ("date", "role", "what was done", "probability", "likeliest", "its probability", "by chance", "confidence")
    return Table("What was really done, and the probability that the solution gave to it", head, rows)


def expected_table(findings: Findings) -> Table:
    """Return how often and when each option is expected, beside when it was really taken."""
    forecast, game = findings.run.forecast, findings.run.game
    done: dict[str, list[str]] = {}
    for one in findings.history.decisions if findings.history else ():
        done.setdefault(f"{one.stage}: {one.option}", []).append(one.date)
    role_of = {stage.name: game.roles[stage.role] for stage in game.plan.stages}
    rows = []
    for label, times in forecast.option_counts.items():
        if times.mean >= RARE or label in done:
            stage, _, option = label.rpartition(": ")
            expected = forecast.date_label(forecast.expected_dates[label])
            rows.append((words(option), role_of[stage], times.mean, times.low, times.high, expected,
                         ", ".join(done.get(label, [])) or None))  # fmt: skip
    head = ("option", "role", "times expected", "5 %", "95 %", "on average in", "really in")
    return Table("How often and when each option is expected at the start", head, tuple(rows), 2)


def options_table(findings: Findings) -> Table:
    """Return the probability of each option in each step."""
    frame = options_by_date(findings.run.forecast.solution)
    rows = tuple((str(name), *map(float, row)) for name, row in zip(frame.index, frame.to_numpy(), strict=True))
    return Table("Probability of each option by date, mean over draws", ("option", *map(str, frame.columns)), rows)


def survival_table(findings: Findings) -> Table:
    """Return by date the probability that each outcome has not come yet."""
    frame = survival(findings.run.forecast.solution)
    rows = tuple((str(date), *map(float, row)) for date, row in zip(frame.index, frame.to_numpy(), strict=True))
    return Table("Probability that an outcome has not come yet, by date", ("date", *map(str, frame.columns)), rows)


def reasons_table(findings: Findings, number: int = 0) -> Table:
    """Return why an option that was never taken was worth less (or more) than holding still, part by part."""
    if number >= len(findings.roads_not_taken):
        return Table("No option was left untaken throughout", ("part", "mean", "median", "5 %", "95 %"), ())
    group = findings.roads_not_taken[number]
    one = group[0]
    title = f"{words(one.option)} against {words(one.against)} in {one.explanation.date}, by parts, in units of payoff"
    rows = [
        *parts_of(group, most=sum(len(one.parts) for one in group)),
        ("sum", [Spread.of(one.total) for one in group]),
    ]
    head = ["part"]
    for each in group:
        who = f"{words(each.explanation.type)}: " if each.explanation.type else ""
        head += [f"{who}mean", f"{who}median", f"{who}5 %", f"{who}95 %"]
    cells = tuple((name, *(cell for spread in spreads for cell in _spread(spread))) for name, spreads in rows)
    return Table(title[:1].upper() + title[1:], tuple(head), cells, 2)


def alternatives_table(findings: Findings) -> Table:
    """Return the outcomes of the case as it was and under each alternative, with paired differences."""
    head = ("circumstances", "outcome", "mean", "5 %", "95 %", "difference", "its 5 %", "its 95 %")
    title = "Outcomes under other circumstances, with paired differences"
    if findings.comparison is None:
        return Table(title, head, ())
    baseline = findings.comparison.baseline.forecast().outcomes
    rows: list[tuple[Cell, ...]] = [
        (BASELINE, name, one.mean, one.low, one.high, None, None, None) for name, one in baseline.items()
    ]
    for other in findings.comparison.alternatives:
        spreads = other.solution.forecast().outcomes
        for (name, one), gaps in zip(spreads.items(), other.differences, strict=True):
            gap = Spread.of(gaps)
            rows.append((other.what_if.label, name, one.mean, one.low, one.high, gap.mean, gap.low, gap.high))
    return Table(title, head, tuple(rows))


def drivers_table(findings: Findings) -> Table:
    """Return how far each input alone moves the probability of the outcome in question."""
    outcome = findings.outcome_in_question
    rows = tuple(
        (bar.name, bar.kind, end_of_range(bar.low), end_of_range(bar.high), bar.at_low, bar.at_high, bar.width)
        for bar in findings.tornado.ranked(outcome)
    )
    head = ("input", "kind", "low end", "high end", "probability there", "probability at the high end", "reach")
    return Table(f"Probability of “{outcome}” with one input at either end of its range", head, rows)


def relations_table(findings: Findings) -> Table:
    """Return the ties between the actors at several dates of the real course."""
    rows = []
    for moment in findings.moments:
        for kind, pairs in (("bond", moment.bonds), ("strain", moment.strains)):
            for (a, b), found in pairs.items():
                told = ", ".join(words(name) + ("" if value == 1 else f" ({value:g})") for name, value in found.items())
                rows.append((moment.date, f"{a} and {b}", kind, sum(found.values()), told))
    head = ("date", "between", "kind", "strength", "which")
    return Table("Ties between the roles along the real course", head, tuple(rows), 1)


def beliefs_table(findings: Findings) -> Table:
    """Return what the others believed of each role with private types, along the real course."""
    rows = []
    for path in findings.run.forecast.solution.beliefs:
        for i, name in enumerate(path.types):
            rows.append(("before", path.role, words(name), *_spread(Spread.of(path.prior[i]))))
            for date, row in zip(path.dates, path.by_step, strict=True):
                rows.append((date, path.role, words(name), *_spread(Spread.of(row[i]))))
    head = ("date", "role", "type", "mean", "median", "5 %", "95 %")
    title = "Probability of each private type in the eyes of the others, at the end of each step"
    return Table(title, head, tuple(rows))


def facts_table(findings: Findings) -> Table:
    """Return the facts with range, sources, confidence and what is disputed."""
    rows = []
    for name, fact in findings.case.facts.items():
        value = str(fact.value).lower() if isinstance(fact.value, bool) else f"{fact.value}"
        spread = f"{fact.range[0]:g} to {fact.range[1]:g}" if fact.range else None
        basis = ", ".join(fact.source) or (f"assumed: {fact.assumed}" if fact.assumed else "no source")
        rows.append((words(name), value, spread, basis, fact.confidence, fact.dispute))
    head = ("fact", "value", "range", "sources", "confidence", "disputed")
    return Table("Facts of the case", head, tuple(rows), 2)


KINDS: Mapping[str, Callable[[Findings], Table]] = MappingProxyType(
    {
        "outcomes": outcomes_table,
        "history": history_table,
        "expected": expected_table,
        "options": options_table,
        "survival": survival_table,
        "reasons": reasons_table,
        "alternatives": alternatives_table,
        "drivers": drivers_table,
        "relations": relations_table,
        "beliefs": beliefs_table,
        "facts": facts_table,
    }
)
"""Kind of table -> what makes it."""

__all__ = ["FORMATS", "KINDS", "Table"]
