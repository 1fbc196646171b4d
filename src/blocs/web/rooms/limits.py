"""How often something may be tried: buckets that fill up again over time, one for each who tries."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from blocs.web.refusals import Refusal

# who has not tried for longest is forgotten first; forgetting only ever lets somebody try again
MOST_REMEMBERED = 10_000


class Limit:
    """At most `times` tries in `seconds`, for each key; what is used up comes back evenly.

    Parameters
    ----------
    what : str
        What is tried too often, for the answer.
    times, seconds : int, float
    clock : callable, optional
    """

    def __init__(self, what: str, times: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.what, self.times, self.seconds, self.clock = what, times, seconds, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> None:
        """Count one try.

        Raises
        ------
        Refusal
            (429) There were too many; the answer says when to try again.
        """
        wait = self._take(key, 1.0)
        if wait > 0:
            seconds = int(wait) + 1
            raise Refusal(
                429, f"Too many {self.what} in a short time.", f"wait {seconds} seconds",
                headers={"Retry-After": str(seconds)},
            )  # fmt: skip

    def check(self, key: str) -> None:
        """Refuse like `take` where nothing is left, without counting."""
        wait = self._take(key, 0.0)
        if wait > 0:
            seconds = int(wait) + 1
            raise Refusal(
                429, f"Too many {self.what} in a short time.", f"wait {seconds} seconds",
                headers={"Retry-After": str(seconds)},
            )  # fmt: skip

    def _take(self, key: str, count: float) -> float:
        with self._lock:
            now = self.clock()
            left, then = self._left.pop(key, (float(self.times), now))
            left = min(float(self.times), left + (now - then) * self.times / self.seconds)
            short = 1.0 - left
            if short <= 1e-9:
                left -= count
                short = 0.0
            self._left[key] = (left, now)
            if len(self._left) > MOST_REMEMBERED:
                self._left.popitem(last=False)
            return short * self.seconds / self.times
