"""The kinds of figures that a case gives, by name, and why one cannot be drawn where it cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from blocs.errors import InputError
from blocs.report.figures.palette import WIDE
from blocs.report.findings import Findings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawer = Callable[[Findings, float], "Figure"]


def _outcomes(findings: Findings, width: float) -> Figure:
    from blocs.report.figures.endings import outcome_bars

    return outcome_bars(findings.run.forecast.outcomes, findings.case.outcome, width)


def _history(findings: Findings, width: float) -> Figure:
    from blocs.report.figures.dates import history_line

    if findings.history is None:
        raise InputError(f"the case {findings.case.case} has no history to draw")
    return history_line(findings.run.forecast, width)


def _options(findings: Findings, width: float) -> Figure:
    from blocs.report.figures.dates import option_heat_map

    return option_heat_map(findings.run.forecast.solution, width)


def _survival(findings: Findings, width: float) -> Figure:
    from blocs.report.figures.dates import survival_curves

    return survival_curves(findings.run.forecast.solution, width)


def _reasons(findings: Findings, width: float) -> Figure:
    return reasons(findings, 0, width)


def reasons(findings: Findings, number: int, width: float = WIDE) -> Figure:
    """Draw why one of the options that were never taken was not.

    Raises
    ------
    InputError
        Every option that was ever legal was taken at some time.
    """
    from blocs.report.figures.reasons import explanation_bars

    if number >= len(findings.roads_not_taken):
        raise InputError(f"in the case {findings.case.case} no legal option of the first role was left untaken")
    return explanation_bars(findings.roads_not_taken[number], width)


def _alternatives(findings: Findings, width: float) -> Figure:
    from blocs.report.figures.endings import alternative_dots

    if findings.comparison is None:
        raise InputError(f"the case {findings.case.case} offers no alternatives; write some under `alternatives:`")
    return alternative_dots(findings.comparison, width)


def _drivers(findings: Findings, width: float) -> Figure:
    from blocs.report.figures.reasons import tornado_bars

    return tornado_bars(findings.tornado, findings.outcome_in_question, width)


def _beliefs(findings: Findings, width: float) -> Figure:
    from blocs.report.figures.beliefs import belief_curves

    paths = findings.run.forecast.solution.beliefs
    if not any(len(path.dates) for path in paths):
        raise InputError(f"in the case {findings.case.case} no role with a history has private types")
    return belief_curves(paths, findings.case, width)


def _relations(findings: Findings, width: float) -> Figure:
    from blocs.report.figures.network import relations_by_date

    if not findings.moments:
        raise InputError(
            f"the theory of the case {findings.case.case} has no ties between its roles that could be drawn"
        )
    return relations_by_date(findings.run.game, findings.moments, width)


KINDS: Mapping[str, Drawer] = MappingProxyType(
    {
        "outcomes": _outcomes,
        "history": _history,
        "options": _options,
        "survival": _survival,
        "reasons": _reasons,
        "alternatives": _alternatives,
        "drivers": _drivers,
        "relations": _relations,
        "beliefs": _beliefs,
    }
)
"""Kind of figure -> what draws it from findings, at a width in inches."""


def draw_figure(findings: Findings, kind: str, width: float = WIDE) -> Figure:
    """Draw one kind of figure.

    Raises
    ------
    InputError
        The case has nothing to show of this kind; the message says what is missing.
    """
    return KINDS[kind](findings, width)
