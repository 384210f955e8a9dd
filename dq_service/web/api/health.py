"""`/livez` and `/readyz`: whether the process answers, and whether orders should be sent to it."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from dq_service.service.access import Caller
from dq_service.web.api.installation import Installation
from dq_service.web.api.problem import Refusal
from dq_service.web.api.schema import problem


class Alive(BaseModel):
    """The process answers."""

    status: str = "alive"


class Ready(BaseModel):
    """Orders can be checked and kept."""

    status: str = "ready"
    rulebook: str = Field(description="the version in force, as results name it")
    rules: int
    reference: str = Field(description="the version in force, as results name it")
    migration: str | None = Field(description="the number of the database's schema; null where nothing is kept")
    outbox_age: float | None = Field(description="seconds that the oldest event has waited for its webhook")
    trouble: list[str] = Field(
        description="what wants mending though orders can be sent here: changed files that are not in force, events "
        "that wait too long for their webhook"
    )


def health(installation: Installation) -> APIRouter:
    """The two calls, for an installation. Neither asks the database: they tell what its probe saw last."""
    router = APIRouter(tags=["health"])
    dead: dict[int | str, dict[str, Any]] = {503: problem("The process must be started again.")}
    unready: dict[int | str, dict[str, Any]] = {503: problem("Send no orders here now; `reasons` says why.")}

    @router.get("/livez", operation_id="livez", summary="Whether the process answers", responses=dead)
    async def livez() -> Alive:
        if installation.kept is not None and installation.kept.broken:
            raise Refusal(503, "A part of the service has ended; it must be started again.")
        return Alive()

    @router.get("/readyz", operation_id="readyz", summary="Whether orders can be checked and kept", responses=unready)
    async def readyz(request: Request) -> Ready:
        reasons = installation.unready
        if reasons:
            why = {"reasons": reasons} if _told(request) else {}
            raise Refusal(503, "Send no orders here now.", {"Retry-After": "1"}, **why)
        engine = installation.current().engine
        kept = installation.kept
        standing = kept.probe.seen.standing if kept is not None else None
        return Ready(
            rulebook=engine.rulebook.version,
            rules=len(engine.rulebook.rules),
            reference=engine.reference.version,
            migration=standing.migration if standing is not None else None,
            outbox_age=installation.outbox_age,
            trouble=list(installation.trouble) if _told(request) else [],
        )

    return router


def _told(request: Request) -> bool:
    """Whether the caller is told why: that may name partners and files."""
    caller: Caller | None = request.scope["state"].get("caller")
    return caller is not None and "metrics" in caller.may
