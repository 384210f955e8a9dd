"""Which of the fields that a partner requires are blank in an order."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from dq_service.finding import Observation
from dq_service.order import Order

# Rules of their own tell of these, wherever they are blank: order-id-missing, items-missing, window-missing.
_TOLD_ALWAYS: Final = frozenset({"order_id", "items", "window"})
_CONTACT: Final = ".contact"
_REACHED: Final = ("phone", "email")


@lru_cache(maxsize=256)
def asked(required: tuple[str, ...]) -> tuple[str, ...]:
    """The required fields less those that rules of their own always tell of."""
    return tuple(path for path in required if path not in _TOLD_ALWAYS)


def lacks(order: Order, required: tuple[str, ...]) -> bool:
    """Whether one of the fields that are asked for is blank."""
    for path, steps, kind in _plainly(required):
        value: Any = order.json
        for step in steps:
            value = value.get(step) if type(value) is dict else None
        if not (value and type(value) is kind) and next(blank(order, path), None):
            return True
    return False


@lru_cache(maxsize=256)
def _plainly(required: tuple[str, ...]) -> tuple[tuple[str, list[str], type], ...]:
    """Each field that is asked for, by its steps, and what plainly fills it: a text, or a party for its contact."""
    return tuple(
        (path, path.removesuffix(_CONTACT).split("."), dict if path.endswith(_CONTACT) else str)
        for path in asked(required)
    )


def blank(order: Order, path: str) -> Iterator[Observation]:
    """Where an order is blank at a path. A contact is only looked for here where its whole party is absent."""
    head, star, tail = path.partition("[*]")
    if star:
        entries = order.at(head)
        if type(entries) is not list or not entries:
            yield Observation(head, entries)
            return
        for place in range(len(entries)):
            yield from blank(order, f"{head}[{place}]{tail}")
    elif path.endswith(_CONTACT):
        party = path.removesuffix(_CONTACT)
        if type(order.at(party)) is not dict:
            fields = tuple(f"{party}.{name}" for name in _REACHED)
            yield Observation(fields[0], None, fields)
    elif is_blank(order.at(path)):
        yield Observation(path, None)


def is_blank(value: Any) -> bool:
    """Whether nothing is said: null, an empty text or list, an object of nothing else."""
    if type(value) is dict:
        return all(map(is_blank, value.values()))
    return value is None or value == "" or value == []
