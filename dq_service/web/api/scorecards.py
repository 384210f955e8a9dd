"""Scorecards: how good orders are, as JSON or CSV, the orders behind a figure, and what a partner says is not so."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from dq_service.intake.write import harmless
from dq_service.order import JSON
from dq_service.result import Verdict
from dq_service.service import disputes
from dq_service.service.access import Caller
from dq_service.service.instants import instant_text
from dq_service.service.running import Service
from dq_service.service.scorecards import Card, Mean, Rate, Scorecard, Wanted, bounds, scorecard, spread
from dq_service.store import figures
from dq_service.store.figures import Backlog, Behind, By
from dq_service.web.api.answers import as_json, in_thread
from dq_service.web.api.asking import caller_of, partner_for
from dq_service.web.api.problem import Refusal
from dq_service.web.api.schema import problem

Table = Literal["days", "causes", "parts"]

PATH: Final = "/v1/scorecards"
BEHIND: Final = f"{PATH}/orders"
_NAME: Final = 200
_RATES: Final = ("first_pass", "repaired", "by_person", "in_review", "rejected", "refused")


class Disputed(BaseModel):
    """A finding that is wrong: what a rule says of an order."""

    model_config = ConfigDict(extra="forbid")
    order_id: str = Field(min_length=1, max_length=_NAME)
    rule: str = Field(min_length=1, max_length=_NAME)
    reason: str = Field(default="", max_length=1000, description="why it is right as it is")


_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
    403: problem("Another partner's, or not for this caller."),
    422: problem("The days are none, too many, or the wrong way round."),
}


def scorecards(service: Callable[[], Service], timezone_of: Callable[[str], str]) -> APIRouter:
    """The calls; `service()` raises Refusal 503 while there is none, `timezone_of` a partner is "" without one."""
    router = APIRouter(prefix="/v1", tags=["scorecards"])

    @router.get("/scorecards", operation_id="get_scorecard", summary="How good orders are", responses=_ANSWERS)
    async def card(
        request: Request,
        partner: Annotated[str, Query(max_length=_NAME)] = "",
        account: Annotated[str | None, Query(max_length=_NAME)] = None,
        channel: Annotated[str | None, Query(max_length=_NAME)] = None,
        rule: Annotated[str, Query(max_length=_NAME)] = "",
        dimension: Annotated[str, Query(max_length=_NAME)] = "",
        begin: Annotated[date | None, Query(alias="from", description="first day, the partner's own")] = None,
        end: Annotated[date | None, Query(alias="to", description="last day; default: today")] = None,
        by: By = "partner",
        counted: Annotated[Literal["all", "partner"], Query(description="partner: only what it answers for")] = "all",
        format: Literal["json", "csv"] = "json",
        table: Annotated[Table, Query(description="which table the CSV is")] = "days",
    ) -> Response:
        caller, running = caller_of(request.scope), service()
        wanted = wanted_of(
            caller, partner, account=account, channel=channel, rule=rule, dimension=dimension, begin=begin, end=end,
            by=by, theirs=counted == "partner",
        )  # fmt: skip
        found = await asked(running, wanted, timezone_of)
        if format == "csv":
            name = f"scorecard-{found.begin}-{found.end}-{table}.csv"
            return Response(as_csv(found, table), 200, {"Content-Disposition": f'attachment; filename="{name}"'},
                            "text/csv; charset=utf-8")  # fmt: skip
        return as_json(told(found, wanted, running.clock()))

    @router.get("/scorecards/orders", operation_id="list_orders_behind", summary="The orders behind a figure",
                responses={403: _ANSWERS[403], 422: _ANSWERS[422]})  # fmt: skip
    async def orders(
        request: Request,
        partner: Annotated[str, Query(max_length=_NAME)] = "",
        account: Annotated[str | None, Query(max_length=_NAME)] = None,
        rule: Annotated[str, Query(max_length=_NAME)] = "",
        verdict: Verdict | None = None,
        begin: Annotated[date | None, Query(alias="from")] = None,
        end: Annotated[date | None, Query(alias="to")] = None,
        after: Annotated[str, Query(max_length=100, description="`next` of the page before")] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Response:
        caller, running = caller_of(request.scope), service()
        wanted = wanted_of(caller, partner, account=account, rule=rule, begin=begin, end=end)
        try:
            place = running.cursors.place(after, "orders", caller) if after else None
        except ValueError:
            raise Refusal(400, "`after` wants what `next` of a page said.", parameter="after") from None
        found, more = await behind(running, wanted, timezone_of, verdict or "", place, limit)
        told = [_behind(one) for one in found]
        return as_json({"orders": told, "next": None if more is None else running.cursors.told(more, "orders", caller)})

    @router.post("/findings/dispute", operation_id="dispute", summary="A finding is wrong, says its partner",
                 responses={404: problem("There is no such order, or no such finding of it.")})  # fmt: skip
    async def dispute(said: Disputed, request: Request) -> Response:
        caller, running = caller_of(request.scope), service()
        try:
            done = await in_thread(
                disputes.dispute, running.database, caller, said.order_id, said.rule, said.reason, running.clock()
            )
        except disputes.NoSuchFinding as wrong:
            order = str(wrong) == "order"
            text = "There is no such order." if order else "This rule says nothing of it that the partner caused."
            raise Refusal(404, text, reason="unknown" if order else "finding") from None
        return as_json(asdict(done))

    return router


def wanted_of(caller: Caller, partner: str, *, theirs: bool = False, **more: Any) -> Wanted:
    """What a caller may see of what they want: a partner its own alone, and what it answers for. Raises Refusal 403."""
    own = partner_for(caller, partner)
    return Wanted(own, theirs=theirs or caller.partner is not None, nobodys=caller.test, **more)


async def asked(running: Service, wanted: Wanted, timezone_of: Callable[[str], str]) -> Scorecard:
    """The scorecard, asked in a thread. Raises Refusal 422, 503."""

    def ask() -> Scorecard:
        with running.database.reading() as connection:
            return scorecard(connection, wanted, timezone_of, running.clock())

    try:
        return await in_thread(ask)
    except ValueError as wrong:
        raise Refusal(422, f"`from` and `to`: it {wrong}.") from None


async def behind(
    running: Service,
    wanted: Wanted,
    timezone_of: Callable[[str], str],
    verdict: str,
    after: int | None,
    limit: int,
) -> tuple[Sequence[Behind], int | None]:
    """The orders behind a figure, and where to go on. Raises Refusal 422, 503."""
    timezone = timezone_of(wanted.partner) if wanted.partner else ""
    try:
        begin, end = spread(wanted, timezone, running.clock())
    except ValueError as wrong:
        raise Refusal(422, f"`from` and `to`: it {wrong}.") from None
    days = bounds(begin, end, timezone)
    whose = [] if wanted.nobodys else [wanted.partner] if wanted.partner else None

    def ask() -> tuple[Sequence[Behind], int | None]:
        with running.database.reading() as connection:
            return figures.behind(
                connection, whose, days[0], days[-1], account=wanted.account, rule=wanted.rule, verdict=verdict,
                after=after, limit=limit,
            )  # fmt: skip

    return await in_thread(ask)


def told(found: Scorecard, wanted: Wanted, now: datetime) -> JSON:
    """A scorecard as the API tells it."""
    query = {"partner": found.partner, "account": wanted.account, "from": str(found.begin), "to": str(found.end)}
    return {
        "partner": found.partner or None,
        "account": wanted.account,
        "channel": wanted.channel,
        "timezone": found.timezone if found.partner else None,
        "from": str(found.begin),
        "to": str(found.end),
        "counted": "partner" if found.theirs else "all",
        **_card(found.card),
        "backlog": backlog_told(found.backlog, now),
        "days": [
            {"day": str(day.day), **({} if day.card is None else _card(day.card)),
             **({} if day.found is None else {"found": asdict(day.found)})}
            for day in found.days
        ],
        "causes": [
            {**asdict(cause), "orders": path_of(BEHIND, {**query, "rule": cause.rule})} for cause in found.causes
        ],
        wanted.by + "s": {name: _card(card) for name, card in found.parts.items()},
    }  # fmt: skip


def path_of(path: str, query: Mapping[str, Any]) -> str:
    """A path with the query's values that there are."""
    return f"{path}?{urlencode({name: value for name, value in query.items() if value})}"


