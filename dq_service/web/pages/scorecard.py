"""The scorecard as a page: a sentence first, four figures, the trend, the causes, then the tables they come from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dq_service.engine.own_findings import OWN_FINDINGS
from dq_service.service.access import Caller
from dq_service.service.scorecards import Cause, Mean, Rate, Scorecard, Wanted, bounds, scorecard, spread
from dq_service.store import figures
from dq_service.store.figures import Behind
from dq_service.store.trouble import Unavailable
from dq_service.web.pages.chart import bar, trend
from dq_service.web.pages.desk import KEYS, Desk, away, reading
from dq_service.web.pages.page import caller_in, room

PREFIX: Final = "/scorecards"
PARTS: Final = 50  # partners or accounts that are listed
CAUSES: Final = 12
PAGE: Final = 100  # orders behind a figure
WEEK: Final = timedelta(days=7)

TimezoneOf = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at, as it stands in the address."""

    partner: str = ""
    account: str = ""
    rule: str = ""
    begin: str = ""
    end: str = ""
    counted: str = ""

    @classmethod
    def of(cls, request: Request) -> "Look":
        """What the address says."""
        given = request.query_params
        names = {"begin": "from", "end": "to"}
        return cls(**{name: given.get(names.get(name, name), "")[:200] for name in cls.__slots__})

    def path(self, path: str = PREFIX, **changed: str) -> str:
        """The address that says so, with something changed."""
        given = {"partner": self.partner, "account": self.account, "rule": self.rule, "from": self.begin,
                 "to": self.end, "counted": self.counted, **changed}  # fmt: skip
        query = urlencode({name: value for name, value in given.items() if value})
        return f"{path}?{query}" if query else path

    def wanted(self, caller: Caller) -> Wanted:
        """The figures wanted. Raises ValueError for what is no day."""
        begin, end = (date.fromisoformat(text) if text else None for text in (self.begin, self.end))
        return Wanted(
            self.partner if caller.partner is None else caller.partner,
            self.account or None,
            rule=self.rule,
            begin=begin,
            end=end,
            by="account" if self.partner or caller.partner is not None else "partner",
            theirs=caller.partner is not None or self.counted == "partner",
            nobodys=caller.test,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """The figures, those of the last week and of the one before, and whose there are."""

    card: Scorecard
    week: Scorecard
    before: Scorecard
    partners: Sequence[str]


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the four: what it is called, its value, of how many, and between what it lies."""

    title: str
    value: str
    of: str
    between: str


def scorecard_pages(desk: Desk, timezone_of: TimezoneOf) -> Sequence[Route]:
    """The routes; `web/access/needs.py` says what each needs."""

    async def show(request: Request) -> Response:
        request.scope["route"] = pages[0]  # for the log
        return await _show(desk, timezone_of, request)

    async def behind(request: Request) -> Response:
        request.scope["route"] = pages[1]
        return await _behind(desk, timezone_of, request)

    pages = [Route(PREFIX, show, methods=["GET"]), Route(f"{PREFIX}/orders", behind, methods=["GET"])]
    return pages


async def _show(desk: Desk, timezone_of: TimezoneOf, request: Request) -> Response:
    """`GET /scorecards`."""
    caller, look, service = caller_in(request), Look.of(request), desk.service()
    if caller.partner is not None and look.partner not in ("", caller.partner):
        return _trouble(caller, 403, "Not for you", "These are another partner's figures.")
    now = service.clock()
    try:
        wanted = look.wanted(caller)
        found = await reading(service, lambda connection: _find(connection, wanted, timezone_of, now))
    except ValueError:
        return _trouble(caller, 422, "No such days", "A first day that is not after the last is wanted, and a year "
                        "of them at most.")  # fmt: skip
    except Unavailable as trouble:
        return away(request, trouble)
    name_of = _names(desk)
    card = found.card
    most = max((cause.rate.count for cause in card.causes), default=0)
    return room(
        caller, "scorecards", "scorecard.html",
        look=look, card=card, partners=found.partners if caller.partner is None else (),
        sentence=sentence(found, name_of), figures=_figures(card),
        chart=trend(card.days) if card.card.orders else "",
        causes=[(cause, name_of(cause.rule), bar(cause.rate.count, most)) for cause in card.causes[:CAUSES]
                if cause.rate.count],
        orders_path=f"{PREFIX}/orders", csv=look.path("/v1/scorecards", format="csv"),
        csv_causes=look.path("/v1/scorecards", format="csv", table="causes"),
        parts=list(card.parts.items())[:PARTS], by="Account" if card.partner else "Partner",
        more=max(0, len(card.parts) - PARTS), rules=caller.partner is None and "reviews" in caller.may,
        now=now, share=share, score=score, between=between, keys=KEYS,
    )  # fmt: skip


def _find(connection: Connection, wanted: Wanted, timezone_of: TimezoneOf, now: datetime) -> Found:
    card = scorecard(connection, wanted, timezone_of, now)
    last = replace(wanted, begin=card.end - WEEK + timedelta(days=1), end=card.end)
    before = replace(wanted, begin=card.end - 2 * WEEK + timedelta(days=1), end=card.end - WEEK)
    return Found(
        card,
        scorecard(connection, last, timezone_of, now),
        scorecard(connection, before, timezone_of, now),
        figures.partners(connection),
    )


async def _behind(desk: Desk, timezone_of: TimezoneOf, request: Request) -> Response:
    """`GET /scorecards/orders`: the orders behind a figure."""
    caller, look, service = caller_in(request), Look.of(request), desk.service()
    if caller.partner is not None and look.partner not in ("", caller.partner):
        return _trouble(caller, 403, "Not for you", "These are another partner's orders.")
    now, given = service.clock(), request.query_params.get("after", "")
    verdict = request.query_params.get("verdict", "")[:20]
    try:
        wanted = look.wanted(caller)
        timezone = timezone_of(wanted.partner) if wanted.partner else ""
        begin, end = spread(wanted, timezone, now)
        after = service.cursors.place(given, "orders", caller) if given else None
    except ValueError:
        return _trouble(caller, 422, "No such days", "These days, or this place in the list, are not there.")
    days = bounds(begin, end, timezone)
    whose = [] if caller.test else [wanted.partner] if wanted.partner else None

    def read(connection: Connection) -> tuple[Sequence[Behind], int | None]:
        return figures.behind(connection, whose, days[0], days[-1], account=wanted.account, rule=wanted.rule,
                              verdict=verdict, after=after, limit=PAGE)  # fmt: skip

    try:
        found, more = await reading(service, read)
    except Unavailable as trouble:
        return away(request, trouble)
    further = "" if more is None else str(service.cursors.told(more, "orders", caller))
    return room(
        caller, "scorecards", "behind.html",
        look=look, orders=found, begin=begin, end=end, timezone=timezone or "UTC", verdict=verdict,
        rule=(look.rule, _names(desk)(look.rule)) if look.rule else None, back=look.path(rule=""),
        further=look.path(f"{PREFIX}/orders", after=further, verdict=verdict) if further else "",
        opens="reviews" in caller.may, keys=KEYS,
    )  # fmt: skip


def _trouble(caller: Caller, status: int, title: str, told: str) -> Response:
    return room(caller, "scorecards", "trouble.html", status, title=title, told=told)


def _names(desk: Desk) -> Callable[[str], str]:
    by_code = desk.in_force().engine.rulebook.by_code
    own = {one.code: one.name for one in OWN_FINDINGS}

    def name_of(code: str) -> str:
        rule = by_code.get(code)
        return (own.get(code, "") if rule is None else rule.name).replace("-", " ")

    return name_of


def sentence(found: Found, name_of: Callable[[str], str]) -> str:
    """The page in one sentence: how good, which way it goes, and what for."""
    whose = found.card.partner or "All partners"
    if not found.card.card.orders:
        return f"{whose}: no orders in these days."
    now, before = found.week.card.received["overall"], found.before.card.received["overall"]
    of = now if now.mean is not None else found.card.card.received["overall"]
    told = f"{whose}: {score(of)} of 100 as received"
    since = found.week.begin
    if now.mean is None or before.mean is None or now.low is None or before.low is None:
        told += ""
    elif now.high is not None and before.high is not None and (now.high < before.low or now.low > before.high):
        points = round(abs(now.mean - before.mean) * 100)
        told += f", {'down' if now.mean < before.mean else 'up'} {points} since {since.day} {since:%B}"
    else:
        told += ", as in the week before"
    cause = _what_grew(found)
    return told + (f": {name_of(cause.rule) or cause.rule} in {share(cause.rate)} orders." if cause else ".")


def _what_grew(found: Found) -> Cause | None:
    """The rule whose share grew most in the last week; where none did, the one that spoke most."""
    before: Mapping[str, float] = {one.rule: one.rate.rate or 0.0 for one in found.before.causes}
    causes = [one for one in (found.week.causes or found.card.causes) if one.rate.count]
    return max(causes, key=lambda one: (one.rate.rate or 0.0) - before.get(one.rule, 0.0), default=None)


def _figures(card: Scorecard) -> Sequence[Figure]:
    came = card.card.received["overall"]
    rates = (("First pass", card.card.first_pass), ("Repaired", card.card.repaired), ("In review", card.card.in_review))
    return [
        Figure("Score as received", score(came), f"of 100, {came.n:,} orders", between(came)),
        *(Figure(title, share(one), "" if one.n < 100 else f"{one.count:,} of {one.n:,}", between(one))
          for title, one in rates),
    ]  # fmt: skip


def score(one: Mean) -> str:
    """A score of 100."""
    return "–" if one.mean is None else f"{one.mean * 100:.0f}"


def share(one: Rate) -> str:
    """A share: in numbers below a hundred, else in per cent."""
    if one.rate is None:
        return "–"
    return f"{one.count} of {one.n}" if one.n < 100 else f"{one.rate * 100:.1f} %"


def between(one: Rate | Mean) -> str:
    """The interval, in per cent, or in points of a score."""
    if one.low is None or one.high is None:
        return ""
    unit = " %" if isinstance(one, Rate) else ""
    return f"{one.low * 100:.0f}–{one.high * 100:.0f}{unit}"
