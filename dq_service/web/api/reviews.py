"""The review queue: listed and searched, items claimed, decided, undone, assigned and spoken about; views of it.

Everything that a page does there, a program can do here; both ask the desk.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from math import isfinite
from typing import Annotated, Any, Final, Literal, TypeVar

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.responses import Response

from dq_service.intake.json_text import read as read_json
from dq_service.order import JSON
from dq_service.service.access import Caller
from dq_service.service.commands import Refused
from dq_service.service.instants import instant_text
from dq_service.service.ledger import Overloaded
from dq_service.service.reviews import listing
from dq_service.service.reviews.decisions import REASONS, Denied, Wish
from dq_service.service.reviews.desk import Undone
from dq_service.service.reviews.items import order_id
from dq_service.service.reviews.listing import LONGEST_PAGE
from dq_service.service.running import Service
from dq_service.store import access, queue, reviews
from dq_service.store.in_review import Claim, View
from dq_service.store.kept import Kept
from dq_service.store.queue import Age, Filter, Place
from dq_service.store.trouble import Unavailable
from dq_service.web.api.answers import as_json, in_thread
from dq_service.web.api.asking import caller_of, partner_for, unavailable
from dq_service.web.api.problem import Refusal
from dq_service.web.api.schema import problem

T = TypeVar("T")

_NAME: Final = 200
_REASON: Final = 1000
_VIEWS: Final = 50  # of one person
_STATUS: Final[Mapping[str, int]] = {"unknown": 404, "older": 412, "invalid": 422}


class Looked(BaseModel):
    """A way to look at the queue, as the list's parameters have it."""

    model_config = ConfigDict(extra="forbid")
    partner: str = Field(default="", max_length=_NAME)
    rule: str = Field(default="", max_length=_NAME)
    field: str = Field(default="", max_length=_NAME)
    age: Age | Literal[""] = ""
    assignee: str = Field(default="", max_length=_NAME)
    state: Literal["", "held", "waiting"] = ""
    kind: str = Field(default="", max_length=1000)
    q: str = Field(default="", max_length=_NAME)

    def filter(self, caller: Caller) -> Filter:
        """Which items they mean. Raises Refusal 403 for another partner's."""
        words = tuple(self.q.casefold().split()[:8])
        whose = caller.name if self.assignee == "me" else self.assignee
        return Filter(
            partner_for(caller, self.partner), self.rule, self.field, self.age, whose, self.state, self.kind, words,
            caller.test,
        )  # fmt: skip


class Listed(Looked):
    """Which page of them. Without `counts` no facets are told, as who only goes on needs none."""

    after: str = Field(default="", max_length=200, description="`next` of the page before")
    limit: int = Field(default=50, ge=1, le=LONGEST_PAGE)
    counts: bool = True


class Named(BaseModel):
    """In whose name, on this machine, where nobody signs in."""

    model_config = ConfigDict(extra="forbid")
    by: str = Field(default="", max_length=_NAME)


class Wanted(Looked):
    """Of which items the next one is wanted, and in whose name."""

    by: str = Field(default="", max_length=_NAME)


class Decided(Named):
    """What is done with an item, as it was seen at a revision.

    `choices` are suggestions by number: `{"3": 1}` is the first suggestion of the third finding. `changes` are values
    by field, null empties one. An `accept` without either takes all that are sure and touch no protected field.
    """

    decision: Literal["accept", "edit", "release", "refuse", "skip", "second_opinion"]
    revision: int = Field(ge=1)
    changes: dict[str, Any] = Field(default_factory=dict, max_length=100)
    choices: dict[int, int] = Field(default_factory=dict, max_length=100)
    reason: str = Field(default="", max_length=_REASON)


class Taken(Named):
    """Why a decision is taken back."""

    reason: str = Field(default="", max_length=_REASON)


