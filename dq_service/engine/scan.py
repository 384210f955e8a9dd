"""One walk over an order: the fields whose value is not plainly fine, so that tidying looks at nothing else."""

import re
from collections.abc import Container, Mapping
from functools import lru_cache
from typing import Any, Final

from dq_service.fields import NUMBER_KINDS, ORDER, TEXT_KINDS, Kind, Shape, join, parse_path, shape_at
from dq_service.order import JSON, Order
from dq_service.parsing.private_text import CARD, many_digits
from dq_service.reference.bundle import Reference

Spot = tuple[str, Kind]  # a path, and the kind of value that belongs there

# With what a text may end and begin that needs no second look.
_ENDS: Final = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_STARTS: Final = _ENDS | frozenset("#+(")
# An identifier that went through a spreadsheet: `68142.0`, `5.13E+09`.
_DAMAGED: Final = re.compile(r"[+-]?[0-9]+\.0*|[+-]?[0-9][0-9.,]*[eE]\+?[0-9]+").fullmatch
_LONGEST_PLACEHOLDER: Final = 40


class _Node:
    """What belongs at a field: a leaf's kind, an object's fields, or a list's entry."""

    __slots__ = ("entry", "fields", "free", "identifier", "kind", "text")

    def __init__(self, shape: Shape) -> None:
        self.kind: Kind = shape if isinstance(shape, str) else "object"
        self.text = self.kind in TEXT_KINDS
        self.free = self.kind in ("text", "prose")
        self.identifier = self.kind in ("code", "phone")
        self.fields = {name: _Node(inner) for name, inner in shape.items()} if isinstance(shape, Mapping) else None
        self.entry = _Node(shape[0]) if isinstance(shape, list) else None


_ORDER: Final = _Node(ORDER)


def scan(json: JSON, reference: Reference) -> list[Spot]:
    """The contract's fields that hold a value of the wrong type, or text that some tidying rule may want to see.

    Most orders give an empty list: a plain text costs a third of a microsecond.
    """
    spots: list[Spot] = []
    _walk(json, _ORDER.fields or {}, "", reference.placeholders.words, spots)
    return spots


def touched(order: Order, paths: list[str], reference: Reference) -> list[Spot]:
    """The same for these fields only: the last look after repairs."""
    spots: list[Spot] = []
    for path in paths:
        value, node = order.at(path), _node_at(path)
        if node is not None and value is not None:
            *_, last = parse_path(path)
            holder = path[: -len(f"[{last}]")] if isinstance(last, int) else path[: -len(last)].rstrip(".")
            if isinstance(last, int):
                _entry(value, node, holder, last, reference.placeholders.words, spots)
            else:
                _walk({last: value}, {last: node}, holder, reference.placeholders.words, spots)
    return spots


@lru_cache(maxsize=4096)
def _node_at(path: str) -> _Node | None:
    shape = shape_at(path)
    return None if shape is None else _Node(shape)


def _walk(
    values: Mapping[str, Any], nodes: Mapping[str, _Node], path: str, placeholders: Container[str], spots: list[Spot]
) -> None:
    for name, value in values.items():
        node = nodes.get(name)
        if node is None or value is None or value == "":
            continue
        if type(value) is str:
            # Printable ASCII, single spaces, no entity, clean ends, no word for nothing: by methods of str alone,
            # since this is done for each of the twenty texts of an order, and a pattern takes twice the time.
            if not (
                node.text
                and value[0] in _STARTS
                and value[-1] in _ENDS
                and value.isascii()
                and value.isprintable()
                and "  " not in value
                and "&" not in value
                and (value.lower() not in placeholders or len(value) > _LONGEST_PLACEHOLDER)
                and not (node.identifier and _DAMAGED(value))
                and not (node.free and len(value) >= CARD and many_digits(value))
            ):
                spots.append((join(path, name) if name else path, node.kind))
        else:
            _other(value, node, path, name, placeholders, spots)


def _entry(value: Any, node: _Node, path: str, place: int, placeholders: Container[str], spots: list[Spot]) -> None:
    if value is None or value == "":
        return
    if type(value) is str:
        _walk({"": value}, {"": node}, join(path, place), placeholders, spots)
    else:
        _other(value, node, path, place, placeholders, spots)


def _other(
    value: Any, node: _Node, path: str, step: str | int, placeholders: Container[str], spots: list[Spot]
) -> None:
    """What is no text: goes into an object or a list that belongs here; anything else is a spot unless it is right."""
    kind = type(value)
    if kind is dict and node.fields is not None:
        _walk(value, node.fields, join(path, step), placeholders, spots)
    elif kind is list and node.entry is not None:
        here, entry = join(path, step), node.entry
        for place, inner in enumerate(value):
            _entry(inner, entry, here, place, placeholders, spots)
    elif not ((kind is bool and node.kind == "flag") or ((kind is int or kind is float) and node.kind in NUMBER_KINDS)):
        spots.append((join(path, step), node.kind))
