"""The functions that rules name, a module a subject: a check and its repair stand together.

A module may define `marks(part, context)`: one look at a part that tells which of its rules have anything to find.
At the parts that it names in `PARTS` it looks for all subjects, so that each of these parts is looked at once; or, with
`spared(part, context)`, it says before they look which of them would see nothing there.
"""

from collections.abc import Mapping
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

SUBJECTS: Final[Mapping[str, ModuleType]] = MappingProxyType(
    {
        "text": text,
        "whole_order": whole_order,
        "place_fields": place_fields,
        "plain_address": plain_address,
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