class Assigned(Named):
    """Whose item it is: a user's name or id, "me", or "" for nobody's."""

    to: str = Field(default="", max_length=_NAME)


class Said(Named):
    """Something said beside an order."""

    text: str = Field(min_length=1, max_length=4000)


class Tried(Named):
    """Values of fields, to see what they would make of the order."""

    changes: dict[str, Any] = Field(default_factory=dict, max_length=100)


_MISSING: Final[dict[int | str, dict[str, Any]]] = {404: problem("There is no such item.")}
_CONFLICTS: Final[dict[int | str, dict[str, Any]]] = {
    **_MISSING,
    409: problem("Somebody else has it, or was quicker; `reason`, `by` and more say who and until when."),
    412: problem("The order is at another revision; `fields` and `by` tell what has moved."),
}


def review_queue(service: Callable[[], Service]) -> APIRouter:
    """The calls, for a service; `service()` raises Refusal 503 while there is none."""
    router = APIRouter(prefix="/v1/reviews", tags=["reviews"])

    @router.get("", operation_id="list_reviews", summary="Orders in review, what waiting costs most first")
    async def items(request: Request, looked: Annotated[Listed, Query()]) -> Response:
        caller, running = caller_of(request.scope), service()
        wanted, place = looked.filter(caller), _place(looked.after)
        now = running.clock()

        def read() -> JSON:
            with running.database.reading() as connection:
                page = listing.page(connection, wanted, now, place, looked.limit)
                told: JSON = {"reviews": page.items, "next": _told(page.next)}
                if looked.counts:
                    counted = running.desk.counting.of(connection, wanted, now)
                    told |= listing.facets(counted, wanted)
                    told["others"] = listing.others(connection, wanted, caller.name, now)
                return told | {"names": listing.names(connection)}

        return as_json(await in_thread(read))

    @router.get("/views", operation_id="list_views", summary="One's own views of the queue, and reasons to choose from")
    async def views(request: Request) -> Response:
        caller, running = caller_of(request.scope), service()
        found = await _read(running, lambda connection: reviews.views_of(connection, caller.name))
        told = [{"name": view.name, "query": dict(view.query)} for view in found]
        return as_json({"views": told, "reasons": {kind: list(texts) for kind, texts in REASONS.items()}})

    @router.put("/views/{name}", operation_id="keep_view", summary="Names a view of the queue", status_code=204)
    async def keep_view(name: str, looked: Looked, request: Request) -> Response:
        caller, running = caller_of(request.scope), service()
        if not 1 <= len(name) <= 100:
            raise Refusal(422, "A view's name has 1 to 100 characters.")
        there = await _read(running, lambda connection: reviews.views_of(connection, caller.name))
        if len(there) >= _VIEWS and name not in {view.name for view in there}:
            raise Refusal(409, f"There are {_VIEWS} views already.", reason="many")
        query = {key: value for key, value in looked.model_dump().items() if value}
        await in_thread(running.desk.keep_view, caller.name, View(name, query))
        return Response(status_code=204)

    @router.delete("/views/{name}", operation_id="forget_view", summary="Forgets a view", status_code=204)
    async def forget_view(name: str, request: Request) -> Response:
        if not await in_thread(service().desk.forget_view, caller_of(request.scope).name, name):
            raise Refusal(404, "There is no such view.", reason="unknown")
        return Response(status_code=204)

    @router.post("/next", operation_id="next_review", summary="The next item for whoever asks, claimed for them")
    async def following(request: Request, wanted: Wanted | None = None) -> Response:
        caller, running, asked = caller_of(request.scope), service(), wanted or Wanted()
        found = await in_thread(running.desk.claim_next, asked.filter(caller), _who(caller, asked.by))
        return as_json({"review": None if found is None else listing.brief(found, running.clock())})

    @router.get("/{id}", operation_id="get_review", summary="An item whole", responses=_MISSING)
    async def whole(id: str, request: Request) -> Response:
        caller, running = caller_of(request.scope), service()

        def read(connection: Connection) -> JSON:
            return listing.whole(connection, _there(connection, id, caller), running.clock())

        return as_json(await _read(running, read))

    @router.post(
        "/{id}/claim",
        operation_id="claim",
        summary="Opens an item, or says again that one has it",
        responses=_CONFLICTS,
    )
    async def claim(id: str, request: Request, named: Named | None = None) -> Response:
        caller, running = caller_of(request.scope), service()
        by = _who(caller, (named or Named()).by)
        await _checked(running, id, caller)
        found = await in_thread(running.desk.claim, order_id(id), by, trial=caller.test)
        if found is None:
            item = await _read(running, lambda one: queue.item(one, order_id(id), running.clock(), trial=caller.test))
            if item is None:
                raise Refusal(404, "There is no such item.", reason="unknown")
            raise Refusal(409, "Somebody has decided this already.", reason="decided")
        if found.holder != by:
            raise _claimed(found, running.clock())
        return as_json({"claim": listing.claim_told(found, running.clock())})

    @router.post("/{id}/unclaim", operation_id="unclaim", summary="Leaves an item to others", responses=_MISSING)
    async def unclaim(id: str, request: Request, named: Named | None = None) -> Response:
        caller, running = caller_of(request.scope), service()
        await _checked(running, id, caller)
        free = await in_thread(running.desk.unclaim, order_id(id), _who(caller, (named or Named()).by))
        return as_json({"free": free})

    @router.post(
        "/{id}/decide", operation_id="decide", summary="What is done with an item, after a delay", responses=_CONFLICTS
    )
    async def decide(id: str, said: Decided, request: Request) -> Response:
        caller, running = caller_of(request.scope), service()
        await _checked(running, id, caller)
        wish = Wish(said.decision, said.revision, _plain(said.changes), said.choices, said.reason)
        made = await _denied(
            in_thread(running.desk.decide, order_id(id), wish, _who(caller, said.by), trial=caller.test)
        )
        return as_json({"decision": listing.decision_told(made)})

    @router.post("/{id}/undo", operation_id="undo", summary="Takes the last decision back", responses=_CONFLICTS)
    async def undo(id: str, request: Request, taken: Taken | None = None) -> Response:
        caller, running, said = caller_of(request.scope), service(), taken or Taken()
        await _checked(running, id, caller)
        by = _who(caller, said.by)
        undone = await _denied(running.desk.undo(order_id(id), by, reason=said.reason, trial=caller.test))
        return as_json(_undone(undone))

    @router.post("/{id}/preview", operation_id="preview", summary="What values would make of it", responses=_CONFLICTS)
    async def preview(id: str, tried: Tried, request: Request) -> Response:
        caller, running = caller_of(request.scope), service()
        await _checked(running, id, caller)
        by = _who(caller, tried.by)
        step = await _denied(running.desk.preview(order_id(id), _plain(tried.changes), by, caller.sees))
        return as_json(read_json(step.after.result))

    @router.post("/{id}/assign", operation_id="assign", summary="Whose item it is", responses=_MISSING)
    async def assign(id: str, given: Assigned, request: Request) -> Response:
        caller, running = caller_of(request.scope), service()
        await _checked(running, id, caller)
        assignee = await _read(running, lambda connection: _assignee(connection, given.to, caller))
        if not await in_thread(running.desk.assign, order_id(id), assignee, trial=caller.test):
            raise Refusal(404, "There is no such item.", reason="unknown")
        return as_json({"assignee": assignee})

    @router.post("/{id}/comments", operation_id="comment", summary="Says something beside it", responses=_MISSING)
    async def comment(id: str, said: Said, request: Request) -> Response:
        caller, running = caller_of(request.scope), service()
        kept = await _read(running, lambda connection: _there(connection, id, caller))
        made = await _denied(in_thread(running.desk.comment, kept.id, _who(caller, said.by), said.text))
        return as_json({"comment": listing.comment_told(made)})

    return router


