"""Cursors that tell their reader nothing: the numbers behind them count what everybody sends.

The library is imported when it is first needed: it takes a tenth of a second.
"""

import base64
import os
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from dq_service.service.access import Caller
from dq_service.service.secret import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

Of = Literal["orders", "events", "deliveries", "rechecks"]

LENGTH: Final = 48  # characters of one that is sealed
_NONCE: Final = 12


class Cursors:
    """Seals places for callers who see one partner's orders only; for all others a cursor is its number.

    One that is sealed twice looks different each time: that it stays the same would tell that nobody sent anything.
    """

    def __init__(self, secret: Secret) -> None:
        self._key: Final = secret.derived("cursors")

    @cached_property
    def _cipher(self) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._key)

    def told(self, place: int, of: Of, caller: Caller) -> int | str:
        """A place as this caller is told it."""
        if caller.partner is None:
            return place
        nonce = os.urandom(_NONCE)
        sealed = self._cipher.encrypt(nonce, place.to_bytes(8, "big"), _bound(of, caller))
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def place(self, told: str, of: Of, caller: Caller) -> int:
        """The place that a caller was told. Raises ValueError for what they were not told."""
        if caller.partner is None or told == "0":  # the beginning is no secret
            if not (told.isascii() and told.isdecimal() and len(told) <= 18):
                raise ValueError("a cursor is a number")
            return int(told)
        from cryptography.exceptions import InvalidTag

        if len(told) != LENGTH:
            raise ValueError("no cursor of ours")
        try:
            raw = base64.b64decode(told, b"-_", validate=True)
            return int.from_bytes(self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], _bound(of, caller)), "big")
        except (ValueError, InvalidTag):
            raise ValueError("no cursor of theirs") from None


def _bound(of: Of, caller: Caller) -> bytes:
    return f"{of}\x1f{caller.test:d}\x1f{caller.partner}".encode("utf-8", "surrogatepass")
