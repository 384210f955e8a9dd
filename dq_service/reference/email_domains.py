"""What is known of e-mail: domains of providers, relays and throw-away addresses, and names of shared mailboxes."""

from functools import lru_cache
from typing import Final, Literal, cast

from rapidfuzz.distance import OSA

from dq_service.reference.tables import Row, Rows

DomainKind = Literal["provider", "relay", "disposable", ""]
SHORT: Final = 5  # a provider's name of fewer letters (aol, msn, cox) is near too much: only its ending may be wrong
_LONGEST: Final = 253  # characters of a domain (RFC 1035)


class EmailDomains:
    """Well-known domains, most used first, and local parts that are a role rather than a person."""

    __slots__ = ("_kinds", "_providers", "is_ordinary", "near", "roles")

    def __init__(self, domains: Rows, roles: Rows) -> None:
        self._kinds: dict[str, DomainKind] = {domain: cast(DomainKind, kind) for domain, kind in domains}
        self._providers: tuple[Row, ...] = tuple(
            (domain, domain.partition(".")[0]) for domain, kind in self._kinds.items() if kind == "provider"
        )
        self.roles = frozenset(local for (local,) in roles)
        self.near = lru_cache(maxsize=4096)(self._near)
        self.is_ordinary = lru_cache(maxsize=4096)(self._is_ordinary)

    def kind(self, domain: str) -> DomainKind:
        """`provider`, `relay` (forwards to a buyer it does not show) or `disposable`; `""` for any other domain."""
        if len(domain) > _LONGEST:
            return ""
        domain = domain.lower()
        found = self._kinds.get(domain)
        while found is None and domain.count(".") > 1:  # mail.yopmail.com is yopmail.com's
            domain = domain.partition(".")[2]
            found = self._kinds.get(domain)
            if found == "provider":
                return ""
        return found or ""

    def is_role(self, local_part: str) -> bool:
        """Whether a local part is a function's mailbox (`info`, `receiving`), a tag after `+` aside."""
        return local_part.partition("+")[0].lower() in self.roles

    def _is_ordinary(self, domain: str) -> bool:
        """Whether a domain is a provider's, or somebody's own that is not one slip away from a provider's."""
        return self.kind(domain) in ("provider", "") and not self.near(domain)

    def _near(self, domain: str) -> tuple[str, ...]:
        """Providers whose domain is one slip away from an unknown one, most used first; empty for a known domain.

        `gmial.com` and `gmail,com` give `("gmail.com",)`, so do `gmailcom` and `gmail`. In names of up to four
        letters only swapped letters, or a slip in the ending, count (`alo.com`, `aol.con`): `acl.com` is somebody's
        own.
        """
        domain = domain.lower().strip()
        if self.kind(domain):
            return ()
        name = domain.replace(",", ".").partition(".")[0]
        return tuple(
            provider
            for provider, own in self._providers
            if (domain == own and len(own) >= SHORT)
            or (
                abs(len(provider) - len(domain)) <= 1
                and OSA.distance(provider, domain, score_cutoff=1) == 1
                and (len(own) >= SHORT or name in (own, provider.replace(".", "")) or _swapped(name, own))
            )
        )[:5]


def _swapped(name: str, own: str) -> bool:
    return len(own) > 2 and sorted(name) == sorted(own)
