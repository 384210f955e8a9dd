"""What a report for people leaves out: access codes, and what is in the parcel where a partner says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dq_service.engine.verdict import SECRET, shown
from dq_service.finding import Finding
from dq_service.parsing.private_text import MASK, without_codes
from dq_service.partner import Partner
from dq_service.result import Result

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
        if self.hides(field):
            return value if value in (None, "") else MASK
        return without_codes(value) if isinstance(value, str) else value

    def message(self, finding: Finding) -> str:
        """What a rule said, without the value where that is not for reports."""
        quoted, message = shown(finding.value), without_codes(finding.message)
        return message.replace(quoted, MASK) if quoted and self.hides(finding.field) else message

    def why(self, result: Result) -> str:
        """Why an order is held, in the masked words of its findings; `""` where it is not held."""
        why = result.hold.why if result.hold else ""
        for finding in result.findings:
            why = why.replace(finding.message, self.message(finding)) if finding.message else why
        return why

    def evidence(self, fields: Iterable[str], text: str) -> str:
        """What speaks for a repair of these fields; nothing where it might quote what is not for reports."""
        return "" if any(self.hides(field) for field in fields) else without_codes(text)

    def changes(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The same for a suggestion's changes."""
        return {field: self.masked(field, value) for field, value in changes.items()}
