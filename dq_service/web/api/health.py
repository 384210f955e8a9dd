"""`/livez` and `/readyz`: whether the process answers, and whether it can check orders."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dq_service.web.api.installation import Installation
from dq_service.web.api.schema import problem


class Alive(BaseModel):
    """The process answers."""

    status: str = "alive"


class Ready(BaseModel):
    """Orders can be checked."""

    status: str = "ready"
    rulebook: str = Field(description="the version in force, as results name it")
    rules: int
    reference: str = Field(description="the version in force, as results name it")
    trouble: list[str] = Field(description="why changed files are not in force yet; the last good state is")


def health(installation: Installation) -> APIRouter:
    """The two calls, for an installation."""
    router = APIRouter(tags=["health"])
    unready: dict[int | str, dict[str, Any]] = {503: problem("Orders cannot be checked; `reasons` says why.")}

    @router.get("/livez", operation_id="livez", summary="Whether the process answers")
    async def livez() -> Alive:
        return Alive()

    @router.get("/readyz", operation_id="readyz", summary="Whether orders can be checked", responses=unready)
    async def readyz() -> Ready:
        engine = installation.working().engine
        return Ready(
            rulebook=engine.rulebook.version,
            rules=len(engine.rulebook.rules),
            reference=engine.reference.version,
            trouble=list(installation.trouble),
        )

    return router
