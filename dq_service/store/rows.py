"""An order as a row, and a row as an order."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from dq_service.order import JSON
from dq_service.store.bulk import Row, given_columns, instant_of
from dq_service.store.kept import Acknowledgement, Fix, Identity, Kept, Version, Waiting
from dq_service.store.schema import ORDERS, column_text
from dq_service.store.written import name_of, name_text, text_of, value_of

LONG: Final = 1000  # characters of a text that stands in no index

ORDER_COLUMNS: Final = given_columns(ORDERS)
_READ: Final = (*(f"o.{name}" for name in ORDER_COLUMNS), "r.body AS result", "r.published", "b.raw")
JOINED: Final = (
    f"SELECT {', '.join(_READ)}, o.seq FROM orders o JOIN results r ON r.order_id = o.id AND r.revision = o.revision "
    "JOIN bodies b ON b.order_id = o.id AND b.number = o.body"
)  # what `kept_of` reads
_NAMES: Final = (*ORDER_COLUMNS, "result", "published", "raw", "seq")


def order_row(kept: Kept, body: int, at: Callable[[datetime | None], Any]) -> Row:
    """The row of an order whose accepted body has this number; instants through `at`."""
    identity, hold = kept.identity, kept.hold
    return (
        kept.id,
        identity.key,
        column_text(identity.partner),
        name_text(identity.account),
        name_text(identity.received_id),
        name_text(identity.shipment_id),
        column_text(kept.channel),
        kept.lifecycle,
        kept.revision,
        kept.verdict,
        kept.action,
        at(hold.until if hold else None),
        hold.then if hold else "",
        column_text(hold.why, LONG) if hold else "",
        hold.escalated if hold else False,
        at(kept.version.updated_at),
        column_text(kept.version.number, LONG),
        text_of(kept.sent) if kept.filled else None,
        _fixes_text(kept.fixes) if kept.fixes else "{}",
        kept.events,
        _acknowledged_text(kept.acknowledged),
        at(kept.received_at),
        at(kept.changed_at),
        kept.test,
        kept.backfill,
        at(kept.due_at),
        kept.tries,
        at(kept.ended_at),
        identity.trial,
        body,
    )


def kept_of(values: Sequence[Any], read: Callable[[bytes], Any] = value_of) -> Kept:
    """The order of a row of `JOINED`; `read` parses the accepted body."""
    row = dict(zip(_NAMES, values, strict=True))
    until = instant_of(row["hold_until"])
    received, changed = instant_of(row["received_at"]), instant_of(row["changed_at"])
    assert received is not None
    assert changed is not None
    return Kept(
        id=row["id"],
        identity=Identity(
            row["partner"],
            name_of(row["account"]),
            name_of(row["received_id"]),
            name_of(row["shipment_id"]),
            bool(row["trial"]),
        ),
        revision=row["revision"],
        lifecycle=row["lifecycle"],
        verdict=row["verdict"],
        action=row["action"],
        hold=Waiting(until, row["hold_then"], row["hold_why"], bool(row["hold_escalated"])) if until else None,
        version=Version(instant_of(row["version_at"]), row["version_number"]),
        sent=_sent(row, read),
        result=bytes(row["result"]),
        fixes=_fixes(value_of(row["fixes"])),
        events=row["events"],
        acknowledged=_acknowledged(row["acknowledged"]),
        received_at=received,
        changed_at=changed,
        channel=row["channel"],
        test=bool(row["test"]),
        backfill=bool(row["backfill"]),
        due_at=instant_of(row["due_at"]),
        tries=row["tries"],
        published=value_of(row["published"]),
        filled=row["sent"] is not None,
        ended_at=instant_of(row["ended_at"]),
    )


def _sent(row: Mapping[str, Any], read: Callable[[bytes], Any]) -> JSON | None:
    """The accepted body as it is merged with; None of what was no order, which is what rejected means."""
    if row["verdict"] == "rejected":
        return None
    sent = value_of(row["sent"]) if row["sent"] is not None else read(bytes(row["raw"]))
    return sent if isinstance(sent, dict) else None


def _fixes_text(fixes: Mapping[str, Fix]) -> str:
    names = ("value", "before", "by", "at", "reason")
    return text_of({path: {name: getattr(fix, name) for name in names} for path, fix in fixes.items()})


def _fixes(json: JSON) -> Mapping[str, Fix]:
    return {
        path: Fix(path, fix["value"], fix["before"], fix["by"], datetime.fromisoformat(fix["at"]), fix["reason"])
        for path, fix in json.items()
    }


def _acknowledged_text(said: Acknowledgement | None) -> str | None:
    if said is None:
        return None
    return text_of({"revision": said.revision, "by": said.by, "frozen": said.frozen, "at": said.at.isoformat()})


def _acknowledged(text: str | None) -> Acknowledgement | None:
    if text is None:
        return None
    said = value_of(text)
    return Acknowledgement(said["revision"], said["by"], said["frozen"], datetime.fromisoformat(said["at"]))
