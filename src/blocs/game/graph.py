"""The graph of a game: who can move from which state to which, with no parameter in it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Graph:
    """Nodes, arcs and branches of a game in compressed sparse rows.

    A *node* is a state at a stage; an *arc* is a legal option at a node; a *branch* is one result of an arc. Nodes are
    numbered stage by stage and, within a stage, in the order of the first step at which play can reach them: at step
    ``t`` exactly the first ``active[t, k]`` nodes of stage ``k`` matter. Behind the ``nodes`` nodes come ``ends`` ended
    classes and then one *carry* per node of the first stage: its value at the start of the next step. `branch_next`
    points into this joint numbering.

    Where several roles choose at once, each has a stage of its own here, in the order in which the choices are carried
    out. A node of a later one of these stages is a state that the earlier choices have brought, together with the state
    that all had before them, its *head*. The nodes with the same head are a *group*: the role cannot tell them apart,
    so that their choice probabilities are the same. Groups are numbered in the order of their heads.

    Attributes
    ----------
    steps : int
        Number of steps.
    stage_role : int32 array (stage,)
        Role that moves.
    node_ptr : int32 array (stage + 1,)
        First node of each stage.
    active : int32 array (step + 1, stage)
        Nodes of each stage that can be reached by each step; the last row holds the states after the last step.
    codes : int64 array (node,)
        State of each node (see `blocs.game.space.Space`).
    arc_ptr : int32 array (node + 1,)
        First arc of each node. Nodes reached only after the last step have none, unless the game has no last step.
    arc_option : int32 array (arc,)
        Option, numbered through all stages.
    arc_bundle : int32 array (arc,)
        Row of the tables of costs.
    branch_ptr : int32 array (arc + 1,)
        First branch of each arc.
    branch_next : int32 array (branch,)
        Where it leads.
    branch_row : int32 array (branch,)
        Row of the table of probabilities; row 0 is certainty.
    pay_bundle : int32 array (first-stage node + ended class,)
        Row of the table of payoffs.
    outcome : int32 array (first-stage node + ended class,)
        Outcome, if play ends there; -1 where none applies.
    end_codes : int64 array (ended state,)
        Ended states before merging.
    end_class : int32 array (ended state,)
        Class that each of them was merged into.
    start : int
        Node at which play begins.
    stage_width : int32 array (stage,)
        How many roles choose at once, at the stage of the first of them; one where a role chooses alone; zero at the
        stages of the other roles.
    group_at : int32 array (stage,)
        Where the groups of a stage of width zero begin in `group_ptr`; -1 elsewhere.
    group_ptr : int32 array
        For each such stage, the first node of the group of each head, and where the last group ends.
    stage_otherwise : int32 array (stage,)
        Option that the role takes where it has no occasion to choose; -1 at stages at which it always has one.
    """

    steps: int
    stage_role: Ints
    node_ptr: Ints
    active: Ints
    codes: NDArray[np.int64]
    arc_ptr: Ints
    arc_option: Ints
    arc_bundle: Ints
    branch_ptr: Ints
    branch_next: Ints
    branch_row: Ints
    pay_bundle: Ints
    outcome: Ints
    end_codes: NDArray[np.int64]
    end_class: Ints
    start: int
    stage_width: Ints
    group_at: Ints
    group_ptr: Ints
    stage_otherwise: Ints

    @property
    def joint(self) -> bool:
        """Whether several roles choose at once anywhere."""
        return bool((self.stage_width != 1).any())

    @property
    def stages(self) -> int:
        """Number of stages within a step."""
        return len(self.stage_role)

    @property
    def nodes(self) -> int:
        """Number of open nodes, over all stages."""
        return len(self.codes)

    @property
    def ends(self) -> int:
        """Number of ended classes."""
        return len(self.pay_bundle) - self.first_stage

    @property
    def first_stage(self) -> int:
        """Number of nodes of the first stage."""
        return int(self.node_ptr[1])

    @property
    def slots(self) -> int:
        """Number of nodes, ended classes and carries together."""
        return self.nodes + self.ends + self.first_stage

    @property
    def arcs(self) -> int:
        """Number of arcs."""
        return len(self.arc_option)

    @property
    def branches(self) -> int:
        """Number of branches."""
        return len(self.branch_next)

    @property
    def most_arcs(self) -> int:
        """Largest number of arcs at any node."""
        return int(np.max(np.diff(self.arc_ptr), initial=1))

    @property
    def reachable(self) -> int:
        """Number of open (step, stage, state) nodes that play can reach, plus the states after the last step."""
        return int(self.active[:-1].sum() + self.active[-1, 0])

    @property
    def solved_arcs(self) -> int:
        """Number of arcs that one solution visits over all steps."""
        total = 0
        for t in range(self.steps):
            for k in range(self.stages):
                first = int(self.node_ptr[k])
                total += int(self.arc_ptr[first + int(self.active[t, k])]) - int(self.arc_ptr[first])
        return total

    @property
    def bytes(self) -> int:
        """Memory of the arrays."""
        return sum(getattr(self, one.name).nbytes for one in fields(self) if one.name not in ("steps", "start"))

    def node_of(self, stage: int, code: int) -> int:
        """Return the node of a state at a stage, or -1."""
        first, last = int(self.node_ptr[stage]), int(self.node_ptr[stage + 1])
        found = np.flatnonzero(self.codes[first:last] == code)
        return first + int(found[0]) if len(found) else -1

    def stage_of(self, node: int) -> int:
        """Return the stage of a node."""
        return int(np.searchsorted(self.node_ptr, node, side="right")) - 1

    def head_stage(self, stage: int) -> int:
        """Return the stage of the first of the roles that choose at once; the stage itself where a role is alone."""
        while self.stage_width[stage] == 0:
            stage -= 1
        return stage

    def head_of(self, node: int) -> int:
        """Return the node whose state the mover sees: the node itself, or the head of its group."""
        stage = self.stage_of(node)
        head = self.head_stage(stage)
        if head == stage:
            return node
        at = int(self.group_at[stage])
        count = int(self.node_ptr[head + 1]) - int(self.node_ptr[head])
        local = int(np.searchsorted(self.group_ptr[at : at + count + 1], node, side="right")) - 1
        return int(self.node_ptr[head]) + local

    def group_of(self, stage: int, head: int) -> range:
        """Return the nodes of a stage that have the given head; at a stage of width above zero the head alone."""
        if self.stage_width[stage] > 0:
            return range(head, head + 1)
        place = int(self.group_at[stage]) + head - int(self.node_ptr[self.head_stage(stage)])
        return range(int(self.group_ptr[place]), int(self.group_ptr[place + 1]))

    def arcs_of(self, node: int) -> range:
        """Return the arcs of a node."""
        return range(int(self.arc_ptr[node]), int(self.arc_ptr[node + 1]))

    def branches_of(self, arc: int) -> range:
        """Return the branches of an arc."""
        return range(int(self.branch_ptr[arc]), int(self.branch_ptr[arc + 1]))

    def __repr__(self) -> str:
        """Summarise the size."""
        return (
            f"Graph({self.steps} steps, {self.stages} stages, {self.nodes:,} nodes, {self.ends} ended classes, "
            f"{self.arcs:,} arcs, {self.branches:,} branches)"
        )
