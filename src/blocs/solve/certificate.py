"""The certificate that every numerical answer carries: how far it is from the conditions that define it."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Certificate:
    """What was checked about a solution after it was found.

    Parameters
    ----------
    residual : float
        Largest absolute difference between a choice probability and the logit response to the values that the
        solution itself implies; computed anew from the answer, not taken from the solver's own stopping rule.
    probability_sum : float
        Sum of the probabilities of all outcomes (or ends of play); one, up to rounding.
    iterations : int
        Sweeps, Newton steps or backward passes that were made.
    starts_agree : bool or None
        Whether other starting points led to the same solution; ``None`` when the solution is known to be
        unique or when only one start was tried (the message tells which).
    message : str
        What happened, in a sentence.
    """

    residual: float
    probability_sum: float
    iterations: int = 0
    starts_agree: bool | None = None
    message: str = ""

    def to_json(self) -> dict[str, float | int | bool | str | None]:
        """Return the certificate as plain values, for ``--json``."""
        return asdict(self)

    def __str__(self) -> str:
        """Render in one line: residual, probability sum, and the sentence."""
        checked = f"residual {self.residual:.1e}, outcomes sum to 1 {self.probability_sum - 1:+.1e}"
        return f"{checked}; {self.message}" if self.message else checked
