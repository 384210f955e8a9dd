"""The functions that rules name, a module a subject: a check and its repair stand together.

A module may define `marks(part, context)`: one look at a part that tells which of its rules have anything to find.
At the parts that it names in `PARTS` it looks for all subjects, so that each of these parts is looked at once.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType, ModuleType
from typing import Final

from dq_service.checks import (
    address,
    address_lines,
    articles,
    canada,
    canadian_arrangement,
    contact,
    coordinates,
    country,
    duplicates,
    emails,
    identifiers,
    instants,
    instructions,
    items,
    kind,
    line,
    party,
    phones,
    place,
    place_fields,
    place_lines,
    plain_address,
    points,
    recipients,
    required,
    schedule,
    status,
    strays,
    text,
    whole_order,
)
from dq_service.context import Context
from dq_service.order import Part

SUBJECTS: Final[Mapping[str, ModuleType]] = MappingProxyType(
    {
        "text": text,
        "whole_order": whole_order,
        "place_fields": place_fields,
        "place_lines": place_lines,
        "address_lines": address_lines,
        "place": place,
        "address": address,
        "party": party,
        "contact": contact,
        "phones": phones,
        "emails": emails,
        "recipients": recipients,
        "required": required,
        "line": line,
        "articles": articles,
        "items": items,
        "identifiers": identifiers,
        "instants": instants,
        "schedule": schedule,
        "status": status,
        "kind": kind,
        "instructions": instructions,
        "strays": strays,
        "duplicates": duplicates,
        "country": country,
        "canada": canada,
        "canadian_arrangement": canadian_arrangement,
        "points": points,
        "coordinates": coordinates,
    }
)

# One look at a part before all others, by the path of the part: the subjects that would see nothing there.
SPARED: Final[Mapping[str, Callable[[Part, Context], frozenset[str]]]] = MappingProxyType(
    dict.fromkeys(("ship_to.address", "ship_from.address", "bill_to.address", "stops[*].address"), plain_address.spared)
)