def _who(caller: Caller, by: str) -> str:
    """Whose claim or decision it is."""
    return (caller.signed(by) if by else "") or caller.name


def _assignee(connection: Connection, to: str, caller: Caller) -> str:
    """Somebody by the name of their Caller. Raises Refusal 404 for nobody that there is."""
    if to in ("", "me"):
        return caller.name if to else ""
    name = to.removeprefix("user:")
    user = access.user(connection, id=name) or access.user(connection, name=name.casefold())
    if user is None or user.disabled_at is not None:
        raise Refusal(404, "There is no such user.", reason="user")
    return f"user:{user.id}"


async def _checked(running: Service, review: str, caller: Caller) -> None:
    """Raises Refusal 404 where this is another partner's; most callers may see all, and then nothing is asked."""
    if caller.partner is not None:
        await _read(running, lambda connection: _there(connection, review, caller))


def _there(connection: Connection, review: str, caller: Caller) -> Kept:
    kept = listing.kept_order(connection, order_id(review))
    if kept is None or not caller.sees(kept.identity.partner, kept.identity.trial):
        raise Refusal(404, "There is no such item.", reason="unknown")
    return kept


async def _denied(made: Awaitable[T]) -> T:
    """What it comes to. Raises Refusal for what cannot be done as things stand."""
    try:
        return await made
    except Denied as denied:
        raise Refusal(_STATUS.get(denied.why, 409), f"{denied.text[0].upper()}{denied.text[1:]}.", reason=denied.why,
                      **denied.said) from None  # fmt: skip
    except Refused as refused:
        status = {"unknown": 404, "older": 412}.get(refused.reason, 409)
        raise Refusal(status, refused.text, reason=refused.reason) from None
    except Overloaded:
        raise Refusal(503, "More is waiting than can be done soon.", {"Retry-After": "1"}) from None
    except Unavailable as trouble:
        raise unavailable(trouble) from None


