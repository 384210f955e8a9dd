"""Findings that no rule makes: what the engine, or the service that keeps orders, has to say by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dq_service.finding import Cause, Dimension, Severity


@dataclass(frozen=True, slots=True)
class OwnFinding:
    """One of them: its code and name, what it says, why it is said and what is to be done."""

    code: str
    name: str
    severity: Severity | None  # None: that of the rule
    dimension: Dimension | None  # None: that of the rule
    cause: Cause
    says: str
    why: str


OWN_FINDINGS: Final[Sequence[OwnFinding]] = (
    OwnFinding(
        "SYS001",
        "rule-broke",
        None,
        None,
        "engine",
        "rule ADR021 city-misspelled broke on this order",
        "A rule failed on an order: the rule counts as not evaluated, with its severity, and the others go on. It "
        "is a fault of ours; the log has where.",
    ),
    OwnFinding(
        "SYS002",
        "not-an-order",
        "error",
        "validity",
        "partner",
        "why it cannot be read, and where",
        "What came in is no order: no JSON object, or no line that can be read. The verdict is rejected; where orders "
        "are kept, its bytes are kept. Its sender has to send it anew.",
    ),
    OwnFinding(
        "SYS003",
        "row-damaged",
        "error",
        "validity",
        "partner",
        "why it is not certain",
        "An order's row in a file is damaged: it is not certain that its values stand in the right fields. Nothing is "
        "repaired, and it is not released by itself.",
    ),
    OwnFinding(
        "SYS004",
        "fix-overtaken",
        "error",
        "consistency",
        "partner",
        "its sender has changed what a person had corrected",
        "Only of kept orders: a person had put a value into a field, and then the sender sent another one for it. The "
        "sender's is taken, the person's is offered. It stays until a person decides, or the sender changes the field "
        "again.",
    ),
)
