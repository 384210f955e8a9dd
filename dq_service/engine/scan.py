"""One walk over an order: the fields whose value is not plainly fine, so that tidying looks at nothing else."""

import re
from collections.abc import Container, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from dq_service.fields import NUMBER_KINDS, ORDER, TEXT_KINDS, Kind, Shape, join, parse_path
from dq_service.order import JSON, Order
from dq_service.parsing.private_text import CARD, many_digits

Spot = tuple[str, Kind]  # a path, and the kind of value that belongs there

# With what a text may end and begin that needs no second look.
_ENDS: Final = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_STARTS: Final = _ENDS | frozenset("#+(")
# An identifier that went through a spreadsheet: `68142.0`, `5.13E+09`.
_DAMAGED: Final = re.compile(r"[+-]?[0-9]+\.0*|[+-]?[0-9][0-9.,]*[eE]\+?[0-9]+").fullmatch
_NUMERIC: Final = frozenset("+-0123456789")
_LONGEST_PLACEHOLDER: Final = 40
_REMEMBERED: Final = 8192  # texts of each sort
_LONGEST_REMEMBERED: Final = 60


class _Node:
    """What belongs at a field: a leaf's kind, an object's fields, or a list's entry.

    `path` is where it stands, from the list entry that it is inside of: `ship_to.name`, `.sku`. `fine` are texts
    that were seen there and need no look.
    """

    __slots__ = ("entry", "fields", "fine", "free", "identifier", "kind", "path", "text")

    def __init__(self, shape: Shape, path: str, fine: Mapping[str, set[str]], listed: bool = False) -> None:
        self.kind: Kind = shape if isinstance(shape, str) else "object"
        self.path = path
        self.text = self.kind in TEXT_KINDS
        self.free = self.kind in ("text", "prose")
        self.identifier = self.kind in ("code", "phone")
        self.fine = fine["free" if self.free else "identifier" if self.identifier else "text" if self.text else ""]
        self.fields: dict[str, _Node] | None = None
        self.entry: _Node | None = None
        if isinstance(shape, Mapping):
            before = path + "." if path or listed else ""
            self.fields = {name: _Node(inner, before + name, fine, listed) for name, inner in shape.items()}
        elif isinstance(shape, list):
            self.entry = _Node(shape[0], "", fine, True)


class Scan:
    """The look at all fields of the contract, with these words for nothing; it remembers texts that were fine.

    Most orders give an empty list: a plain text costs a tenth of a microsecond if it was seen before, else half a one.
    """

    __slots__ = ("_node_at", "_order", "_placeholders")

    def __init__(self, placeholders: Container[str]) -> None:
        self._placeholders = placeholders
        self._order = _Node(ORDER, "", {sort: {""} for sort in ("free", "identifier", "text", "")})
        self._node_at = lru_cache(maxsize=4096)(self._node)

    def spots(self, json: JSON) -> list[Spot]:
        """The fields that hold a value of the wrong type, or text that some tidying rule may want to see."""
        spots: list[Spot] = []
        self._fields(json, self._order.fields or {}, "", spots)
        return spots

    def touched(self, order: Order, paths: Iterable[str]) -> list[Spot]:
        """The same for these fields only: the last look after repairs."""
        spots: list[Spot] = []
        for path in paths:
            value, node = order.at(path), self._node_at(path)
            if node is not None and value is not None:
                self._value(value, node, path, path[: path.rfind("]") + 1], spots)
        return spots

    def _node(self, path: str) -> _Node | None:
        node: _Node | None = self._order
        for step in parse_path(path):
            if node is None:
                return None
            node = node.entry if type(step) is int else (node.fields or {}).get(step)  # type: ignore[arg-type]
        return node

    def _fields(self, values: Mapping[str, Any], nodes: Mapping[str, _Node], inside: str, spots: list[Spot]) -> None:
        """The fields of one object; `inside` is the path of the list entry that it is in, `""` for most."""
        for name, value in values.items():
            node = nodes.get(name)
            if node is None:
                continue
            if type(value) is str:
                if value not in node.fine and not self._fine(value, node):
                    spots.append((inside + node.path, node.kind))
            elif value is not None:
                self._value(value, node, inside + node.path, inside, spots)

    def _value(self, value: Any, node: _Node, path: str, inside: str, spots: list[Spot]) -> None:
        """Goes into an object or a list that belongs here; anything else is a spot unless it is right."""
        kind = type(value)
        if kind is dict and node.fields is not None:
            self._fields(value, node.fields, inside, spots)
        elif kind is list and node.entry is not None:
            for place, entry in enumerate(value):
                if entry is not None:
                    here = join(path, place)
                    self._value(entry, node.entry, here, here, spots)
        elif kind is str:
            if value not in node.fine and not self._fine(value, node):
                spots.append((path, node.kind))
        elif not (
            (kind is bool and node.kind == "flag") or ((kind is int or kind is float) and node.kind in NUMBER_KINDS)
        ):
            spots.append((path, node.kind))

    def _fine(self, value: str, node: _Node) -> bool:
        """Whether it is printable ASCII with single spaces, no entity, clean ends, and no word for nothing.

        By methods of str alone, since a pattern takes twice the time.
        """
        fine = not value or (
            node.text
            and value[0] in _STARTS
            and value[-1] in _ENDS
            and value.isascii()
            and value.isprintable()
            and "  " not in value
            and "&" not in value
            and (len(value) > _LONGEST_PLACEHOLDER or value.lower() not in self._placeholders)
            and not (node.identifier and value[0] in _NUMERIC and not value[1:].isdigit() and _DAMAGED(value))
            and not (node.free and len(value) >= CARD and many_digits(value))
        )
        if not fine and node.free and value[-1] == "." and value[-2:-1] in _ENDS and " " in value:
            fine = self._fine(value[:-1], node)  # a sentence is as fine as without its full stop
        if fine and len(value) <= _LONGEST_REMEMBERED:
            if len(node.fine) >= _REMEMBERED:  # most orders' own texts; those of many orders are soon there again
                node.fine.clear()
            node.fine.add(value)
        return fine


@lru_cache(maxsize=8)
def scan_for(placeholders: frozenset[str]) -> Scan:
    """The one scan for these words, shared by all plans."""
    return Scan(placeholders)
