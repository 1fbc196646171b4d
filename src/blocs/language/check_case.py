"""Everything that can be said of a case, under its theory, without searching the theory's states."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from blocs.language.calendar import parse_date, parse_period
from blocs.language.case import Alternative, Case, Event
from blocs.language.check_types import check_type_priors
from blocs.language.document import Path
from blocs.language.findings import Findings, closest
from blocs.language.moves import Move, find_move, option_at, parse_force, parse_option
from blocs.language.theory import JointStage, Option, Theory
from blocs.language.values import wrong_fact, wrong_variable


def check_case(case: Case, whole: Theory, structural: frozenset[str], findings: Findings) -> None:
    """Note all problems of a case.

    Parameters
    ----------
    case : Case
    whole : Theory
        The theory before the case forbade anything.
    structural : frozenset of str
        Names that decide what is possible in the theory.
    findings : Findings
        Of the case.
    """
    _CaseChecker(case, whole, structural, findings).run()


class _CaseChecker:
    def __init__(self, case: Case, whole: Theory, structural: frozenset[str], findings: Findings) -> None:
        self.case = case
        self.theory = case.theory_spec
        self.whole = whole
        self.structural = structural
        self.findings = findings
        self.error = findings.error
        self.warn = findings.warn

    def run(self) -> None:
        """Check the parts of the case in order."""
        case, whole = self.case, self.whole
        if case.version is not None and case.version != whole.version:
            message = f"written for version {case.version} of `{whole.theory}`, which now has version {whole.version}"
            self.warn(("version",), message, "check the case against the theory, then raise the number")
        self.dates_hold = self.calendar()
        self.roles()
        self.facts()
        self.start(("start",), {name: value.value for name, value in case.start.items()}, ("value",))
        for name in case.parameters:
            if name not in whole.parameters:
                hint = closest(name, whole.parameters)
                self.error(("parameters", name), f"the theory has no parameter `{name}`", hint)
        check_type_priors(case, whole, self.findings)
        self.without(("without",), case.without)
        self.empty_stages()
        self.history()
        for number, remark in enumerate(case.context):
            if remark.date is not None:
                self.free_date(("context", number, "date"), remark.date)
        for name, alternative in case.alternatives.items():
            self.alternative(("alternatives", name), alternative)
        if case.outcome is not None and case.outcome not in self.theory.outcomes:
            message = f"the theory has no outcome `{case.outcome}`"
            self.error(("outcome",), message, closest(case.outcome, self.theory.outcomes))

    def calendar(self) -> bool:
        """Check the calendar; tell whether dates can be placed in it."""
        calendar = self.case.calendar
        path = ("calendar", "start")
        try:
            span = parse_date(calendar.start)
        except ValueError as error:
            self.error(path, str(error))
            return False
        if span.months > calendar.months:
            self.error(path, f"`{calendar.start}` is less precise than a {calendar.step}", f"give the {calendar.step}")
            return False
        return True

    def free_date(self, path: Path, text: str) -> None:
        """Check a date that need not lie within the calendar, or two with a `/` between them."""
        try:
            parse_period(text)
        except ValueError as error:
            self.error(path, str(error))

    def roles(self) -> None:
        """Check who plays."""
        for name, actor in self.case.roles.items():
            path = ("roles", name)
            if name not in self.theory.roles:
                self.error(path, f"the theory has no role `{name}`", closest(name, self.theory.roles))
            if actor.iso3 is not None and not re.fullmatch("[A-Z]{3}", actor.iso3):
                self.error((*path, "iso3"), f"`{actor.iso3}` is no country code", "three capital letters, such as ALB")
        for name in self.theory.roles:
            if name not in self.case.roles:
                self.warn(("roles",), f"nobody plays the role `{name}`", f"write `{name}: {{actor: ...}}`")

    def facts(self) -> None:
        """Check the facts against what the theory asks for."""
        for name, fact in self.case.facts.items():
            path = ("facts", name)
            spec = self.theory.facts.get(name)
            if spec is None:
                self.error(path, f"the theory asks for no fact `{name}`", closest(name, self.theory.facts))
                continue
            if wrong := wrong_fact(spec, fact.value):
                self.error((*path, "value"), *wrong)
            elif fact.range is not None:
                self.range((*path, "range"), name, fact.value, fact.range)
            if fact.source and fact.assumed:
                self.warn(
                    path, f"`{name}` has a source and is also assumed", "keep one; a `note` can say how it is coded"
                )
        for name, spec in self.theory.facts.items():
            if name not in self.case.facts and spec.default is None:
                about = f": {spec.help}" if spec.help else ""
                kind = "/".join(spec.type) if isinstance(spec.type, tuple) else spec.type
                self.error(
                    ("facts",), f"the fact `{name}` ({kind}) is missing{about}", f"write `{name}: {{value: ...}}`"
                )

    def range(self, path: Path, name: str, value: object, ends: tuple[float, float]) -> None:
        """Check the range of a fact."""
        spec, (low, high) = self.theory.facts[name], ends
        if isinstance(spec.type, tuple) or spec.type == "boolean":
            self.error(path, "only a number has a range", "use `confidence` for what is uncertain otherwise")
            return
        if low > high:
            self.error(path, f"the range runs backwards: {low:g} to {high:g}")
        elif isinstance(value, int | float) and not low <= value <= high:
            self.error(path, f"the range from {low:g} to {high:g} does not hold the value {value:g}")
        for end in ends:
            # a count may lie between whole numbers when it is drawn
            if spec.type != "count" and (wrong := wrong_fact(spec, end)):
                self.error(path, f"an end of the range: {wrong[0]}")
        if name in self.structural:
            message = f"`{name}` decides what is possible, so its range is not drawn from: its value counts"
            self.warn(path, message)

    def start(self, path: Path, values: Mapping[str, object], tail: Path = ()) -> None:
        """Check values at the start."""
        for name, value in values.items():
            spec = self.theory.state.get(name)
            if spec is None:
                hint = closest(name, self.theory.state)
                self.error((*path, name), f"the theory has no state variable `{name}`", hint)
            elif wrong := wrong_variable(spec, value):
                self.error((*path, name, *tail), *wrong)

    def without(self, path: Path, options: Iterable[str]) -> None:
        """Check what is forbidden."""
        for number, text in enumerate(options):
            named = parse_option(text)
            try:
                find_move(self.whole, named.option, named.stage)
            except LookupError as error:
                message, hint = error.args
                stages = hint == "say which stage is meant"
                self.error((*path, number), message, "write `stage: option`" if stages else hint)

    def empty_stages(self) -> None:
        """Check that something can be chosen everywhere."""
        for number, stage in enumerate(self.theory.stages):
            groups = [stage.options] if not isinstance(stage, JointStage) else list(stage.options.values())
            before = self.whole.stages[number]
            groups_before = [before.options] if not isinstance(before, JointStage) else list(before.options.values())
            if any(not group for group in groups) and all(groups_before):
                self.error(("without",), f"nothing is left to choose in the stage `{stage.stage}`")
                continue
            if isinstance(stage, JointStage):
                done = [(stage.otherwise.get(role, "hold"), stage.options.get(role, {})) for role in stage.occasion]
            else:
                done = [(stage.otherwise, stage.options)] if stage.occasion is not None else []
            for name, options in done:
                if name not in options:
                    message = f"`{name}` is done in the stage `{stage.stage}` where there is no occasion"
                    self.error(("without",), message, "it cannot be taken away")

    def history(self) -> None:
        """Check what was chosen."""
        taken: dict[tuple[int, int, str], int] = {}
        for number, event in enumerate(self.case.history):
            path = ("history", number)
            move = self.move(path, event.option, event.stage, event.role)
            if move is not None:
                self.result(path, event, option_at(self.theory, move))
            step = self.step((*path, "date"), event.date)
            if move is None or step is None:
                continue
            # in a joint stage each role makes its own choice
            slot = (step, move.stage, move.role)
            if slot in taken:
                first = self.findings.line(("history", taken[slot])) or f": history[{taken[slot]}]"
                stage = self.theory.stages[move.stage].stage
                date = self.case.calendar.label(step)
                message = f"a second option of `{event.role}` in the stage `{stage}` at {date}; the first is{first}"
                self.error(path, message, "a role chooses once per stage and step; move one to the step next to it")
            taken.setdefault(slot, number)
            if event.source and event.assumed:
                self.warn(path, "this event has a source and is also assumed", "keep one; a `note` can say more")
        self.needs_hold()

    def needs_hold(self) -> None:
        """Warn of stages in which what is not listed has no meaning."""
        if not self.case.history:
            return
        for number, stage in enumerate(self.theory.stages):
            groups = [stage.options] if not isinstance(stage, JointStage) else list(stage.options.values())
            if any(group and "hold" not in group for group in groups):
                message = f"the stage `{stage.stage}` has no option `hold`; the history must list every choice there"
                self.warn(("history",), message, f"stage {number + 1} of the theory")

    def step(self, path: Path, date: str) -> int | None:
        """Return the step of a date; None, with an error noted, where there is none."""
        if not self.dates_hold:
            return None
        try:
            return self.case.calendar.index(date)
        except ValueError as error:
            self.error(path, str(error))
            return None

    def move(self, path: Path, option: str, stage: str | None, role: str) -> Move | None:
        """Return the place of a move in the theory; None, with an error noted, where there is none."""
        try:
            return find_move(self.theory, option, stage, role)
        except LookupError as error:
            message, hint = error.args
        try:
            find_move(self.whole, option, stage, role)
        except LookupError:
            key = "role" if role not in self.theory.roles else "option"
            known = stage is None or stage in [one.stage for one in self.theory.stages]
            self.error((*path, key if known else "stage"), message, hint)
        else:
            self.error((*path, "option"), f"`{option}` is forbidden in this case", "see `without`")
        return None

    def result(self, path: Path, event: Event, option: Option) -> None:
        """Check what chance decided."""
        labels = [branch.label for branch in option.chance if branch.label]
        if event.result is None:
            if len(option.chance) > 1:
                message = f"`{event.option}` leaves something to chance; its `result` is missing"
                self.error(path, message, f"write `result:` and one of {', '.join(labels)}")
        elif not option.chance:
            self.error((*path, "result"), f"`{event.option}` leaves nothing to chance and has no result", "remove it")
        elif event.result not in labels:
            self.error(
                (*path, "result"), f"`{event.option}` has no result `{event.result}`", closest(event.result, labels)
            )

    def alternative(self, path: Path, alternative: Alternative) -> None:
        """Check a what-if."""
        for name, value in alternative.set.items():
            here = (*path, "set", name)
            spec = self.theory.facts.get(name)
            if spec is not None:
                if wrong := wrong_fact(spec, value):
                    self.error(here, *wrong)
            elif name not in self.theory.parameters:
                hint = closest(name, [*self.theory.facts, *self.theory.parameters])
                self.error(here, f"the theory has no fact or parameter `{name}`", hint)
            elif isinstance(value, bool) or not isinstance(value, int | float):
                self.error(here, f"a parameter takes a number, not `{value}`")
        self.start((*path, "start"), alternative.start)
        self.without((*path, "without"), alternative.without)
        for number, text in enumerate(alternative.force):
            self.force((*path, "force", number), text)
        if not (alternative.set or alternative.start or alternative.without or alternative.force):
            self.warn(path, "this alternative changes nothing", "give `set`, `start`, `without` or `force`")

    def force(self, path: Path, text: str) -> None:
        """Check a move that must be made."""
        try:
            forced = parse_force(text)
        except ValueError as error:
            self.error(path, f"`{text}`: {error}")
            return
        self.step(path, forced.date)
        try:
            find_move(self.theory, forced.option, forced.stage, forced.role)
        except LookupError as error:
            self.error(path, *error.args)
