"""How often somebody may ask: so many times a second, and after a pause as many at once."""

from collections.abc import Callable, Hashable
from time import monotonic
from typing import Final

MOST: Final = 20_000  # names that are remembered; then those that have waited long enough are forgotten


class Limit:
    """A leaky bucket for each name: one number, the instant at which it will have run empty (GCRA)."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = monotonic) -> None:
        """`rate` a second, and `burst` of them at once (1 at least)."""
        self._each = 1 / rate
        self._room = max(burst, 1.0) * self._each + 1e-9
        self._clock = clock
        self._empty_at: dict[Hashable, float] = {}

    def wait(self, name: Hashable) -> float:
        """0 where this time is taken and counted; else seconds until the next would be."""
        now = self._clock()
        empty_at = self._empty_at.get(name, 0.0)
        filled = (empty_at if empty_at > now else now) + self._each
        wait = filled - now - self._room
        if wait > 0:
            return wait
        if name not in self._empty_at and len(self._empty_at) >= MOST:
            self._forget(now)
        self._empty_at[name] = filled
        return 0.0

    def waits(self, name: Hashable) -> float:
        """What `wait` would say, without counting."""
        now = self._clock()
        return max(0.0, max(self._empty_at.get(name, 0.0), now) + self._each - now - self._room)

    def forget(self, name: Hashable) -> None:
        """As if that name had never asked."""
        self._empty_at.pop(name, None)

    def _forget(self, now: float) -> None:
        kept = {name: at for name, at in self._empty_at.items() if at > now}
        while len(kept) >= MOST:  # all of them busy: the first go
            kept.pop(next(iter(kept)))
        self._empty_at = kept
