"""How often a caller may ask: an allowance that refills evenly and needs one number per caller."""

from dataclasses import dataclass

from shared.runtime import Clock

_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether this request is within the allowance. Times are seconds from now."""

    allowed: bool
    quota: int
    window: int
    remaining: int
    reset: int
    retry_after: int


class Allowance:
    """`quota` requests at once, refilled evenly over `window` seconds (GCRA), for each caller.

    A log of all requests of the last minute would cost memory and time for each of them; this keeps
    the moment at which the caller's allowance is full again, and forgets callers whose moment has passed.
    """

    def __init__(self, quota: int, clock: Clock, *, window: int = 60, most_callers: int = 100_000) -> None:
        self.quota = quota
        self.window = window
        self._clock = clock
        self._most_callers = most_callers
        self._spacing = window * _SECOND // quota
        self._full_at: dict[str, int] = {}

    @property
    def known(self) -> int:
        """How many callers are remembered."""
        return len(self._full_at)

    def take(self, caller: str) -> Verdict:
        """Count a request of the caller, unless it is one too many."""
        now = int(self._clock.monotonic() * _SECOND)
        full_at = max(self._full_at.get(caller, now), now)
        too_soon_by = full_at + self._spacing - self.window * _SECOND - now
        if too_soon_by > 0:
            return self._verdict(full_at - now, retry_after=_seconds(too_soon_by))
        if caller not in self._full_at and len(self._full_at) >= self._most_callers:
            self._forget(now)
        self._full_at[caller] = full_at + self._spacing
        return self._verdict(full_at + self._spacing - now)

    def _verdict(self, used: int, retry_after: int = 0) -> Verdict:
        remaining = (self.window * _SECOND - used) // self._spacing
        return Verdict(
            retry_after == 0, self.quota, self.window, min(remaining, self.quota), _seconds(used), retry_after
        )

    def _forget(self, now: int) -> None:
        waiting = {caller: at for caller, at in self._full_at.items() if at > now}
        # A flood from more addresses than can be told apart starts everybody afresh.
        self._full_at = waiting if len(waiting) < self._most_callers else {}


def _seconds(nanoseconds: int) -> int:
    return -(-nanoseconds // _SECOND)
