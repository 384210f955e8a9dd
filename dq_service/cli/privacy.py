"""What a report for people leaves out: access codes, and what is in the parcel where a partner says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dq_service.engine.verdict import SECRET, shown
from dq_service.finding import Finding
from dq_service.partner import Partner

MASK: Final = "•••"
_PARCEL: Final = frozenset({"sku", "gtin", "description"})


@dataclass(frozen=True, slots=True)
class Privacy:
    """Which fields of an order stand masked in a report."""

    parcel: bool = False

    @classmethod
    def of(cls, partner: Partner) -> "Privacy":
        return cls(parcel=partner.sensitive_items)

    def hides(self, field: str) -> bool:
        """Whether a field's value is not for reports."""
        name = field.rpartition(".")[2]
        return name in SECRET or (self.parcel and field.startswith("items") and name in _PARCEL)

    def masked(self, field: str, value: Any) -> Any:
        """The value as a report may show it; a masked one still tells empty from not empty."""
        return MASK if self.hides(field) and value not in (None, "") else value

    def message(self, finding: Finding) -> str:
        """What a rule said, without the value where that is not for reports."""
        quoted = shown(finding.value)
        return finding.message.replace(quoted, MASK) if quoted and self.hides(finding.field) else finding.message

    def changes(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The same for a suggestion's changes."""
        return {field: self.masked(field, value) for field, value in changes.items()}
