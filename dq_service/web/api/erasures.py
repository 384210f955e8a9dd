"""`POST /v1/erasures`: a recipient forgotten; what would go is told first."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from dq_service.order import JSON
from dq_service.service import erasure
from dq_service.service.errands import Declined
from dq_service.service.instants import instant_text
from dq_service.service.recipient import Recipient, recipient
from dq_service.service.running import Service
from dq_service.web.api.answers import as_json, in_thread
from dq_service.web.api.problem import Refusal
from dq_service.web.api.schema import Instant, problem


class Wanted(BaseModel):
    """Who is to be forgotten: whoever has this phone, or this e-mail address, or this name at this postal code."""

    model_config = ConfigDict(extra="forbid")
    phone: str = Field(default="", max_length=100)
    email: str = Field(default="", max_length=320)
    name: str = Field(default="", max_length=200)
    postal_code: str = Field(default="", max_length=20)
    basis: str = Field(default="", max_length=erasure.LONGEST_BASIS, description="why, for the audit log: a number")
    under_way: bool = Field(default=False, description="true: orders that are under way go, too")
    dry_run: bool = Field(default=True, description="false: it is done; nobody can take it back")


class Theirs(BaseModel):
    """An order that names them."""

    id: str
    partner: str
    received_id: str
    lifecycle: str
    changed_at: Instant
    under_way: bool


class Erasure(BaseModel):
    """What is there of them, and what was deleted of it: nothing in a dry run."""

    orders: list[Theirs]
    audit_lines: int = Field(description="lines of the audit log that name them, beside those about the orders")
    dry_run: bool
    erased: int = Field(description="orders that were deleted")
    left: int = Field(description="orders that are under way and were left")
    scrubbed: bool = Field(description="no byte of them is left in the database's files")


_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": Erasure},
    422: problem("That could be anybody, or the body has another form."),
    503: problem("Orders cannot be read or deleted now."),
}


def erasures(service: Callable[[], Service]) -> APIRouter:
    """The call, for a service; `service()` raises Refusal 503 while there is none."""
    router = APIRouter(prefix="/v1", tags=["erasures"])

    @router.post("/erasures", operation_id="erase_recipient", summary="Forget a recipient", responses=_ANSWERS)
    async def erase(wanted: Wanted, request: Request) -> Response:
        running = service()
        try:
            who = recipient(wanted.phone, wanted.email, wanted.name, wanted.postal_code)
            if who.named_in(wanted.basis):
                raise Declined("the basis names them; a number of the request is wanted")
        except (ValueError, Declined) as wrong:
            text = str(wrong)
            raise Refusal(422, f"{text[:1].upper()}{text[1:]}.") from None
        by = request.scope["state"]["caller"].name
        return as_json(await in_thread(_carried_out, running, wanted, who, by))

    return router


def _carried_out(running: Service, wanted: Wanted, who: Recipient, by: str) -> JSON:
    now: datetime = running.clock()
    found = erasure.find(running.database, who, now)
    going = [one.id for one in found.orders if wanted.under_way or not one.under_way]
    done = erasure.Erased(0, 0, 0, False)
    if not wanted.dry_run:
        done = erasure.erase(running.database, going, found.lines, by=by, basis=wanted.basis, now=now)
    return {
        "orders": [
            {
                "id": one.id,
                "partner": one.partner,
                "received_id": one.received_id,
                "lifecycle": one.lifecycle,
                "changed_at": instant_text(one.changed_at),
                "under_way": one.under_way,
            }
            for one in found.orders
        ],
        "audit_lines": len(found.lines),
        "dry_run": wanted.dry_run,
        "erased": done.orders,
        "left": len(found.orders) - len(going),
        "scrubbed": done.scrubbed,
    }
