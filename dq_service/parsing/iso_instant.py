"""An instant in the one form that the contract wants: ISO 8601 with its offset."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_PLAIN: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)", re.A)


@lru_cache(maxsize=8192)
def plain(text: str) -> datetime | None:
    """The instant of a text in that form; None for any other, also for one that leaves the calendar in some zone."""
    if not _PLAIN.fullmatch(text):
        return None
    try:
        instant = datetime.fromisoformat(text)
        instant.timestamp()
    except (ValueError, OverflowError):
        return None
    return instant


@lru_cache(maxsize=256)
def utc(text: str) -> datetime | None:
    """The same as the clock in UTC shows it, without a zone: such are compared at a tenth of the price of instants
    with their offsets. Few are remembered: an order's own are asked for twice, and windows are at the same hours.
    """
    if not _PLAIN.fullmatch(text):
        return None
    zone = -1 if text[-1] == "Z" else -6
    try:
        return datetime.fromisoformat(text[:zone]) - _offset(text[zone:])
    except ValueError:
        return None
    except OverflowError:  # past an end of the calendar there
        return datetime.min if text < "5" else datetime.max


@lru_cache(maxsize=256)
def _offset(zone: str) -> timedelta:
    return datetime.fromisoformat(f"2000-01-01T00:00{zone}").utcoffset() or timedelta()


@lru_cache(maxsize=64)
def utc_of(instant: datetime) -> datetime:
    """An aware instant as the clock in UTC shows it; remembered for `as_of`, which all orders of a run share."""
    return instant.astimezone(UTC).replace(tzinfo=None)
