"""The parts of a payload: their paths, what stands around one, and which field of the order a name means."""

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any, Final

from dq_service.fields import join
from dq_service.intake.headings import PLAIN, meanings, squashed
from dq_service.intake.saying import NOTHING
from dq_service.order import JSON, Order

_SURE: Final = PLAIN - 20  # how surely a name must mean a field before its value counts as overlooked


def containers(value: Any, path: str) -> Iterator[tuple[int, str]]:
    """The objects and lists of a payload by their identity, and their paths."""
    if type(value) is dict:
        yield id(value), path
        for key, inner in value.items():
            if type(inner) is dict or type(inner) is list:
                yield from containers(inner, join(path, key))
    elif type(value) is list:
        yield id(value), path
        for place, inner in enumerate(value):
            if type(inner) is dict or type(inner) is list:
                yield from containers(inner, f"{path}[{place}]")


def overlooked_in(rest: JSON, order: Order, known: Collection[str]) -> dict[str, str]:
    """The fields, outside of lists, that the order lacks and an unmapped part of the payload seems to hold."""
    found: dict[str, str] = {}
    for place in leaf_paths(rest, ""):
        for one in () if place in known else meant(place):
            if "[" not in one and order.at(one) is None:
                found.setdefault(one, place)
    return found


def without(payload: Any, part: Any) -> Any:
    """What stands around a part of a payload, in its shape; None where that is nothing."""
    if payload is part or payload in NOTHING:
        return None
    if type(payload) is dict:
        return {key: left for key, inner in payload.items() if (left := without(inner, part)) is not None} or None
    if type(payload) is list:
        return [left for inner in payload if (left := without(inner, part)) is not None] or None
    return payload


def leaf_paths(value: Any, path: str) -> Iterator[str]:
    """The path of every filled leaf that stands in no list."""
    if type(value) is dict:
        for key, inner in value.items():
            yield from leaf_paths(inner, join(path, key))
    elif type(value) is not list and value not in NOTHING and value is not False:
        yield path


@lru_cache(maxsize=8192)
def meant(path: str) -> tuple[str, ...]:
    """The fields that a name of the payload surely means; none for most."""
    known = meanings().get(squashed(path.replace(".", " ")), {})
    best = max(known.values(), default=0)
    return tuple(one.partition(" ")[0] for one, sure in known.items() if sure == best >= _SURE)
