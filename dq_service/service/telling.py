"""What is told of a revision: the result as callers are answered it, its events, the lines of its receipt."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from dq_service.finding import Change, Finding, Repair, Suggestion
from dq_service.intake.json_text import write
from dq_service.order import JSON
from dq_service.result import Action, Result
from dq_service.service.commands import Moment
from dq_service.service.instants import instant_text
from dq_service.service.versions import HASHED
from dq_service.store.kept import Event, EventType, Identity, Kept, ReceiptLine, Told
from dq_service.store.kept import Waiting as Hold

Said = tuple[EventType, JSON]

_NAMES: Final = tuple(field.name for field in fields(Finding))


def hold_told(hold: Hold) -> JSON:
    """A hold as an event tells it; not why: that may quote the order."""
    return {"hold": {"until": instant_text(hold.until), "then": hold.then, "escalated": hold.escalated}}


def review_id(order_id: str) -> str:
    """What an order is called in review."""
    return f"rev_{order_id.partition('_')[2]}"


def hold_json(id_: str, hold: Hold | None) -> JSON | None:
    if hold is None:
        return None
    return {"until": instant_text(hold.until), "then": hold.then, "why": hold.why, "review_id": review_id(id_)}


def written(
    result: Result,
    id_: str,
    identity: Identity,
    revision: int,
    action: Action,
    hold: Hold | None,
    published: Mapping[str, int],
) -> bytes:
    """The contract's object of a kept order; people's fixes never change the id by which its sender knows it."""
    out = result.to_json()
    if not identity.received_id.startswith(HASHED):
        out["received_id"] = identity.received_id
    out["id"], out["line"], out["revision"] = id_, None, revision
    out["action"], out["hold"] = action, hold_json(id_, hold)
    out["publication"] = dict(published)
    return write(out)


def lines_of(result: Result, known: Sequence[Any], id_: str, revision: int, moment: Moment) -> Iterator[ReceiptLine]:
    """The receipt's lines of the machine's changes, but for those that the revision before had, too."""
    if result.order_if_applied is not None:  # in shadow nothing is applied
        return
    had = {_mark(repair["rule"], change["field"], change["before"], change["after"])
           for repair in known for change in repair["changes"]}  # fmt: skip
    number = 0
    for repair in result.repairs:
        for change in repair.changes:
            if not had or _mark(repair.rule, change.field, change.before, change.after) not in had:
                number += 1
                yield ReceiptLine(
                    moment.new_id("chg"), id_, revision, number, change.field, change.before, change.after,
                    repair.rule, repair.confidence, repair.evidence, "machine", moment.now,
                )  # fmt: skip


def _mark(*parts: Any) -> bytes:
    return write(parts)


def announced(after: Kept, said: Sequence[Said], number: int, moment: Moment) -> tuple[Event, ...]:
    """The events of a step, counted on from `number`: where the order stands, by whose names, and no order in it."""
    known, now = after.identity, moment.now
    thin = {
        "received_id": known.received_id,
        "account": known.account,
        "shipment_id": known.shipment_id,
        "revision": after.revision,
        "lifecycle": after.lifecycle,
        "verdict": after.verdict,
        "action": after.action,
    }
    return tuple(
        [
            Event(
                moment.new_id("evt"),
                type_,
                after.id,
                place,
                known.partner,
                now,
                {**thin, **more} if more else thin,
                known.trial,
            )
            for place, (type_, more) in enumerate(said, start=number + 1)
        ]
    )


def told_before(before: Kept, result: JSON) -> Told | None:
    """What the last revision's result said, where that was counted."""
    return None if before.backfill or before.test else told_in(result)


def told_in(result: JSON) -> Told:
    """What a result's JSON says."""
    return Told(
        tuple(findings_in(result)),
        tuple(
            Repair(
                repair["rule"],
                repair["confidence"],
                repair["evidence"],
                tuple(repair["evidence_fields"]),
                tuple(Change(change["field"], change["before"], change["after"]) for change in repair["changes"]),
            )
            for repair in result["repairs"]
        ),
        result["score"],
        result["verdict"],
        result["action"],
        result.get("score_after"),
    )


def findings_in(result: JSON) -> Iterator[Finding]:
    """The findings of a result's JSON, also of one that another release has written."""
    for told in result["findings"]:
        known = {name: told[name] for name in _NAMES if name in told}
        suggestions = (Suggestion(one["changes"], one["confidence"], one["evidence"]) for one in told["suggestions"])
        yield Finding(**{**known, "fields": tuple(told["fields"]), "suggestions": tuple(suggestions)})
