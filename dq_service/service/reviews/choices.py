"""What a reviewer chooses of what is offered, as changes of fields: candidates by number, or all that is sure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dq_service.fields import parse_path
from dq_service.order import JSON, Order
from dq_service.service.reviews.ranking import SURE

# Last names of fields that are never accepted together with others at one key: number, unit, quantity, money, who it
# is and how they are reached. A unit stands in line 2, a house number in line 1.
PROTECTED: Final = frozenset(
    {
        "order_id", "shipment_id", "name", "company", "phone", "phone_extension", "email", "line1", "line2", "sku",
        "gtin", "sscc", "quantity", "unit", "unit_price", "count", "weight", "dimensions", "value", "goods", "discount",
        "shipping", "tax", "total", "currency", "po", "bol", "pro", "tracking_number", "site_id",
    }
)  # fmt: skip


class NoChoice(Exception):
    """There is no such finding or suggestion, or two choices want different values of one field."""


def chosen(result: JSON, choices: Mapping[int, int]) -> dict[str, Any]:
    """The changes of suggestions: `{3: 1}` is the first suggestion of the third finding. Raises NoChoice."""
    changes: dict[str, Any] = {}
    for place, number in choices.items():
        offered = _offered(result["findings"], place)
        if not 1 <= number <= len(offered):
            raise NoChoice("there is no such suggestion")
        _lay(changes, offered[number - 1]["changes"])
    return changes


def sure(result: JSON) -> dict[str, Any]:
    """All first suggestions of at least `SURE` that touch no protected field, and do not contradict one another."""
    changes: dict[str, Any] = {}
    order = Order(result["order"] or {})
    for finding in result["findings"]:
        offered = finding["suggestions"] if finding["outcome"] == "suggested" else []
        if not offered or offered[0]["confidence"] < SURE or any(protected(path) for path in offered[0]["changes"]):
            continue
        wanted = offered[0]["changes"]
        if any(path in changes and changes[path] != value for path, value in wanted.items()):
            continue
        changes.update((path, value) for path, value in wanted.items() if order.at(path) != value)
    return changes


def protected(path: str) -> bool:
    """Whether a field is never changed along with others."""
    return any(step in PROTECTED for step in parse_path(path) if isinstance(step, str))


def _offered(findings: Sequence[JSON], place: int) -> Sequence[JSON]:
    if not 1 <= place <= len(findings):
        raise NoChoice("there is no such finding")
    offered: Sequence[JSON] = findings[place - 1]["suggestions"]
    return offered


def _lay(changes: dict[str, Any], wanted: Mapping[str, Any]) -> None:
    for path, value in wanted.items():
        if path in changes and changes[path] != value:
            raise NoChoice("two of these suggestions want different values of one field")
        changes[path] = value
