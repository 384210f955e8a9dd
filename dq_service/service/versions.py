"""Which of two bodies of one order is the newer, whether they say the same, and which order they are of."""

import hashlib
import json
import re
from datetime import UTC
from decimal import Decimal
from typing import Any, Final, Literal

import orjson

from dq_service.order import JSON
from dq_service.parsing.instant import read
from dq_service.store.kept import Identity, Version

Age = Literal["older", "same", "newer"]

UNTOLD: Final = Version()  # of a body that gives neither date nor number
HASHED: Final = "sha256:"  # what stands before the hash that an order without an id is known by
LONGEST: Final = 200  # characters of a version's number; what is longer is none
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?", re.A)
_PIECES: Final = re.compile(r"(\d+)", re.A)


def version_of(order: JSON) -> Version:
    """The sender's own version of a body: when it was updated (a time without offset counts as UTC), its number."""
    source = order.get("source")
    if type(source) is not dict:
        return UNTOLD
    stamp = source.get("updated_at")
    if type(stamp) is int or type(stamp) is float:  # seconds or milliseconds since 1970
        stamp = f"{stamp:.6f}".rstrip("0").rstrip(".")
    updated_at = read(stamp).value if type(stamp) is str and stamp else None
    if updated_at is not None:
        try:
            updated_at = updated_at.astimezone(UTC) if updated_at.tzinfo else updated_at.replace(tzinfo=UTC)
        except OverflowError:  # the calendar's first or last day, in another zone
            updated_at = None
    return Version(updated_at, _number_of(source.get("version")))


def _number_of(value: Any) -> str:
    if type(value) is float:
        value = format(Decimal(repr(value)), "f")
    text = str(value).strip() if type(value) in (str, int) else ""
    return text if len(text) <= LONGEST and text.isprintable() else ""


def compare(incoming: Version, ours: Version) -> Age:
    """Whether a version is older than ours or newer; `same` also where nothing can tell.

    By the date where both have one and they differ, else by the number: as numbers where both are, else as text in
    which runs of digits count as numbers (`v9` before `v10`).
    """
    if incoming.updated_at and ours.updated_at and incoming.updated_at != ours.updated_at:
        return "older" if incoming.updated_at < ours.updated_at else "newer"
    one, other = incoming.number, ours.number
    if not one or not other or one == other:
        return "same"
    if _NUMBER.fullmatch(one) and _NUMBER.fullmatch(other):
        difference = Decimal(one).compare(Decimal(other))
        return "older" if difference < 0 else "newer" if difference > 0 else "same"
    return "older" if _natural(one) < _natural(other) else "newer"


def _natural(text: str) -> tuple[tuple[str, int, str], ...]:
    """Text and runs of digits by turns; the text itself last, so that only equal texts are equal."""
    pieces = _PIECES.split(text)
    runs = (("", int(piece), "") if place % 2 else (piece, 0, "") for place, piece in enumerate(pieces))
    return (*runs, ("", 0, text))


def later(incoming: Version, ours: Version) -> Version:
    """The version from which others are old once a body that is not older was taken: what it does not say stays."""
    return Version(incoming.updated_at or ours.updated_at, incoming.number or ours.number)


def digest_of(order: JSON) -> str:
    """A hash of what a body says: the order of keys and the blanks between them aside."""
    try:
        text = orjson.dumps(order, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # whole numbers of more than 64 bits
        text = json.dumps(order, sort_keys=True, separators=(",", ":")).encode()
    return digest_of_bytes(text)


def digest_of_bytes(raw: bytes) -> str:
    """The hash of bytes as they are, for what is no order."""
    return hashlib.sha256(raw).hexdigest()


def identity_of(order: JSON | None, partner: str, digest: str, trial: bool = False) -> Identity:
    """What an order is known by. `partner` is the one that the caller named, else the order's own; `trial`: it comes
    with a test key.

    Without an order_id nothing ties two bodies together: it is known by its digest, as what is no order is.
    """
    if order is None:
        return Identity(partner, "", HASHED + digest, "", trial)
    received_id = _name(order.get("order_id"))
    return Identity(
        partner or _name(order.get("partner")),
        _name(order.get("account")),
        received_id if received_id.strip() else HASHED + digest,
        _name(order.get("shipment_id")),
        trial,
    )


def _name(value: Any) -> str:
    """A name as received: a text, or a number that was sent for one."""
    return value if type(value) is str else str(value) if type(value) in (int, float) else ""
