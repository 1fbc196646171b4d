"""Three well-known games as data.

Utilities are called as in the literature: ``u14`` is what player 1 gets at the fourth end, counted with the gaps that
the numbering of Signorino's diagrams leaves. Ends at which a player's utility is not named give him zero, which fixes
the origin of his payoffs.
"""

from __future__ import annotations

from blocs.fit.strategic.tree import End, Move

#: 1 ends the game (L) or leaves it to 2, who chooses left (RL) or right (RR).
EGAME12 = Move(
    "1",
    "first",
    End("L", {"1": "u11"}),
    Move("2", "second", End("RL", {"1": "u13"}), End("RR", {"1": "u14", "2": "u24"})),
)

#: 1 chooses left or right; 2 sees it and chooses left or right in either case.
EGAME122 = Move(
    "1",
    "first",
    Move("2", "second", End("LL", {"1": "u11"}), End("LR", {"1": "u12", "2": "u22"})),
    Move("2", "second", End("RL", {"1": "u13"}), End("RR", {"1": "u14", "2": "u24"})),
)

#: Three players in turn may each end the game by going left.
EGAME123 = Move(
    "1",
    "first",
    End("L", {"1": "u11"}),
    Move(
        "2",
        "second",
        End("RL", {"1": "u13", "2": "u23"}),
        Move(
            "3",
            "third",
            End("RRL", {"1": "u15", "2": "u25"}),
            End("RRR", {"1": "u16", "2": "u26", "3": "u36"}),
        ),
    ),
)
