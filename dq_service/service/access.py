"""Who asks, and what they may: a partner's key, a person who is signed in, or the operator of this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

Permission = Literal[
    "check",
    "orders:write",
    "orders:read",
    "events:read",
    "webhooks",
    "reviews",
    "figures",
    "rechecks",
    "admin",
    "metrics",
]
Role = Literal["reviewer", "manager", "admin", "partner"]

PERMISSIONS: Final[tuple[Permission, ...]] = get_args(Permission)
ROLES: Final[tuple[Role, ...]] = get_args(Role)
ALL: Final[frozenset[Permission]] = frozenset(PERMISSIONS)

_REVIEWER: Final[frozenset[Permission]] = frozenset({"check", "orders:read", "orders:write", "events:read", "reviews"})
MAY: Final[Mapping[Role, frozenset[Permission]]] = {
    "reviewer": _REVIEWER,
    "manager": _REVIEWER | {"figures", "rechecks"},
    "admin": ALL,
    "partner": frozenset({"orders:read", "events:read", "figures"}),  # its own only
}
# What a key may where nothing else is said; of a partner, what its systems do.
KEY_SCOPES: Final[tuple[Permission, ...]] = ("check", "orders:write", "orders:read", "events:read", "webhooks")
UNSCOPED: Final[frozenset[Permission]] = frozenset({"admin", "metrics", "rechecks", "reviews"})  # not for one partner


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `name` is `key:PREFIX`, `user:ID` or `local`; it stands in the audit log.

    `partner` is the one whose orders they see and send; None: everybody's. `test`: a test key, whose orders live in a
    realm of their own, which nobody else sees.
    """

    name: str
    may: frozenset[Permission]
    partner: str | None = None
    test: bool = False

    def sees(self, partner: str, test: bool) -> bool:
        """Whether an order of this partner, sent with a test key or not, is there for them."""
        return test is self.test and self.partner in (None, partner)

    def scope(self, partner: str) -> str:
        """Within what their Idempotency-Keys are their own: a partner's, or for that partner by whoever may for all."""
        realm = "\x1ftest" if self.test else ""
        return f"{partner}{realm}" if self.partner is not None or self.name == "local" else f"{partner}{realm}\x1fall"

    def signed(self, by: str) -> str:
        """Who did it, for the record, where they say in whose name: nobody signs with another's name alone."""
        if self.name == "local":
            return by
        return f"{self.name} ({by})" if by else self.name


LOCAL: Final = Caller("local", ALL)
