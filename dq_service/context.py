"""Everything besides the order that a check may look at, handed in as one frozen value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from dq_service.order import Order
from dq_service.partner import BUILT_IN, Partner
from dq_service.reference.bundle import Reference
from dq_service.reference.unavailable import Unavailable as Unavailable  # what a check may raise: its source fails


class Recent(Protocol):
    """Earlier orders of the same partner as a look-up; newest first; never the order itself."""

    def same_person(self, order: Order) -> Sequence[Order]:
        """Orders to the same recipient: same phone, or same name and postal code."""

    def same_place(self, order: Order) -> Sequence[Order]:
        """Orders to the same street address (both lines, postal code)."""

    def same_site(self, order: Order) -> Sequence[Order]:
        """Orders to the same `site_id`, or the same company and phone where there is none."""

    def earlier_version(self, order: Order) -> Order | None:
        """The last body of the same identity (account, order_id as received, shipment_id)."""

    def same_parcel(self, number: str) -> Sequence[Order]:
        """Orders that carry this SSCC or tracking number."""


EMPTY = Order({})


def never() -> bool:
    """The deadline of a call that has none."""
    return False


@dataclass(slots=True, eq=False)
class Context:
    """What a check may see besides the order.

    `as_of` is the only clock (aware, UTC). `expired` tells whether the caller's deadline has passed; the caller
    owns it. `recent` is None where no history was handed in: the rules that need it are silent. `received` is the
    order as it came, for what a repair may have taken away (the answer "none", say).
    """

    as_of: Final[datetime]
    reference: Final[Reference]
    partner: Final[Partner] = BUILT_IN
    recent: Final[Recent | None] = None
    received: Final[Order] = EMPTY
    expired: Final[Callable[[], bool]] = never
