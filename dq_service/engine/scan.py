"""One walk over an order: the fields whose value is not plainly fine, so that tidying looks at nothing else."""

from collections.abc import Mapping
from typing import Any

from dq_service.fields import ORDER, TEXT_KINDS, Kind, Path, Shape, join, parse_path, shape_at
from dq_service.order import JSON, Order
from dq_service.parsing.text import EDGE
from dq_service.reference.bundle import Reference
from dq_service.reference.placeholders import EDGES

Spot = tuple[str, Kind | None]  # a path, and the kind of leaf that belongs there (None: an object or a list)

_LONGEST_PLACEHOLDER = 40


def scan(json: JSON, reference: Reference) -> list[Spot]:
    """The contract's fields that hold a value of the wrong type, or text that some tidying rule may want to see.

    Most orders give an empty list: a plain text costs a third of a microsecond.
    """
    spots: list[Spot] = []
    _walk(json, ORDER, "", reference.placeholders.words, spots)
    return spots


def touched(order: Order, paths: list[str], reference: Reference) -> list[Spot]:
    """The same for these fields only: the last look after repairs."""
    spots: list[Spot] = []
    for path in paths:
        shape, value = shape_at(path), order.at(path)
        if shape is not None and value is not None:
            steps: Path = parse_path(path)
            holder = path[: -len(str(steps[-1])) - 1] if isinstance(steps[-1], str) else ""
            _leaf(value, shape, holder, steps[-1], reference.placeholders.words, spots)
    return spots


def _walk(value: Mapping[str, Any], shape: Mapping[str, Shape], path: str, placeholders: Any, spots: list[Spot]) -> None:
    for name, inner in value.items():
        wanted = shape.get(name)
        if wanted is not None and inner is not None:
            if (
                type(inner) is str
                and (wanted in TEXT_KINDS if type(wanted) is str else False)
                and inner.isascii()
                and inner.isprintable()
                and "  " not in inner
                and "&" not in inner
                and inner.strip(EDGE) is inner
                and (len(inner) > _LONGEST_PLACEHOLDER or inner.strip(EDGES).lower() not in placeholders)
                and inner[-2:] != ".0"
                and "E+" not in inner
                and "e+" not in inner
            ):
                continue
            _leaf(inner, wanted, path, name, placeholders, spots)


def _leaf(value: Any, wanted: Shape, path: str, step: str | int, placeholders: Any, spots: list[Spot]) -> None:
    """Goes into an object or a list of the right type; anything else is a spot unless it is right."""
    kind = type(value)
    if kind is dict and isinstance(wanted, Mapping):
        _walk(value, wanted, join(path, step), placeholders, spots)
    elif kind is list and isinstance(wanted, list):
        here = join(path, step)
        for place, entry in enumerate(value):
            if entry is not None:
                _leaf(entry, wanted[0], here, place, placeholders, spots)
    elif isinstance(wanted, str):
        if value != "" and not (
            (kind is bool and wanted == "flag")
            or ((kind is int or kind is float) and wanted in ("number", "count", "money"))
        ):
            spots.append((join(path, step), wanted))
    elif value != "":
        spots.append((join(path, step), None))
