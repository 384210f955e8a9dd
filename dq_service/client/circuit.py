"""The circuit: after so many failures in a row nobody is made to wait for the service, but for one who tries it."""

import threading
from typing import Final

THRESHOLD: Final = 5  # failures in a row that open it
FIRST_REST, LONGEST_REST = 1.0, 30.0  # seconds between two tries while it is open


class Circuit:
    """Closed while the service answers. Open, it lets one call through each time that its rest is over.

    Instants are seconds of a clock that only goes forward. Safe to share between threads.
    """

    def __init__(self, threshold: int = THRESHOLD) -> None:
        self._threshold = threshold
        self._lock = threading.Lock()
        self._failures = 0
        self._rest = FIRST_REST
        self._until = 0.0

    @property
    def open(self) -> bool:
        """Whether the service is believed to be away."""
        return self._failures >= self._threshold

    def resting(self, now: float) -> bool:
        """Whether nobody may ask just now."""
        return self.open and now < self._until

    def wait(self, now: float) -> float:
        """Seconds until one may ask; 0 for a call that goes through, and which then is the one that tries."""
        with self._lock:
            if not self.open:
                return 0.0
            if now < self._until:
                return self._until - now
            self._until = now + self._rest
            self._rest = min(self._rest * 2, LONGEST_REST)
            return 0.0

    def failed(self, now: float, retry_after: float = 0.0) -> None:
        """Nobody answered, or only to say that it cannot now."""
        with self._lock:
            self._failures += 1
            if self._failures == self._threshold:
                self._rest = FIRST_REST
                self._until = now + FIRST_REST
            self._until = max(self._until, now + min(retry_after, LONGEST_REST))

    def succeeded(self) -> None:
        """The service answered."""
        with self._lock:
            self._failures = 0
