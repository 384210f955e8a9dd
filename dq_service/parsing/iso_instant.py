"""An instant in the one form that the contract wants: ISO 8601 with its offset."""

import re
from datetime import datetime
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


@lru_cache(maxsize=8192)
def seconds(text: str) -> float | None:
    """The same in seconds since 1970, which are compared at a tenth of the price of instants with their offsets."""
    if not _PLAIN.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=64)
def seconds_of(instant: datetime) -> float:
    """An aware instant in seconds since 1970; remembered for `as_of`, which all orders of a run share."""
    return instant.timestamp()
