"""The queue as a page: facets with counts, the items in the order in which they should be seen, views of one's own.

How it is looked at stands in its address, so that a view is a link, and deciding goes on in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from dq_service.order import JSON
from dq_service.service.access import Caller
from dq_service.service.reviews import listing
from dq_service.service.running import Service
from dq_service.store import queue, reviews
from dq_service.store.in_review import View
from dq_service.store.queue import Listed, Place
from dq_service.store.trouble import Unavailable
from dq_service.web.pages.desk import KEYS, Desk, away, form_of, reading
from dq_service.web.pages.done import Done, done_of
from dq_service.web.pages.look import Look, called, title_of
from dq_service.web.pages.orders import SOON
from dq_service.web.pages.page import caller_in, room, to
from dq_service.web.pages.wording import label

PAGE: Final = 50  # items
VIEWS: Final = 50
AGES: Final[Mapping[str, str]] = {
    "15m": "under 15 min", "1h": "under 1 h", "4h": "under 4 h", "1d": "under a day", "older": "a day and more",
}  # fmt: skip
FACETS: Final = (
    ("partner", "Partner"), ("rule", "Rule"), ("field", "Field"), ("age", "Here for"), ("assignee", "Whose"),
    ("state", "State"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One item of the list, as it reads."""

    item: Listed
    soon: bool
    who: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet: what it is called, how many there are, where it leads."""

    title: str
    count: int
    path: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What the database says of the queue."""

    page: Sequence[Listed]
    more: bool
    facets: JSON
    others: JSON
    names: Mapping[str, str]
    views: Sequence[View]
    done: Done | None


async def show(desk: Desk, request: Request) -> Response:
    """`GET /queue`."""
    caller, service = caller_in(request), desk.service()
    look, now = Look.of(request.url.query), service.clock()
    after, done = _place(request.query_params.get("after", "")), request.query_params.get("done", "")
    try:
        found = await reading(service, lambda connection: _find(connection, service, caller, look, after, done, now))
    except Unavailable as trouble:
        return away(request, trouble)
    rows = [_row(one, found.names, caller, now) for one in found.page]
    last = found.page[-1] if found.more else None
    rules = {rule.code: rule.name for rule in desk.in_force().engine.rulebook.rules}
    return room(
        caller,
        "queue",
        "queue.html",
        rows=rows,
        who=title_of(caller, found.names),
        next=look.path(after=f"{last.rank.hex()}~{last.order_id}") if last else "",
        first=look.path() if after else "",
        total=found.facets["total"],
        facets=[(name, title, _choices(name, found, look, caller, rules)) for name, title in FACETS],
        rules=rules,
        kinds=[Choice(_kind(one["value"], rules), one["count"], look.path(kind=one["value"]), False)
               for one in found.facets["facets"]["kind"][:3] if one["count"] > 1 and "kind" not in look.chosen],
        others=found.others,
        names=found.names,
        look=look,
        chosen=[(_title(name, value, found.names, rules), look.path(**{name: ""}))
                for name, value in look.chosen.items() if name != "q"],
        views=[(view.name, Look(view.query).path()) for view in found.views],
        done=found.done,
        now=now,
        keys=KEYS,
    )  # fmt: skip


def _find(
    connection: Connection, service: Service, caller: Caller, look: Look, after: Place | None, done: str, now: datetime
) -> Found:
    wanted = look.filter(caller)
    page = queue.page(connection, wanted, now, after, PAGE + 1)
    counted = service.desk.counting.of(connection, wanted, now)
    return Found(
        page[:PAGE],
        len(page) > PAGE,
        listing.facets(counted, wanted),
        listing.others(connection, wanted, caller.name, now),
        listing.names(connection),
        reviews.views_of(connection, caller.name),
        done_of(connection, done, caller, now) if done else None,
    )


async def start(desk: Desk, request: Request) -> Response:
    """`POST /queue/next`: the first item that this reviewer may have."""
    form = await form_of(request)
    return await following(desk, request, Look.of(form.get("from", "")))


async def following(desk: Desk, request: Request, look: Look, done: str = "") -> Response:
    """On to the next item, theirs from now on; to the queue where there is none. `done`: what was just decided."""
    caller, service = caller_in(request), desk.service()
    try:
        found = await desk.in_thread(service.desk.claim_next, look.filter(caller), caller.name)
    except Unavailable as trouble:
        return away(request, trouble)
    query = {**({"from": look.query} if look.query else {}), **({"done": done} if done else {})}
    if found is None:
        return to(look.path(done=done))
    return to(f"/orders/{found.order_id}?{urlencode(query)}" if query else f"/orders/{found.order_id}")


async def keep_view(desk: Desk, request: Request) -> Response:
    """`POST /queue/views`: a name for how the queue is looked at, or none any more."""
    caller, service, form = caller_in(request), desk.service(), await form_of(request)
    look, name = Look.of(form.get("from", "")), form.get("name", "").strip()[:100]
    try:
        if form.get("forget"):
            await desk.in_thread(service.desk.forget_view, caller.name, form["forget"][:100])
        elif name:
            there = await reading(service, lambda connection: reviews.views_of(connection, caller.name))
            if len(there) < VIEWS or name in {view.name for view in there}:
                await desk.in_thread(service.desk.keep_view, caller.name, View(name, dict(look.chosen)))
    except Unavailable as trouble:
        return away(request, trouble)
    return to(look.path())


def _row(one: Listed, names: Mapping[str, str], caller: Caller, now: datetime) -> Row:
    soon = one.due_at is not None and one.due_at - now < SOON
    holder = one.claim.holder if one.claim else one.assignee
    return Row(one, soon, called(holder, names, caller), holder == caller.name)


def _choices(name: str, found: Found, look: Look, caller: Caller, rules: Mapping[str, str]) -> list[Choice]:
    chosen = look.chosen.get(name, "")
    told = [
        Choice(_title(name, one["value"], found.names, rules), one["count"], look.path(**{name: one["value"]}), False)
        for one in found.facets["facets"][name]
        if one["count"] and one["value"]
    ]
    if not chosen:
        return told
    whose = caller.name if chosen == "me" else chosen
    count = next((one["count"] for one in found.facets["facets"][name] if one["value"] == whose), 0)
    kept = Choice(_title(name, chosen, found.names, rules), count, look.path(**{name: ""}), True)
    return [kept, *(replace(one, chosen=False) for one in told if one.title != kept.title)]


def _title(name: str, value: str, names: Mapping[str, str], rules: Mapping[str, str]) -> str:
    match name:
        case "kind":
            return _kind(value, rules)
        case "age":
            return AGES.get(value, value)
        case "field":
            return _label(value)
        case "assignee":
            return {"-": "nobody's", "me": "mine", "local": "this machine's"}.get(value) or names.get(value, value)
        case _:
            return value


def _kind(value: str, rules: Mapping[str, str]) -> str:
    """Items that are decided alike, by what is wrong with them."""
    codes = [piece.partition("@")[0] for piece in value.split("+")]
    return ", ".join(dict.fromkeys(rules.get(code, code) for code in codes))


def _label(path: str) -> str:
    try:
        return label(path)
    except ValueError:
        return path


def _place(told: str) -> Place | None:
    """Where a page begins; from the first on where that is none."""
    rank, mark, id_ = told.partition("~")
    try:
        place: Any = float.fromhex(rank) if mark else None
    except (ValueError, OverflowError):
        return None
    return Place(place, id_) if place is not None and isfinite(place) else None