def backlog_told(backlog: Backlog, now: datetime) -> JSON:
    """What waits now, with its age in seconds."""
    ages = dict(zip(("up_to_1h", "up_to_4h", "up_to_1d", "longer"), backlog.ages, strict=True))
    return {
        "orders": backlog.n,
        "oldest_seconds": None if backlog.oldest is None else round((now - backlog.oldest).total_seconds()),
        "median_seconds": None if backlog.middle is None else round((now - backlog.middle).total_seconds()),
        "ages": ages,
        "escalated": backlog.escalated,
    }


def _card(card: Card) -> JSON:
    return asdict(card)


def _behind(one: Behind) -> JSON:
    told = asdict(one)
    told.pop("place")
    return {**told, "received_at": instant_text(one.received_at), "receipt": f"/v1/orders/{one.id}/receipt"}


def as_csv(found: Scorecard, table: Table) -> bytes:
    """One of a scorecard's tables; no cell is a formula to a spreadsheet."""
    if table == "causes":
        rows: Iterable[Sequence[Any]] = [
            (one.rule, one.dimension, *_cells(one.rate), one.disputed, one.not_evaluated) for one in found.causes
        ]
        return _csv(("rule", "dimension", *_rate_names("orders"), "disputed", "not_evaluated"), rows)
    head = ("orders", *_mean_names("received"), *_mean_names("sent"))
    head += tuple(name for rate in _RATES for name in _rate_names(rate))
    if table == "parts":
        return _csv(("name", *head), [(name, *_of_card(card)) for name, card in found.parts.items()])
    return _csv(("day", *head), [(day.day, *_of_card(day.card)) for day in found.days])


def _of_card(card: Card | None) -> Sequence[Any]:
    if card is None:
        return ["0"]
    rates = [cell for name in _RATES for cell in _cells(getattr(card, name))]
    return [card.orders, *_cells(card.received["overall"]), *_cells(card.sent["overall"]), *rates]


def _cells(one: Rate | Mean) -> Sequence[Any]:
    first = one.count if isinstance(one, Rate) else one.mean
    return [first, one.n, one.low, one.high]


def _rate_names(name: str) -> tuple[str, ...]:
    return (name, f"{name}_of", f"{name}_low", f"{name}_high")


def _mean_names(name: str) -> tuple[str, ...]:
    return (f"score_{name}", f"score_{name}_of", f"score_{name}_low", f"score_{name}_high")


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        cells = ["" if cell is None else harmless(str(cell)) for cell in row]
        writer.writerow(cells + [""] * (len(head) - len(cells)))
    return out.getvalue().encode()
