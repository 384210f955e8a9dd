"""An order on a page of its own: what is wrong with it, what would mend it, what happened to it, and its bytes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from dq_service.engine.engine import Engine
from dq_service.intake.json_text import read
from dq_service.order import JSON, Order
from dq_service.parsing.time_zone import zone_of
from dq_service.service.access import Caller
from dq_service.store import history
from dq_service.store import orders as stored
from dq_service.store.kept import Kept, ReceiptLine
from dq_service.store.orders import Revision
from dq_service.store.trouble import Unavailable
from dq_service.web.pages.desk import KEYS, Desk, away, missing, reading, sees
from dq_service.web.pages.order_shown import Shown, shown
from dq_service.web.pages.order_story import story
from dq_service.web.pages.page import caller_in, room

SOON: Final = timedelta(minutes=15)  # before a hold ends
SKIPS: Final = ("not mine to say", "waits for a call", "needs a second pair of eyes", "later")
REFUSALS: Final = ("cannot be delivered there", "not what we carry", "sent by mistake", "fraud suspected")
RELEASES: Final = ("it is right as it is", "the driver will find it", "the partner insists")


@dataclass(frozen=True, slots=True)
class Found:
    """What the database has of an order."""

    kept: Kept
    raw: bytes
    revisions: tuple[Revision, ...]
    lines: tuple[ReceiptLine, ...]
    neighbours: tuple[history.Neighbour, ...]


@dataclass(frozen=True, slots=True)
class There:
    """What the clock says where the parcel goes."""

    clock: str
    day: str
    zone: str


def find(connection: Connection, id_: str, caller: Caller) -> Found | None:
    """An order with all that its page tells; None where there is none for them."""
    kept = stored.get(connection, id_, read=read)
    if kept is None or not sees(caller, kept):
        return None
    near = history.neighbours(connection, kept.identity.realm, Order(kept.sent)) if kept.sent is not None else ()
    return Found(
        kept,
        stored.accepted_body_of(connection, id_) or b"",
        tuple(stored.revisions_of(connection, id_)),
        tuple(stored.changes_of(connection, id_)),
        tuple(one for one in near if one.id != id_),
    )


async def show(desk: Desk, request: Request) -> Response:
    """`GET /orders/{id}`."""
    caller, service = caller_in(request), desk.service()
    try:
        found = await reading(service, lambda connection: find(connection, request.path_params["id"], caller))
    except Unavailable as trouble:
        return away(request, trouble)
    if found is None:
        return missing(request)
    return _page(desk, caller, found, service.clock())


def _page(desk: Desk, caller: Caller, found: Found, now: datetime) -> Response:
    kept, engine = found.kept, desk.in_force().engine
    result = read(kept.result)
    whole = shown(kept.sent, result, {rule.code: rule.why for rule in engine.rulebook.rules})
    order = Order(result["order"] or {})
    return room(
        caller,
        "queue",
        "order.html",
        order={**_identity(kept), "id": kept.id, "revision": kept.revision, "lifecycle": kept.lifecycle},
        shown=whole,
        shadow="order_if_applied" in result,
        hold=_hold(kept, now),
        there=_there(order, engine, now),
        phone=order.text("ship_to.phone"),
        claim=None,
        notes=(),
        story=story(kept, found.revisions, found.lines),
        before=found.neighbours,
        size=len(found.raw),
        can_decide=kept.lifecycle in ("held", "waiting") and result["order"] is not None,
        now=now,
        back="/queue",
        query="",
        keys=KEYS,
        skip_reasons=SKIPS,
        refuse_reasons=REFUSALS,
        release_reasons=RELEASES,
        **standing(whole, result),
    )


def standing(whole: Shown, result: JSON, after: JSON | None = None) -> dict[str, Any]:
    """What keeps an order here and how it scores; `after`: the result of what is typed."""
    keeping = [finding for finding in (after or result)["findings"] if _keeps(finding)]
    score = result["score"]["overall"]
    scored = after["score_after"]["overall"] if after else None
    return {"keeping": keeping, "score": score, "after": scored, "changed": after is not None, "gone": ""}


def _keeps(finding: JSON) -> bool:
    return finding["severity"] == "error" and finding["outcome"] in ("open", "suggested")


async def raw(desk: Desk, request: Request) -> Response:
    """`GET /orders/{id}/raw`: the accepted body as its sender wrote it."""
    caller, service = caller_in(request), desk.service()
    try:
        found = await reading(service, lambda connection: find(connection, request.path_params["id"], caller))
    except Unavailable as trouble:
        return away(request, trouble)
    if found is None:
        return missing(request)
    text = found.raw.decode("utf-8", "replace")
    return room(caller, "queue", "raw.html", order=_identity(found.kept), id=found.kept.id, text=text)


def _identity(kept: Kept) -> dict[str, str]:
    partner, account, received_id, shipment_id = kept.identity[:4]
    named = {"partner": partner, "account": account, "received_id": received_id, "shipment_id": shipment_id}
    return {**named, "channel": kept.channel}


@dataclass(frozen=True, slots=True)
class Held:
    """A hold as the page tells it."""

    until: datetime
    then: str
    why: str
    soon: bool


def _hold(kept: Kept, now: datetime) -> Held | None:
    hold = kept.hold
    return None if hold is None else Held(hold.until, hold.then, hold.why, hold.until - now < SOON)


def _there(order: Order, engine: Engine, now: datetime) -> There | None:
    zone = zone_of(order.part("ship_to.address"), engine.reference)
    if not zone:
        return None
    local = now.astimezone(ZoneInfo(zone))
    day = "" if local.date() == now.astimezone(UTC).date() else f"{local:%a}"
    return There(f"{local:%H:%M}", day, zone)
