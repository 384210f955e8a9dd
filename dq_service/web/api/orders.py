"""Kept orders: looked up, listed, called off, acknowledged, judged again; what was changed in them, and taken back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote, unquote

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.responses import Response

from dq_service.intake.json_text import read as read_json
from dq_service.order import JSON
from dq_service.service.access import Caller
from dq_service.service.commands import Acknowledge, Cancel, Command, Revert
from dq_service.service.cursors import Of
from dq_service.service.group import Asked
from dq_service.service.ledger import Overloaded
from dq_service.service.lookup import Cursor, Page, described, listed, receipt_of
from dq_service.service.rechecks import MOST, recheck
from dq_service.service.running import Service
from dq_service.store import orders as stored
from dq_service.store.kept import Identity, Kept, Lifecycle
from dq_service.store.trouble import Unavailable
from dq_service.web.api.answers import as_json, in_thread
from dq_service.web.api.asking import caller_of, carried_out, partner_for, revision_of, unavailable
from dq_service.web.api.problem import Refusal
from dq_service.web.api.schema import problem

T = TypeVar("T")

LONGEST_PAGE: Final = 500
_NAME: Final = 200  # characters of a person's or a destination's name


class Called(BaseModel):
    """Who calls an order off, and why."""

    model_config = ConfigDict(extra="forbid")
    by: str = Field(default="", max_length=_NAME)
    reason: str = Field(default="", max_length=1000)


class Acknowledged(BaseModel):
    """What a destination has: a revision; `frozen`: from now on nothing is changed any more, only offered."""

    model_config = ConfigDict(extra="forbid")
    revision: int = Field(ge=1)
    by: str = Field(default="", max_length=_NAME)
    frozen: bool = False


class Taking(BaseModel):
    """What is taken back: one change of the receipt by its id, or all that the machine changed."""

    model_config = ConfigDict(extra="forbid")
    change: str = Field(default="", max_length=_NAME)
    machine: bool = False
    by: str = Field(default="", max_length=_NAME)
    reason: str = Field(default="", max_length=1000)


class Wanted(BaseModel):
    """Which orders are looked at again: those that are not over, or of one lifecycle; from a cursor on."""

    model_config = ConfigDict(extra="forbid")
    dry_run: bool = False
    lifecycle: Lifecycle | None = None
    partner: str = Field(default="", max_length=_NAME)
    after: str = Field(default="", max_length=100, description="`next` of the call before")
    limit: int = Field(default=MOST, ge=1, le=MOST)


_MISSING: Final[dict[int | str, dict[str, Any]]] = {404: problem("There is no such order.")}
_CONFLICTS: Final[dict[int | str, dict[str, Any]]] = {
    **_MISSING,
    400: problem("If-Match is no list of entity tags."),
    409: problem("Not as the order stands; `reason` says why."),
    412: problem("The order is at another revision than If-Match or the body says."),
}

_NO_PLACE: Final[dict[int | str, dict[str, Any]]] = {400: problem("`after` is not what `next` of a page said.")}


def kept_orders(service: Callable[[], Service]) -> APIRouter:
    """The calls, for a service; `service()` raises Refusal 503 while there is none."""
    router = APIRouter(prefix="/v1", tags=["orders"])

    @router.get(
        "/orders",
        operation_id="list_orders",
        summary="Orders in brief, in the order in which they last changed",
        responses=_NO_PLACE,
    )
    async def orders(
        request: Request,
        lifecycle: Lifecycle | None = None,
        changed_since: Annotated[datetime | None, Query(description="an instant with an offset")] = None,
        partner: Annotated[str, Query(max_length=_NAME)] = "",
        after: Annotated[str, Query(max_length=100, description="`next` of the page before")] = "",
        limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 100,
        received_id: Annotated[str | None, Query(description="the one order of this name, with the two below")] = None,
        account: str = "",
        shipment_id: str = "",
    ) -> Response:
        since = _instant(changed_since)
        caller, running = caller_of(request.scope), service()
        partner = partner_for(caller, partner)
        place = _place(running, after, "orders", caller)
        if received_id is None and (account or shipment_id):
            raise Refusal(422, "account and shipment_id name an order together with received_id.")
        identity = None if received_id is None else Identity(partner, account, received_id, shipment_id, caller.test)

        def read(connection: Connection) -> Page:
            return listed(
                connection,
                lifecycle=lifecycle,
                changed_since=since,
                partner=partner if identity is None else "",
                trial=caller.test,
                after=place,
                limit=limit,
                identity=identity,
                told=lambda place: running.cursors.told(place, "orders", caller),
            )

        page = await _read(running, read)
        return as_json({"orders": page.orders, "next": page.next, "cursor": page.cursor})

    @router.get("/orders/{id}", operation_id="get_order", summary="An order as it stands", responses=_MISSING)
    async def order(id: str, request: Request) -> Response:
        caller = caller_of(request.scope)
        return _described(await _read(service(), lambda connection: _there(stored.get(connection, id), caller)))

    @router.get(
        "/partners/{partner:path}/orders/{received_id:path}",
        operation_id="find_order",
        summary="An order by what its sender calls it; a slash in a partner's name is sent as %2F",
        responses=_MISSING,
    )
    async def found(
        request: Request, partner: str, received_id: str, account: str = "", shipment_id: str = ""
    ) -> Response:
        partner, received_id = _named(request)
        caller = caller_of(request.scope)
        identity = Identity(partner_for(caller, partner), account, received_id, shipment_id, caller.test)
        return _described(await _read(service(), lambda connection: _there(stored.find(connection, identity), caller)))

    @router.get(
        "/orders/{id}/receipt",
        operation_id="get_receipt",
        summary="Every change made to an order, with its reason and its inverse",
        responses=_MISSING,
    )
    async def receipt(id: str, request: Request) -> Response:
        caller = caller_of(request.scope)

        def read(connection: Connection) -> JSON:
            return receipt_of(connection, _there(stored.get(connection, id, read=read_json), caller))

        return as_json(await _read(service(), read))

    @router.post("/orders/{id}/revert", operation_id="revert", summary="Takes changes back", responses=_CONFLICTS)
    async def revert(id: str, taking: Taking, request: Request) -> Response:
        if bool(taking.change) is taking.machine:
            raise Refusal(422, 'The body wants either {"change": id} or {"machine": true}.')
        caller = caller_of(request.scope)
        command = Revert(
            caller.signed(taking.by),
            change=taking.change,
            machine=taking.machine,
            reason=taking.reason,
            if_match=revision_of(request.scope),
        )
        return await _carried_out(service(), id, command, caller)

    @router.post("/orders/{id}/cancel", operation_id="cancel", summary="Calls an order off", responses=_CONFLICTS)
    async def cancel(id: str, request: Request, called: Called | None = None) -> Response:
        called = called or Called()
        caller = caller_of(request.scope)
        command = Cancel(caller.signed(called.by), called.reason, revision_of(request.scope))
        return await _carried_out(service(), id, command, caller)

    @router.post(
        "/orders/{id}/acknowledge",
        operation_id="acknowledge",
        summary="A destination has a revision, and may want no other",
        responses=_CONFLICTS,
    )
    async def acknowledge(id: str, said: Acknowledged, request: Request) -> Response:
        caller = caller_of(request.scope)
        command = Acknowledge(said.revision, caller.signed(said.by), said.frozen, revision_of(request.scope))
        return await _carried_out(service(), id, command, caller)

    @router.post(
        "/rechecks",
        operation_id="recheck",
        summary="Judges orders again with the rules in force",
        responses=_NO_PLACE,
    )
    async def rechecks(request: Request, wanted: Wanted | None = None) -> Response:
        wanted = wanted or Wanted()
        caller, running = caller_of(request.scope), service()
        partner = partner_for(caller, wanted.partner)
        place = _place(running, wanted.after, "rechecks", caller)
        try:
            done = await recheck(
                running.database,
                running.ledger,
                lifecycle=wanted.lifecycle,
                partner=partner,
                after=place,
                limit=wanted.limit,
                dry=wanted.dry_run,
                trial=caller.test,
                tell=lambda place: running.cursors.told(place, "rechecks", caller),
            )
        except Overloaded:
            raise Refusal(503, "More is waiting than can be looked at soon.", {"Retry-After": "1"}) from None
        except Unavailable as trouble:
            raise unavailable(trouble) from None
        return as_json({"dry_run": wanted.dry_run, "checked": done.checked, "changed": done.changed, "next": done.next})

    return router


async def _read(running: Service, read: Callable[[Connection], T]) -> T:
    """What the database has, read in a thread. Raises Refusal 503."""

    def reading() -> T:
        with running.database.reading() as connection:
            return read(connection)

    return await in_thread(reading)


async def _carried_out(running: Service, id_: str, command: Command, caller: Caller) -> Response:
    step = await carried_out(running.ledger, Asked(command, id=id_, sees=caller.sees))
    return _described(step.after)


def _there(kept: Kept | None, caller: Caller) -> Kept:
    """An order that this caller sees; of another's they are told what they are told of none. Raises Refusal 404."""
    if kept is None or not caller.sees(kept.identity.partner, kept.identity.trial):
        raise Refusal(404, "There is no such order.", reason="unknown")
    return kept


def _named(request: Request) -> tuple[str, str]:
    """Partner and order as the path names them; decoded, it does not tell their slashes from its own."""
    raw: bytes = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    partner, _, received_id = raw.partition(b"/partners/")[2].partition(b"/orders/")
    if b"/" in partner:
        raise Refusal(404, "There is no such order.", reason="unknown")
    return unquote(partner), unquote(received_id)


def _place(running: Service, after: str, of: Of, caller: Caller) -> Cursor | None:
    """Where a page begins. Raises Refusal 400 for a cursor that this caller was not told."""
    try:
        return running.cursors.place(after, of, caller) if after else None
    except ValueError:
        raise Refusal(400, "`after` wants what `next` of a page said.", parameter="after") from None


def _instant(given: datetime | None) -> datetime | None:
    if given is not None and given.tzinfo is None:
        raise Refusal(422, "changed_since wants an instant with an offset: 2026-12-01T18:00:00Z.")
    try:
        return None if given is None else given.astimezone(UTC)
    except OverflowError:
        raise Refusal(422, "changed_since wants an instant that is in the years 1 to 9999 in UTC, too.") from None


def _described(kept: Kept) -> Response:
    return as_json(described(kept), {"ETag": f'"{kept.revision}"'})
