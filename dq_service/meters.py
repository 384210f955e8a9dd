"""What a running service counts of itself: numbers that only go up, and how long or how large things were.

A count costs a tenth of a microsecond, so it may stand on the way of every order. Whose numbers they are (which
partner, which order) is never a label: labels are ours, and few.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

Labels: TypeAlias = tuple[str, ...]


class Counter:
    """Numbers by labels, each only going up."""

    def __init__(self, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        self.name: Final = name
        self.meaning: Final = meaning
        self.labels: Final = tuple(labels)
        self.values: Final[dict[Labels, float]] = {}

    def add(self, labels: Labels = (), by: float = 1) -> None:
        """So much more under these labels."""
        values = self.values
        values[labels] = values.get(labels, 0) + by


class Histogram:
    """How often a measure was at most each bound, by labels; and the sum of all."""

    def __init__(self, name: str, meaning: str, bounds: Sequence[float], labels: Sequence[str] = ()) -> None:
        self.name: Final = name
        self.meaning: Final = meaning
        self.bounds: Final = tuple(bounds)
        self.labels: Final = tuple(labels)
        self.values: Final[dict[Labels, list[float]]] = {}  # how often between two bounds, above the last, and the sum

    def add(self, measure: float, labels: Labels = ()) -> None:
        """One measure more."""
        found = self.values.get(labels)
        if found is None:
            found = self.values[labels] = [0.0] * (len(self.bounds) + 2)
        found[bisect_left(self.bounds, measure)] += 1
        found[-1] += measure


SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
MICROS: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0)
SIZES: Final = (1, 2, 4, 8, 16, 32, 64)


class Meters:
    """One worker's counts. Any thread of it may count: one that is lost to a race is no harm."""

    def __init__(self) -> None:
        by_route = ("route", "method")
        self.requests = Counter("dq_requests", "Requests answered.", (*by_route, "status"))
        self.request_seconds = Histogram(
            "dq_request_seconds", "From a request's head to the end of its answer.", SECONDS, by_route
        )
        self.check_seconds = Histogram("dq_check_seconds", "One order checked by the engine.", MICROS)
        self.revisions = Counter("dq_order_revisions", "Revisions of kept orders.", ("verdict", "action"))
        self.groups = Histogram("dq_ledger_group_size", "Commands that were written in one transaction.", SIZES)
        self.deliveries = Counter("dq_webhook_attempts", "Attempts to deliver an event to a webhook.", ("state",))
        self.refused = Counter("dq_connections_refused", "Connections that were closed unasked.", ("why",))

    @property
    def all(self) -> Sequence[Counter | Histogram]:
        """Every one of them."""
        found = vars(self).values()
        return tuple(one for one in found if isinstance(one, Counter | Histogram))

    def state(self) -> dict[str, Any]:
        """All that was counted, as JSON."""
        return {one.name: [[list(labels), value] for labels, value in list(one.values.items())] for one in self.all}

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Goes on from what another had counted, as `state` gave it."""
        for one in self.all:
            for labels, value in state.get(one.name, ()):
                _add(one, tuple(labels), value)

    def plus(self, states: Sequence[Mapping[str, Any]]) -> "Meters":
        """A new set: what was counted here and elsewhere."""
        total = Meters()
        for state in (self.state(), *states):
            total.go_on(state)
        return total


def _add(meter: Counter | Histogram, labels: Labels, value: Any) -> None:
    if isinstance(meter, Counter):
        meter.add(labels, value)
    elif len(value) == len(meter.bounds) + 2:
        found = meter.values.setdefault(labels, [0.0] * len(value))
        found[:] = [one + other for one, other in zip(found, value, strict=True)]
