"""When something that could not be delivered is tried again: each delivery for itself, and a receiver as a whole."""

from dataclasses import dataclass
from random import Random
from typing import Final

WIDTH: Final = 8  # attempts at one receiver at a time
# Seconds before the second, third, ... attempt, as Standard Webhooks recommends: three days and three hours in all.
SCHEDULE: Final = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
SPREAD: Final = 0.5  # each of them is between half and one and a half of that
DOWN_AFTER: Final = 5  # failures in a row
PROBES: Final = (5.0, 10.0, 20.0, 40.0, 60.0)  # seconds between attempts at a receiver that is down; then the last
PROBE_SPREAD: Final = 0.2
LONG_DOWN: Final = 60.0  # seconds; after so long an outage what failed in it does not wait for its time


def wait_after(attempts: int, random: Random) -> float | None:
    """Seconds until a delivery is tried again after so many attempts; None: it is given up."""
    if attempts > len(SCHEDULE):
        return None
    return SCHEDULE[attempts - 1] * random.uniform(1 - SPREAD, 1 + SPREAD)


@dataclass(slots=True)
class Health:
    """What the last attempts tell of a receiver. Instants are in seconds of a clock that never jumps."""

    failures: int = 0  # in a row
    since: float = 0.0  # the first of them
    probes: int = 0  # since it counts as down
    quiet_until: float = 0.0
    width: int = WIDTH
    back: bool = False  # after a long outage

    @property
    def down(self) -> bool:
        """Whether it failed so often in a row that only one attempt at a time is made."""
        return self.failures >= DOWN_AFTER

    def accepted(self, now: float) -> None:
        """It took something; after an outage it is trusted step by step."""
        if self.down:
            self.back = self.back or now - self.since >= LONG_DOWN
            self.width, self.probes, self.quiet_until = 1, 0, now
        self.failures = 0
        self.width = min(2 * self.width, WIDTH)

    def failed(self, now: float, retry_after: float, random: Random) -> None:
        """It did not. How long it is left alone depends on how often, and on what it asked for (seconds)."""
        if not self.failures:
            self.since = now
        self.failures += 1
        self.quiet_until = max(self.quiet_until, now + retry_after)
        if self.down and now >= self.quiet_until:  # attempts that began together count as one
            wait = PROBES[min(self.probes, len(PROBES) - 1)]
            self.quiet_until = now + wait * random.uniform(1 - PROBE_SPREAD, 1 + PROBE_SPREAD)
            self.probes += 1

    def free(self, now: float, busy: int) -> int:
        """How many attempts may begin now, beside those that are under way."""
        if now < self.quiet_until:
            return 0
        return max((1 if self.down else self.width) - busy, 0)
