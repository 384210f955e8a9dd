"""Made-up orders and the steps that they go through, as the store is handed them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from dq_service.engine.proof import overlaid
from dq_service.finding import Change, Finding, Repair
from dq_service.intake.json_text import write
from dq_service.store.ids import new_id
from dq_service.store.kept import Body, Event, Identity, Kept, ReceiptLine, Step, Told, Version

NOW = datetime(2026, 12, 1, 18, 7, 30, 123456, tzinfo=UTC)
SCORE = {"overall": 0.9, "completeness": 1.0, "validity": 0.8, "consistency": 1.0, "uniqueness": None}
_numbers = count(1)


def finding(rule: str = "ADR021", field: str = "ship_to.address.city", outcome: Any = "repaired") -> Finding:
    """What a rule says of a field."""
    return Finding(rule, "city-misspelled", field, (field,), "validity", "error", outcome, "partner", "no such city")


def told(*findings: Finding, verdict: Any = "repaired", action: Any = "release") -> Told:
    """What a revision's result says."""
    change = Change("ship_to.address.city", "Omhaa", "Omaha")
    repairs = (Repair("ADR021", 0.998, "68142 serves only Omaha, NE", (), (change,)),)
    return Told(findings or (finding(),), repairs, SCORE, verdict, action)


def order(number: int, **values: Any) -> dict[str, Any]:
    """A complete order with a recipient of its own."""
    made = overlaid(
        {
            "order_id": f"ACME-{number:06}",
            "ship_to.name": f"Aisha Martinez {number}",
            "ship_to.phone": f"+1402{number % 10_000_000:07}",
            "ship_to.address.line1": f"{number} Ida Street",
            **values,
        }
    )
    return dict(made)


def arrival(
    number: int | None = None,
    *,
    partner: str = "acme",
    account: str = "",
    at: datetime = NOW,
    sent: dict[str, Any] | None = None,
    said: Told | None = None,
    filling: str = "",
    **values: Any,
) -> Step:
    """The first step of a new order; `values` are laid over its Kept."""
    number = next(_numbers) if number is None else number
    sent = sent if sent is not None else order(number)
    id_ = new_id("ord")
    raw = write(sent | ({"note": filling} if filling else {}))
    said = said or told()
    kept = Kept(
        id=id_,
        identity=Identity(partner, account, str(sent.get("order_id") or ""), ""),
        revision=1,
        lifecycle="released",
        verdict=said.verdict,
        action=said.action,
        hold=None,
        version=Version(at, "1"),
        sent=sent,
        result=write({"id": id_, "revision": 1, "order": sent, "filling": filling}),
        fixes={},
        events=2,
        acknowledged=None,
        received_at=at,
        changed_at=at,
        channel="shopify",
        published={"rulebook": 1, "partners": 1},
    )
    kept = replace(kept, **values)
    body = Body(f"sha256:{number:064x}", raw, kept.version, "accepted", at)
    return Step(None, kept, body, said, None, events(kept, 0, "order.received", "order.released"), (), lines(kept))


def events(kept: Kept, number: int, *types: Any) -> tuple[Event, ...]:
    """Events of an order, counted on from `number`."""
    data = {"revision": kept.revision, "lifecycle": kept.lifecycle, "verdict": kept.verdict, "action": kept.action}
    return tuple(
        Event(new_id("evt"), type_, kept.id, place, kept.identity.partner, kept.changed_at, data)
        for place, type_ in enumerate(types, start=number + 1)
    )


def lines(kept: Kept, *fields: str) -> tuple[ReceiptLine, ...]:
    """Lines of the receipt of an order's revision."""
    return tuple(
        ReceiptLine(
            new_id("chg"), kept.id, kept.revision, number, field, "Omhaa", "Omaha",
            "ADR021", 0.998, "68142 serves only Omaha, NE", "machine", kept.changed_at,
        )
        for number, field in enumerate(fields or ("ship_to.address.city",), start=1)
    )  # fmt: skip


def changed(before: Kept, *, said: Told | None = None, before_told: Told | None = None, **values: Any) -> Step:
    """The next revision of an order, from a new body; `values` are laid over it."""
    revision = before.revision + 1
    sent = values.pop("sent", {**(before.sent or {}), "instructions": f"revision {revision}"})
    said = said or told()
    after = replace(
        before,
        revision=revision,
        sent=sent,
        verdict=said.verdict,
        action=said.action,
        result=write({"id": before.id, "revision": revision, "order": sent}),
        events=before.events + 1,
        changed_at=before.changed_at + timedelta(seconds=1),
    )
    after = replace(after, **values)
    body = Body(new_id("digest"), write(sent), after.version, "accepted", after.changed_at)
    return Step(
        before,
        after,
        body,
        said,
        before_told or told(),
        events(after, before.events, "order.changed"),
        (),
        lines(after),
    )


def many(number: int, **values: Any) -> Sequence[Step]:
    """So many new orders."""
    return [arrival(**values) for _ in range(number)]
