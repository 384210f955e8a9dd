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
