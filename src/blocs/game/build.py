"""Find the states that play can reach, many at a time, and lay them out as a graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blocs.errors import InputError, Problem
from blocs.game.graph import Graph
from blocs.game.plan import OptionPlan, Plan, StagePlan
from blocs.game.space import Codes, Columns
from blocs.language.document import Origins

# states expanded at a time: enough to fill NumPy's loops, small enough to stay in the cache of most machines
BLOCK = 1 << 17
# up to this many codes a plain array says which states are known (256 MB); beyond, a hash table does
DENSE = 1 << 26
# a hash table that is fuller takes long to find a free place
FULL = 0.6
# a pair of a node and a state is kept in 63 bits
PAIRED = 1 << 31
# the arrays of the graph count in 32 bits
MAX_BRANCHES = (1 << 31) - 1


@dataclass(frozen=True)
class Layout:
    """What the tables need beside the graph: where costs, probabilities and payoffs come from.

    Parameters
    ----------
    options : tuple of (stage, OptionPlan)
        Options numbered through all stages.
    bundle_option : int32 array (bundle,)
        Option of each row of the table of costs.
    bundle_class : int32 array (bundle,)
        The option's class of joint rows.
    chance_option, chance_class, chance_branch : int32 arrays (probability row,)
        Where each row of the table of probabilities comes from; row 0 is certainty and holds -1.
    pay_rows : int32 array (term, payoff bundle)
        Row of each payoff term.
    """

    options: tuple[tuple[int, OptionPlan], ...]
    bundle_option: NDArray[np.int32]
    bundle_class: NDArray[np.int32]
    chance_option: NDArray[np.int32]
    chance_class: NDArray[np.int32]
    chance_branch: NDArray[np.int32]
    pay_rows: NDArray[np.int32]


class _Known:
    """Numbers states in the order in which they are met."""

    def __init__(self, size: int, share: int) -> None:
        # numbers are kept plus one, so that untouched memory means unknown and is never even paged in
        self.dense = np.zeros(size, dtype=np.int32) if size * share <= DENSE * 4 else None
        self.table = _Table()
        self.codes: list[Codes] = []
        self.count = 0

    def number(self, codes: Codes) -> tuple[NDArray[np.int32], Codes]:
        """Return the number of each state, and the new states among them in the order of their numbers."""
        found = self.dense[codes] - 1 if self.dense is not None else self.table.find(codes)
        missing = np.flatnonzero(found < 0)
        if not len(missing):
            return found, codes[missing]
        if self.dense is not None:
            # neighbours in code are neighbours in play: sorted numbers keep the kernels' reads close together
            new = np.sort(_unique(codes[missing], self.dense))
            self.dense[new] = np.arange(self.count + 1, self.count + len(new) + 1, dtype=np.int32)
            found = self.dense[codes] - 1
        else:
            new, found[missing] = self.table.add(codes[missing], self.count)
        self.codes.append(new)
        self.count += len(new)
        return found, new


class _Table:
    """A hash table from codes to numbers, many at a time: open addressing, where each round of probes is one look-up.

    A plain array over all codes is faster, but most of a large space is never reached.
    """

    # 2**64 over the golden ratio: its multiples spread neighbours evenly (Knuth 1973)
    SPREAD = np.uint64(0x9E3779B97F4A7C15)

    def __init__(self) -> None:
        self.bits = 12
        self.keys = np.full(1 << self.bits, -1, dtype=np.int64)
        self.values = np.zeros(1 << self.bits, dtype=np.int32)
        self.used = 0

    def places(self, codes: Codes) -> NDArray[np.int64]:
        return ((codes.astype(np.uint64) * self.SPREAD) >> np.uint64(64 - self.bits)).astype(np.int64)

    def find(self, codes: Codes) -> NDArray[np.int32]:
        """Return the number of each code, or -1."""
        found = np.full(len(codes), -1, dtype=np.int32)
        place, open_ = self.places(codes), np.arange(len(codes))
        while len(open_):
            keys = self.keys[place]
            hit = keys == codes
            found[open_[hit]] = self.values[place[hit]]
            going = np.flatnonzero(~hit & (keys >= 0))
            open_, codes = open_[going], codes[going]
            place = (place[going] + 1) & (len(self.keys) - 1)
        return found

    def add(self, codes: Codes, first: int) -> tuple[Codes, NDArray[np.int32]]:
        """Add codes that are not there yet, numbered from `first` on in their own order.

        Returns them, each once and in order, and the number of each code that was given.
        """
        if self.used + len(codes) > FULL * len(self.keys):
            self.grow(self.used + len(codes))
        place = self.settle(codes)
        # of equal codes one is kept: the last to write stays
        mark = np.arange(len(codes), dtype=np.int32)
        self.values[place] = mark
        kept = np.flatnonzero(self.values[place] == mark)
        kept = kept[np.argsort(codes[kept])]
        self.values[place[kept]] = np.arange(first, first + len(kept), dtype=np.int32)
        self.used += len(kept)
        return codes[kept], self.values[place]

    def grow(self, count: int) -> None:
        """Make room for so many codes."""
        there = self.keys >= 0
        codes, values = self.keys[there], self.values[there]
        self.bits = int(count / FULL).bit_length()
        self.keys, self.values = np.full(1 << self.bits, -1, np.int64), np.zeros(1 << self.bits, np.int32)
        self.values[self.settle(codes)] = values

    def settle(self, codes: Codes) -> NDArray[np.int64]:
        """Give each code a place of its own, equal ones the same, and return the places."""
        settled = np.empty(len(codes), dtype=np.int64)
        place, open_ = self.places(codes), np.arange(len(codes))
        while len(open_):
            free = self.keys[place] < 0
            # of several at one place the last to write stays, the others go on
            self.keys[place[free]] = codes[free]
            there = self.keys[place] == codes
            settled[open_[there]] = place[there]
            going = np.flatnonzero(~there)
            open_, codes = open_[going], codes[going]
            place = (place[going] + 1) & (len(self.keys) - 1)
        return settled


def _unique(codes: Codes, scratch: NDArray[np.int32]) -> Codes:
    """Return distinct codes without sorting: each writes its position in `scratch`, and the last to write stays."""
    positions = np.arange(len(codes), dtype=np.int32)
    scratch[codes] = positions
    kept = codes[scratch[codes] == positions]
    return kept


@dataclass
class _Stage:
    """What has been found of one stage."""

    plan: StagePlan
    known: _Known
    # stage of the first role of those that choose at once; None where a role chooses first or alone
    head: _Stage | None = None
    fresh: list[Codes] = field(default_factory=list)
    arc_counts: list[NDArray[Any]] = field(default_factory=list)
    arc_option: list[NDArray[np.int32]] = field(default_factory=list)
    arc_class: list[NDArray[np.int32]] = field(default_factory=list)
    branch_next: list[NDArray[np.int32]] = field(default_factory=list)
    active: list[int] = field(default_factory=list)
    expanded: int = 0


class _Search:
    """Breadth-first search over steps and stages; every state of a stage is expanded once."""

    def __init__(self, plan: Plan, steps: int, merge: bool, origins: Origins) -> None:
        self.plan, self.steps, self.merge, self.origins = plan, steps, merge, origins
        self.problems: dict[str, Problem] = {}
        self.branches = 0
        count, size = len(plan.stages), plan.space.size
        self.stages: list[_Stage] = []
        for k, stage in enumerate(plan.stages):
            if stage.turn == 0:
                self.stages.append(_Stage(stage, _Known(size, count + 1)))
                continue
            if size >= PAIRED:
                raise InputError(
                    origins.problem(
                        ("stages", stage.number),
                        f"the state variables have {size:.1e} combinations; with a stage in which several roles choose "
                        f"at once they may have {PAIRED:.1e}",
                    )
                )
            # pairs of two states are too many for an array over all of them
            self.stages.append(_Stage(stage, _Known(2**62, 1), self.stages[k - stage.turn]))
        self.ended = _Known(size, count + 1)
        self.first_option = np.cumsum([0, *(len(stage.options) for stage in plan.stages)])

    def run(self) -> tuple[Graph, Layout]:
        start = np.array([self.plan.start], dtype=np.int64)
        start, columns = self.normalise(start)
        if self.is_ended(columns)[0]:
            raise InputError(self.origins.problem(("ends_when",), "this holds already at the start"))
        self.reach(0, start, columns)
        for _ in range(self.steps):
            for k in range(len(self.stages)):
                self.expand(k)
            self.mark_active(last=False)
        self.mark_active(last=True)
        while self.plan.forever and any(stage.fresh for stage in self.stages):
            # beyond the calendar too, play goes on from every state
            for k in range(len(self.stages)):
                self.expand(k)
        if self.problems:
            raise InputError(list(self.problems.values()))
        return self.assemble()

    def mark_active(self, last: bool) -> None:
        for k, stage in enumerate(self.stages):
            if last:
                # row `steps`: what is open after the last step, at the first stage only
                stage.active.append(stage.known.count if k == 0 else 0)
            elif k > 0:
                stage.active.append(stage.known.count)
            else:
                # first-stage states found in this step belong to the next one
                stage.active.append(stage.known.count - sum(len(codes) for codes in stage.fresh))

    def reach(self, k: int, codes: Codes, columns: Columns, heads: Codes | None = None) -> NDArray[np.int32]:
        """Give states at a stage their numbers; ended ones get negative numbers.

        `heads` are the numbers of the nodes whose states the movers see, where several choose at once.
        """
        stage = self.stages[k]
        ended = self.is_ended(columns)
        numbers = np.empty(len(codes), dtype=np.int32)
        # known by what the role sees and what is really there; neighbours have the same head
        keys = codes if heads is None else heads * self.plan.space.size + codes
        if ended.any():
            numbers[ended] = -1 - self.ended.number(codes[ended])[0]
            open_ = ~ended
            numbers[open_], new = stage.known.number(keys[open_])
        else:
            numbers, new = stage.known.number(keys)
        if len(new):
            stage.fresh.append(new)
        return numbers

    def is_ended(self, columns: Columns) -> NDArray[np.bool_]:
        projection, table = self.plan.ends
        return table[projection.points(columns)]

    def normalise(self, codes: Codes) -> tuple[Codes, Columns]:
        """Put back to its first value what no longer matters; return the states' codes and columns."""
        columns = self.plan.space.decode(codes)
        for variable, projection, change in self.plan.forget:
            shift = change[projection.points(columns)]
            moved = shift != 0
            if moved.any():
                codes = codes + shift
                columns[variable, moved] = 0
        return codes, columns

    def expand(self, k: int) -> None:
        stage = self.stages[k]
        fresh, stage.fresh = stage.fresh, []
        for codes in fresh:
            # what stems from one block stays in one, so that the nodes of a group are numbered together
            size = BLOCK if stage.head is None else max(len(codes), 1)
            for low in range(0, len(codes), size):
                self.expand_block(k, codes[low : low + size])

    def expand_block(self, k: int, codes: Codes) -> None:
        stage, space = self.stages[k], self.plan.space
        heads = None
        if stage.head is not None:
            heads, codes = np.divmod(codes, space.size)
        columns = space.decode(codes)
        options = stage.plan.options
        legal = np.ones((len(codes), len(options)), dtype=bool)
        # what is legal depends on what the role sees
        before = codes if stage.head is None else _join(stage.head.known.codes, np.int64)[heads]
        seen = columns if stage.head is None else space.decode(before)
        for j, option in enumerate(options):
            if option.legal is not None:
                projection, table = option.legal
                legal[:, j] = table[projection.points(seen)]
        self.check_legal(k, before, legal)
        node, arc_option = np.nonzero(legal)
        results = np.array([len(option.effects) for option in options], dtype=np.int64)
        first_branch = np.cumsum(results[arc_option]) - results[arc_option]
        arc_class = np.zeros(len(node), dtype=np.int32)
        targets = np.empty(int(results[arc_option].sum()), dtype=np.int64)
        for j, option in enumerate(options):
            everywhere = option.legal is None
            at = slice(None) if everywhere else legal[:, j]
            mine = np.flatnonzero(arc_option == j)
            if not len(mine):
                continue
            here, here_columns = codes[at], columns if everywhere else columns[:, at]
            arc_class[mine] = option.bundle_of_point[option.projection.points(here_columns)]
            for b, effects in enumerate(option.effects):
                target = here
                for effect in effects:
                    points = effect.projection.points(here_columns)
                    if not effect.valid.all() and not effect.valid[points].all():
                        self.out_of_range(option, here[~effect.valid[points]][0])
                    target = target + effect.delta[points]
                targets[first_branch[mine] + b] = target
        following = (k + 1) % len(self.stages)
        self.branches += len(targets)
        if self.branches > MAX_BRANCHES:
            raise InputError(f"the game has more than {MAX_BRANCHES:,} moves from reachable states")
        stage.arc_counts.append(legal.sum(axis=1).astype(np.int32))
        stage.arc_option.append((arc_option + self.first_option[k]).astype(np.int32))
        stage.arc_class.append(arc_class)
        if self.stages[following].head is None:
            source = None
        else:
            # nodes of the first role are expanded in the order of their numbers
            own = np.arange(stage.expanded, stage.expanded + len(codes)) if heads is None else heads
            source = np.repeat(own[node], results[arc_option])
        stage.expanded += len(codes)
        stage.branch_next.append(self.reach(following, *self.normalise(targets), source))

    def describe(self, code: int) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.plan.space.labels(int(code)).items())

    def check_legal(self, k: int, codes: Codes, legal: NDArray[np.bool_]) -> None:
        stuck = ~legal.any(axis=1)
        if stuck.any():
            self.problems.setdefault(
                f"stuck {k}",
                self.origins.problem(
                    ("stages", k),
                    f"no option is legal in the reachable state: {self.describe(codes[stuck][0])}",
                    "give `hold` without a `when`",
                ),
            )

    def out_of_range(self, option: OptionPlan, code: int) -> None:
        self.problems.setdefault(
            f"range {option.path}",
            self.origins.problem(
                option.path,
                f"`{option.name}` sets a variable to none of its values in the reachable state: {self.describe(code)}",
                "forbid it there with `when`",
            ),
        )

    def assemble(self) -> tuple[Graph, Layout]:
        plan, stages = self.plan, self.stages
        counts = [stage.known.count for stage in stages]
        node_ptr = np.cumsum([0, *counts]).astype(np.int32)
        size = plan.space.size
        codes = _join([c if s.head is None else c % size for s in stages for c in s.known.codes], np.int64)
        group_at, group_ptr = self.groups(node_ptr)
        first_codes = _join(stages[0].known.codes, np.int64)
        end_codes = _join(self.ended.codes, np.int64)
        end_class, pay_bundle, pay_rows, outcome = self.classify(first_codes, end_codes)
        nodes, ends = int(node_ptr[-1]), len(pay_bundle) - counts[0]
        arc_counts, nexts = [], []
        for k, stage in enumerate(stages):
            had = _taken(stage.arc_counts, np.int32)
            arc_counts.append(np.concatenate([had, np.zeros(counts[k] - len(had), dtype=np.int32)]))
            # the next stage's nodes, or the carries behind nodes and ended classes
            base = np.int32(node_ptr[k + 1] if k + 1 < len(stages) else nodes + ends)
            for local in stage.branch_next:
                over = local < 0
                if over.any():
                    local[over] = nodes + end_class[-1 - local[over]]
                local[~over] += base
            nexts.append(_taken(stage.branch_next, np.int32))
        arc_option = _taken([part for stage in stages for part in _emptied(stage.arc_option)], np.int32)
        arc_class = _taken([part for stage in stages for part in _emptied(stage.arc_class)], np.int32)
        arc_ptr = np.concatenate([[0], np.cumsum(_join(arc_counts, np.int32))]).astype(np.int32)
        options = tuple((k, option) for k, stage in enumerate(plan.stages) for option in stage.options)
        results = np.array([len(option.effects) for _, option in options], dtype=np.int32)
        branch_ptr = np.concatenate([[0], np.cumsum(results[arc_option])]).astype(np.int32)
        bundles = _Bundles(options, arc_option, arc_class)
        del arc_class
        active = np.array([stage.active for stage in stages], dtype=np.int32).T
        graph = Graph(
            steps=self.steps,
            stage_role=np.array([stage.role for stage in plan.stages], dtype=np.int32),
            node_ptr=node_ptr,
            active=np.ascontiguousarray(active),
            codes=codes,
            arc_ptr=arc_ptr,
            arc_option=arc_option,
            arc_bundle=bundles.arc_bundle,
            branch_ptr=branch_ptr,
            branch_next=_taken(nexts, np.int32),
            branch_row=bundles.branch_rows(branch_ptr),
            pay_bundle=pay_bundle,
            outcome=outcome,
            end_codes=end_codes,
            end_class=end_class,
            start=0,
            stage_width=_widths(plan),
            group_at=group_at,
            group_ptr=group_ptr,
            stage_otherwise=_otherwise(plan),
        )
        layout = Layout(
            options=options,
            bundle_option=bundles.bundle_option,
            bundle_class=bundles.bundle_class,
            chance_option=bundles.chance[0],
            chance_class=bundles.chance[1],
            chance_branch=bundles.chance[2],
            pay_rows=pay_rows,
        )
        return graph, layout

    def groups(self, node_ptr: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return where the groups of nodes lie that a role cannot tell apart."""
        at, parts, total = np.full(len(self.stages), -1, dtype=np.int32), [], 0
        for k, stage in enumerate(self.stages):
            if stage.head is None:
                continue
            heads = _join(stage.known.codes, np.int64) // self.plan.space.size
            ends = np.searchsorted(heads, np.arange(stage.head.known.count + 1))
            at[k] = total
            total += len(ends)
            parts.append(ends + node_ptr[k])
        return at, _join(parts, np.int32)

    def classify(self, first_codes: Codes, end_codes: Codes) -> tuple[NDArray[np.int32], ...]:
        """Give first-stage and ended states their payoff rows and outcomes, and merge ended states that agree."""
        plan = self.plan
        rows, outcome = [], []
        projection, table = plan.outcome_of
        for low in range(0, len(first_codes) + len(end_codes), BLOCK):
            block = _slice_two(first_codes, end_codes, low, low + BLOCK)
            columns = plan.space.decode(block)
            outcome.append(table[projection.points(columns)])
            rows.append(
                np.stack([one.formula.row_of_point[one.formula.projection.points(columns)] for one in plan.terms])
                if plan.terms
                else np.zeros((0, len(block)), dtype=np.int32)
            )
        joint = np.concatenate(rows, axis=1)
        outcomes = _join(outcome, np.int32)
        classes, pay_rows = _distinct_columns(joint)
        split = len(first_codes)
        end_key = classes[split:].astype(np.int64) * (len(plan.outcomes) + 1) + outcomes[split:] + 1
        if not self.merge:
            end_key = np.arange(len(end_codes))
        _, first, end_class = np.unique(end_key, return_index=True, return_inverse=True)
        pay_bundle = np.concatenate([classes[:split], classes[split:][first]]).astype(np.int32)
        merged_outcome = np.concatenate([outcomes[:split], outcomes[split:][first]]).astype(np.int32)
        return end_class.astype(np.int32), pay_bundle, pay_rows, merged_outcome


class _Bundles:
    """Numbers the rows of the tables of costs and probabilities that are really used."""

    def __init__(
        self, options: tuple[tuple[int, OptionPlan], ...], arc_option: NDArray[np.int32], arc_class: NDArray[np.int32]
    ) -> None:
        self.options = options
        sizes = [option.bundle_rows.shape[1] for _, option in options]
        base = np.cumsum([0, *sizes]).astype(np.int64)
        # a game has far fewer kinds of arc than arcs
        key = base.astype(np.int32)[arc_option] + arc_class
        used = np.zeros(int(base[-1]), dtype=bool)
        used[key] = True
        self.arc_bundle = (np.cumsum(used) - 1).astype(np.int32)[key]
        keys = np.flatnonzero(used)
        self.bundle_option = (np.searchsorted(base, keys, side="right") - 1).astype(np.int32)
        self.bundle_class = (keys - base[self.bundle_option]).astype(np.int32)
        results = np.array([len(option.chance) for _, option in options], dtype=np.int64)[self.bundle_option]
        self.first_row = 1 + np.cumsum(results) - results
        self.first_row[results == 0] = 0
        bundle = np.repeat(np.arange(len(keys)), results)
        inside = np.arange(len(bundle)) - np.repeat(np.cumsum(results) - results, results)
        head = np.array([-1], dtype=np.int32)
        self.chance = (
            np.concatenate([head, self.bundle_option[bundle]]),
            np.concatenate([head, self.bundle_class[bundle]]),
            np.concatenate([head, inside.astype(np.int32)]),
        )
        self.stochastic = results > 0

    def branch_rows(self, branch_ptr: NDArray[np.int32]) -> NDArray[np.int32]:
        rows = np.zeros(int(branch_ptr[-1]), dtype=np.int32)
        chance = np.flatnonzero(self.stochastic[self.arc_bundle])
        first, place = self.first_row[self.arc_bundle[chance]].astype(np.int32), branch_ptr[chance]
        counts = branch_ptr[chance + 1] - place
        for inside in range(int(counts.max(initial=0))):
            more = counts > inside
            rows[place[more] + inside] = first[more] + inside
        return rows


def _otherwise(plan: Plan) -> NDArray[np.int32]:
    """Return the number of the option that a role takes without an occasion, stage by stage; -1: it always has one."""
    first, found = 0, []
    for stage in plan.stages:
        found.append(first + stage.otherwise if stage.occasion is not None else -1)
        first += len(stage.options)
    return np.array(found, dtype=np.int32)


def _widths(plan: Plan) -> NDArray[np.int32]:
    """Return how many roles choose at once, at the first of their turns; zero at the others."""
    turns = [stage.turn for stage in plan.stages] + [0]
    width = np.zeros(len(plan.stages), dtype=np.int32)
    for k in range(len(plan.stages)):
        if turns[k] == 0:
            width[k] = next(j for j in range(1, len(turns) - k) if turns[k + j] == 0)
    return width


def _emptied(parts: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return what a list holds and empty it."""
    held = parts[:]
    parts.clear()
    return held


def _taken(parts: list[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    """Join arrays and empty their list, so that they do not take memory twice for longer than needed."""
    joined = _join(parts, dtype)
    parts.clear()
    return joined


def _join(parts: list[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    return np.concatenate(parts).astype(dtype, copy=False) if parts else np.zeros(0, dtype=dtype)


def _slice_two(one: Codes, two: Codes, low: int, high: int) -> Codes:
    """Return a slice of two arrays laid end to end without joining them."""
    n = len(one)
    return np.concatenate([one[low:high], two[max(low - n, 0) : max(high - n, 0)]])


def _distinct_columns(joint: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the class of each column and one column per class."""
    classes = np.zeros(joint.shape[1], dtype=np.int64)
    for member in joint:
        key = classes * (int(member.max(initial=0)) + 1) + member
        top = int(key.max(initial=0)) + 1
        if top <= 1 << 24:
            # counting is much faster than sorting
            used = np.zeros(top, dtype=bool)
            used[key] = True
            classes = (np.cumsum(used) - 1)[key]
        else:
            _, classes = np.unique(key, return_inverse=True)
    count = int(classes.max(initial=-1)) + 1
    first = np.zeros(count, dtype=np.int64)
    first[classes[::-1]] = np.arange(len(classes))[::-1]
    return classes.astype(np.int32), np.ascontiguousarray(joint[:, first])


def build(plan: Plan, steps: int, origins: Origins, merge: bool = True) -> tuple[Graph, Layout]:
    """Search the reachable states of a game and lay them out.

    Parameters
    ----------
    plan : Plan
    steps : int
        Number of steps, at least one.
    origins : Origins
        Where the theory is written, for messages.
    merge : bool
        Merge ended states that agree on payoffs and outcome; otherwise each is a class of its own.

    Returns
    -------
    graph : Graph
    layout : Layout

    Raises
    ------
    InputError
        A stage without a legal option, or a value set beyond its variable's range, in a reachable state.
    """
    return _Search(plan, steps, merge, origins).run()
