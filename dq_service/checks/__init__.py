"""The functions that rules name, a module a subject: a check and its repair stand together.

A module may define `marks(part, context)`: one look at a part that tells which of its rules have anything to find.
"""

from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Final

from dq_service.checks import (
    address,
    arrangement,
    articles,
    canada,
    contact,
    coordinates,
    country,
    identifiers,
    items,
    place,
    points,
    recipients,
    schedule,
    status,
    text,
)

SUBJECTS: Final[Mapping[str, ModuleType]] = MappingProxyType(
    {
        "text": text,
        "arrangement": arrangement,
        "place": place,
        "address": address,
        "contact": contact,
        "recipients": recipients,
        "articles": articles,
        "items": items,
        "identifiers": identifiers,
        "schedule": schedule,
        "status": status,
        "country": country,
        "canada": canada,
        "points": points,
        "coordinates": coordinates,
    }
)
