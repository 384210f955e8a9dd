"""An order on a page of its own: what is wrong with it, what would mend it, what happened to it, and its bytes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from types import MappingProxyType
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
from dq_service.service.reviews import listing
from dq_service.service.reviews.decisions import REASONS
from dq_service.store import history, reviews
from dq_service.store import orders as stored
from dq_service.store.in_review import IN_REVIEW, Claim, Comment, Decision
from dq_service.store.kept import Kept, ReceiptLine
from dq_service.store.orders import Revision
from dq_service.store.trouble import Unavailable
from dq_service.web.pages.desk import KEYS, Desk, away, missing, reading, sees
from dq_service.web.pages.done import Done, done_of, told
from dq_service.web.pages.look import Look, called, title_of
from dq_service.web.pages.order_shown import Shown, chosen, shown
from dq_service.web.pages.order_story import story
from dq_service.web.pages.page import caller_in, room
from dq_service.web.pages.wording import label, span

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})

SOON: Final = timedelta(minutes=15)  # before a hold ends
RELEASES: Final = ("it is right as it is", "the driver will find it", "the partner wants it so")


@dataclass(frozen=True, slots=True)
class Found:
    """What the database has of an order."""

    kept: Kept
    raw: bytes
    revisions: tuple[Revision, ...]
    lines: tuple[ReceiptLine, ...]
    neighbours: tuple[history.Neighbour, ...]
    decisions: tuple[Decision, ...]
    comments: tuple[Comment, ...]
    names: Mapping[str, str]
    done: Done | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A line above the order. `kind` is "wrong" for what failed."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody else has the item open, for so long at most."""

    who: str
    left: str


@dataclass(frozen=True, slots=True)
class There:
    """What the clock says where the parcel goes."""

    clock: str
    day: str
    zone: str


def find(connection: Connection, id_: str, caller: Caller, now: datetime, done: str = "") -> Found | None:
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
        tuple(reviews.decisions_of(connection, id_)),
        tuple(reviews.comments_of(connection, id_)),
        listing.names(connection),
        done_of(connection, done, caller, now) if done else None,
    )


async def show(desk: Desk, request: Request) -> Response:
    """`GET /orders/{id}`: whoever opens an item has it, until they leave it for five minutes."""
    return await shown_page(desk, request)


async def shown_page(
    desk: Desk, request: Request, status: int = 200, form: Mapping[str, str] = NOTHING, notes: Sequence[Note] = ()
) -> Response:
    """An order's page; `form` is a draft that could not be taken, `notes` say why."""
    caller, service, id_ = caller_in(request), desk.service(), request.path_params["id"]
    now, done = service.clock(), request.query_params.get("done", "")
    try:
        found = await reading(service, lambda connection: find(connection, id_, caller, now, done))
        if found is None:
            return missing(request)
        claim = None
        if found.kept.lifecycle in IN_REVIEW and status == 200:
            claim = await desk.in_thread(service.desk.claim, id_, caller.name, trial=caller.test)
    except Unavailable as trouble:
        return away(request, trouble)
    look = Look.of(form.get("from", "") or request.query_params.get("from", ""))
    kept, engine = found.kept, desk.in_force().engine
    result = read(kept.result)
    whole = shown(kept.sent, result, {rule.code: rule.why for rule in engine.rulebook.rules})
    order = Order(result["order"] or {})
    pending = next((one for one in found.decisions if one.state == "pending"), None)
    return room(
        caller,
        "queue",
        "order.html",
        status,
        order={**_identity(kept), "id": kept.id, "revision": kept.revision, "lifecycle": kept.lifecycle},
        shown=whole,
        who=title_of(caller, found.names),
        shadow="order_if_applied" in result,
        hold=_hold(kept, now),
        there=_there(order, engine, now),
        phone=order.text("ship_to.phone"),
        claim=_claim(claim, found.names, caller, now),
        notes=(*notes, *_notes(found, caller)),
        pending=pending and Done(kept.id, "", told(pending), ceil((pending.effective_at - now).total_seconds())),
        decider=called(pending.by, found.names, caller) if pending else "",
        story=story(kept, found.revisions, found.lines, found.decisions, found.comments, found.names),
        before=found.neighbours,
        size=len(found.raw),
        can_decide=kept.lifecycle in IN_REVIEW and result["order"] is not None and pending is None,
        draft=form,
        typed=[(label(path), value) for path, value in chosen(form, result).items()] if form else (),
        done=found.done if pending is None else None,
        look=look,
        now=now,
        keys=KEYS,
        skip_reasons=REASONS["skip"],
        refuse_reasons=REASONS["refuse"],
        release_reasons=RELEASES,
        **standing(whole, result),
    )


def _claim(claim: Claim | None, names: Mapping[str, str], caller: Caller, now: datetime) -> Opened | None:
    """Who has it open, where that is somebody else."""
    if claim is None or claim.holder == caller.name:
        return None
    return Opened(called(claim.holder, names, caller), span(max(claim.until - now, timedelta(minutes=1))))


def _notes(found: Found, caller: Caller) -> Iterator[Note]:
    """What became of what was decided last, where it did not come to what was wanted."""
    last = next(iter(found.decisions), None)
    if last is None:
        return
    if last.state == "stale":
        yield Note("wrong", f"What {called(last.by, found.names, caller)} decided did not take effect: {last.why}.")
    elif last.state == "undone" and last.applied_at is not None:
        taken = found.kept.acknowledged
        had = f"Its destination had revision {taken.revision}." if taken else "No destination had acknowledged it."
        yield Note("", f"Taken back by {called(last.ended_by, found.names, caller)} after it had taken effect. {had}")


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
        found = await reading(
            service, lambda connection: find(connection, request.path_params["id"], caller, service.clock())
        )
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
