"""The functions that rules name, a module a subject: a check and its repair stand together.

A module may define `marks(part, context)`: one look at a part that tells which of its rules have anything to find.
"""

from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Final

from dq_service.checks import address, arrangement, place, text

SUBJECTS: Final[Mapping[str, ModuleType]] = MappingProxyType(
    {
        "text": text,
        "arrangement": arrangement,
        "place": place,
        "address": address,
    }
)