def _undone(undone: Undone) -> JSON:
    """What was taken back; of what had taken effect, how the order stands now and what its destination had."""
    step = undone.step
    if step is None or step.before is None:
        return {"decision": listing.decision_told(undone.decision), "recalled": False, "acknowledged": None}
    said = step.before.acknowledged
    taken = None if said is None else {"revision": said.revision, "by": said.by, "at": instant_text(said.at)}
    return {
        "decision": listing.decision_told(undone.decision),
        "recalled": undone.recalled,
        "acknowledged": taken,
        "lifecycle": step.after.lifecycle,
        "revision": step.after.revision,
    }


def _claimed(claim: Claim, now: datetime) -> Refusal:
    told = listing.claim_told(claim, now) or {}
    return Refusal(409, "Somebody else has this open.", reason="claimed", **told)


def _plain(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON has them. Raises Refusal 422 for numbers that are none."""
    waiting: list[Any] = list(changes.values())
    while waiting:
        value = waiting.pop()
        if isinstance(value, float) and not isfinite(value):
            raise Refusal(422, "A number that is none.")
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return dict(changes)


def _told(place: Place | None) -> str | None:
    return None if place is None else f"{place.rank.hex().replace('+', '')}~{place.order_id}"


def _place(told: str) -> Place | None:
    """Where a page begins. Raises Refusal 400 for what no page has told."""
    if not told:
        return None
    rank, mark, id_ = told.partition("~")
    try:
        if not mark or not isfinite(place := float.fromhex(rank)):
            raise ValueError
    except (ValueError, OverflowError):
        raise Refusal(400, "`after` wants what `next` of a page said.", parameter="after") from None
    return Place(place, id_)


async def _read(running: Service, read: Callable[[Connection], T]) -> T:
    def reading() -> T:
        with running.database.reading() as connection:
            return read(connection)

    return await in_thread(reading)
