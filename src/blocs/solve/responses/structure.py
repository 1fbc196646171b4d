"""Where the noise of a choice comes from, and so how large it is at a node."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from blocs.solve.responses.noise import Noise, Normal


class Structure(Protocol):
    """An error structure of choices between two options."""

    @property
    def noise(self) -> Noise:
        """Law of the noise."""
        ...

    # whether a role may move only once on any path
    needs_one_move: ClassVar[bool]

    def variance(self, own: Any, left: Any, right: Any) -> Any:
        """Return the variance of the noise in the difference between the two options.

        Parameters
        ----------
        own : array or anything with arithmetic
            Squared scale of the mover's noise.
        left, right : the same
            Sum of the squared probabilities with which each end below the option is reached from it.
        """
        ...


@dataclass(frozen=True)
class AgentError:
    """Each agent's noise comes at his own choice: one shock an option (McKelvey & Palfrey 1998).

    Parameters
    ----------
    noise : Normal or Logistic
        With `Logistic` the margin is still divided by the square root of two, so that estimates are comparable with
        those under `Normal`; they are smaller by that root than those of a common logit.
    """

    noise: Noise = field(default_factory=Normal)
    needs_one_move: ClassVar[bool] = False
    cites: ClassVar[tuple[str, ...]] = ("mckelvey1998", "signorino1999")

    def variance(self, own: Any, left: Any, right: Any) -> Any:
        """Return the variance of the difference of two shocks."""
        del left, right  # the shock comes at the option, whatever follows
        return own * 2.0


@dataclass(frozen=True)
class PrivatePayoffs:
    """Each player's payoff at each end of the game has a part that he alone knows (Signorino 2003).

    What he does not yet know is which end will be reached: his shocks count by the probabilities of the ends.
    """

    noise: Normal = field(default_factory=Normal)
    needs_one_move: ClassVar[bool] = True
    cites: ClassVar[tuple[str, ...]] = ("signorino2003",)

    def variance(self, own: Any, left: Any, right: Any) -> Any:
        """Return the variance of the difference of two probability-weighted sums of shocks."""
        return own * (left + right)
