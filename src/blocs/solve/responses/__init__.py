"""How noise turns a difference of values into the probability of a choice between two options.

A response is put together from two small parts: the law of the noise (`Normal`, `Logistic`) and where the noise comes
from (`AgentError` at each option, `PrivatePayoffs` at each end of the game).
"""

from blocs.solve.responses.noise import Logistic, Noise, Normal
from blocs.solve.responses.structure import AgentError, PrivatePayoffs, Structure

__all__ = ["AgentError", "Logistic", "Noise", "Normal", "PrivatePayoffs", "Structure"]
