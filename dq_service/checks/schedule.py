"""When an order is to be handed over, and when it was placed: how instants are written, whether a window can be kept."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Order, Part
from dq_service.parsing.instant import InstantReading, located, read
from dq_service.parsing.time_zone import zone_of, zones_of

WINDOW: Final = "window"
SURE: Final = 0.999
DECLARED: Final = 0.997  # the partner declares its zone, so midnight UTC is no time that it meant
_ENDS: Final = ("start", "end")
_CUSTOMER_FROM: Final = frozenset({"pickup", "return"})
_OVER: Final = frozenset({"delivered", "returned", "cancelled"})  # nothing is driven for these any more
_DEADLINES: Final = frozenset({"ship_by", "deliver_by"})  # a basis that asks for an end alone
_SOON: Final = timedelta(days=14)
_LAST_SECOND: Final = timedelta(days=1, seconds=-1)
_AWAKE: Final = range(6, 23)  # hours at which parcels are handed over
_PLAIN: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)", re.A)
_UTC_MIDNIGHT: Final = ("T00:00:00Z", "T00:00:00+00:00", "T00:00:00.000Z")
_UTC_LAST_SECOND: Final = ("T23:59:59Z", "T23:59:59+00:00", "T23:59:59.999Z", "T23:59:00Z", *_UTC_MIDNIGHT)


def marks(part: Part, context: Context) -> Sequence[str]:
    """Of the whole order: `missing`. Of an instant: how it is written, if otherwise than ISO 8601 with its offset,
    and `future`. Of a window: that of its ends, and what is wrong with the two together.
    """
    if part.path == WINDOW:
        return _window_marks(part, context)
    if not part.path:
        window = part.value.get(WINDOW)
        empty = not window or (type(window) is dict and not window.get("start") and not window.get("end"))
        return ("missing",) if empty else ()
    text = part.text()
    instant = plain(text)
    if instant is None:
        return (_written(text, context),) if text else ()
    return ("future",) if instant > context.as_of else ()


def window_missing(part: Part, context: Context) -> Sequence[Observation]:
    """No window at all, or one without start and end."""
    return (Observation(WINDOW, None, (WINDOW,)),)


def half_open(part: Part, context: Context) -> Sequence[Observation]:
    """A window of which one end is missing; a deadline (ship_by, deliver_by) needs no start."""
    start, end = part.text("start"), part.text("end")
    if end and part.text("basis") in _DEADLINES or (start and _written(start, context) == "date"):
        return ()
    return (Observation(part.field("end" if start else "start")),)


def reads(part: Part, context: Context, *, as_: str) -> Sequence[Observation]:
    """Instants that are written with `no_zone`, in another `form`, as a `date` without a time, that are `unreadable`."""
    return tuple(
        Observation(part.field(name), text)
        for name in _names(part)
        if (text := part.text(name)) and plain(text) is None and _written(text, context) == as_
    )


def in_iso(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The instant in ISO 8601 with its offset, in the zone where the window is when it was given as a number."""
    reading = _read(seen.value, context)
    assert reading.value is not None
    zone = _place_zone(part, context) if part.path == WINDOW else context.partner.timezone
    local = reading.value.astimezone(ZoneInfo(zone)) if zone and reading.kind == "epoch" else reading.value
    return (Candidate({seen.field: local.isoformat()}, SURE, "the same instant in ISO 8601"),)


def in_zone(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The time with its offset: a window's in the zone of its place, another's in the one that the partner declares.

    An hour that comes twice or never when clocks change, and a place of which the zone is not certain, are offered.
    """
    reading = _read(seen.value, context)
    assert reading.value is not None
    zones, told = _zones(part, context)
    found = [(instant, zone) for zone in zones for instant in _instants(reading.value, zone)]
    share = SURE if len(found) == 1 and told else 0.9 / max(1, len(found))
    fields = (f"{_customer_side(part.order)}.address",) if part.path == WINDOW else ()
    return tuple(
        Candidate({seen.field: instant.isoformat()}, share, f"{zone} is the time zone {told or 'it may be in'}", fields)
        for instant, zone in found
    )


def dated(part: Part, context: Context) -> Sequence[Observation]:
    """A window whose ends are days without a time, or its start alone."""
    ends = {name: part.text(name) for name in _ENDS}
    days = [name for name in _ENDS if ends[name] and plain(ends[name]) is None and _written(ends[name], context) == "date"]
    if not days:
        return ()
    if days == ["start"] and not ends["end"]:
        return (Observation(part.field("start"), ends["start"], (part.field("start"), part.field("end"))),)
    return tuple(Observation(part.field(name), ends[name]) for name in days)


def whole_day(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The day at the place, from its first second to its last."""
    day = _read(seen.value, context).value
    zone = _place_zone(part, context)
    if day is None or not zone:
        return ()
    values = {"start": day, "end": day + _LAST_SECOND}
    changes = {}
    for field in seen.fields or (seen.field,):
        found = located(values[field.rpartition(".")[2]], zone)
        if len(found) != 1:
            return ()
        changes[field] = found[0].isoformat()
    return (Candidate(changes, SURE, f"the whole day in {zone}", (f"{_customer_side(part.order)}.address",)),)


def day_or_month(part: Part, context: Context) -> Sequence[Observation]:
    """Instants of which day and month could trade places."""
    fields = tuple(part.field(name) for name in _names(part) if _ambiguous(part.text(name), context))
    if not fields:
        return ()
    field = part.path if len(fields) > 1 else fields[0]
    return (Observation(field, part.order.text(fields[0]), fields, fields),)


def either_order(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Month first and day first; first what lies near the time of the order and, in a window, near its other end."""
    zones, _ = _zones(part, context)
    candidates = []
    for place, order in enumerate(("month first", "day first")):
        changes = {}
        for field in seen.clue:
            reading = _read(part.order.text(field), context)
            local = reading.readings[place]
            if not reading.has_time and part.path == WINDOW and field.endswith("end"):
                local += _LAST_SECOND
            instants = [local] if local.tzinfo else _instants(local, zones[0]) if zones else []
            if not instants:
                return ()
            changes[field] = instants[0].isoformat()
        candidates.append((_near(part.order.replacing(changes), context), changes, order))
    near = [one[0] for one in candidates]
    shares = [0.5, 0.5] if near[0] == near[1] else [0.9 if ok else 0.1 for ok in near]
    ranked = sorted(zip(shares, candidates, strict=True), key=lambda pair: -pair[0])
    return tuple(Candidate(changes, share, order) for share, (_, changes, order) in ranked)


def utc_day(part: Part, context: Context) -> Sequence[Observation]:
    """A window from midnight to midnight in UTC, at a place that keeps another time: a date that a system widened."""
    zone = _place_zone(part, context)
    start = plain(part.text("start"))
    if not zone or start is None or start.replace(tzinfo=ZoneInfo(zone)).utcoffset() == timedelta():
        return ()
    return (Observation(part.path, part.text("start"), tuple(part.field(name) for name in _ENDS), zone),)


def local_day(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """The same days at the place; sure only where the partner declares its time zone."""
    start, end = (plain(part.text(name)) for name in _ENDS)
    assert start is not None and end is not None
    last = end - timedelta(seconds=1) if end.hour == 0 else end
    first = located(start.replace(tzinfo=None, microsecond=0), seen.clue)
    final = located(last.replace(tzinfo=None, second=59, microsecond=0), seen.clue)
    if not first or not final:
        return ()
    changes = {part.field("start"): first[0].isoformat(), part.field("end"): final[-1].isoformat()}
    side = f"{_customer_side(part.order)}.address"
    return (Candidate(changes, DECLARED if context.partner.timezone else 0.85, f"the day in {seen.clue}", (side,)),)


def inverted(part: Part, context: Context) -> Sequence[Observation]:
    """A window that ends before it starts."""
    return (Observation(part.path, part.text("end"), tuple(part.field(name) for name in _ENDS)),)


def turned(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Start and end exchanged; at night rather an end in the afternoon, or on the next day."""
    start, end = plain(part.text("start")), plain(part.text("end"))
    assert start is not None and end is not None
    first, last = seen.fields[-2:]
    swapped = {first: part.text("end"), last: part.text("start")}
    by_day = start.hour in _AWAKE and end.hour in _AWAKE
    found = [Candidate(swapped, 0.96 if by_day else 0.35, "start and end exchanged")]
    for later, told in ((timedelta(hours=12), "the end in the afternoon"), (timedelta(days=1), "the end on the next day")):
        moved = end + later
        if not by_day and end.hour < 12 and start < moved <= start + timedelta(hours=8):
            hours = {first: part.text("start"), last: moved.isoformat()}
            found.append(Candidate(hours, 0.5 if moved.hour in _AWAKE else 0.4, told))
    return sorted(found, key=lambda candidate: -(candidate.confidence or 0))


def over(part: Part, context: Context) -> Sequence[Observation]:
    """A window that has ended, of an order that is still to be handed over."""
    return (Observation(part.field("end"), part.text("end"), tuple(part.field(name) for name in _ENDS)),)


def before_order(part: Part, context: Context) -> Sequence[Observation]:
    """A window that had ended when the order was placed."""
    fields = (*(part.field(name) for name in _ENDS), "placed_at")
    return (Observation(part.field("end"), part.text("end"), fields),)


def far_ahead(part: Part, context: Context, *, days: int) -> Sequence[Observation]:
    """A window that starts more than so many days from now (below 14 it makes no difference)."""
    start = plain(part.text("start"))
    if start is None or start - context.as_of <= timedelta(days=days):
        return ()
    return (Observation(part.field("start"), part.text("start"), tuple(part.field(name) for name in _ENDS)),)


def of_no_length(part: Part, context: Context) -> Sequence[Observation]:
    """A window that ends when it starts: an appointment."""
    return (Observation(part.path, part.text("start"), tuple(part.field(name) for name in _ENDS)),)


def from_the_future(part: Part, context: Context, *, minutes: int) -> Sequence[Observation]:
    """An instant in the past by its nature that lies more than so many minutes ahead."""
    instant = plain(part.text())
    if instant is None or instant - context.as_of <= timedelta(minutes=minutes):
        return ()
    return (Observation(part.path, part.text()),)


@lru_cache(maxsize=8192)
def plain(text: str) -> datetime | None:
    """The instant of a text in ISO 8601 with its offset, as the contract wants it; None for any other text."""
    if not _PLAIN.fullmatch(text):
        return None
    try:
        instant = datetime.fromisoformat(text)
        instant.timestamp()  # year 1 and year 9999 leave the calendar in some zones
    except (ValueError, OverflowError):
        return None
    return instant


def _window_marks(part: Part, context: Context) -> Sequence[str]:
    start_text, end_text = part.text("start"), part.text("end")
    start, end = plain(start_text), plain(end_text)
    if start is None or end is None:
        found = [_written(text, context) for text, at in ((start_text, start), (end_text, end)) if text and at is None]
        if bool(start_text) != bool(end_text):
            found.append("half")
        return found
    found = []
    if end <= start:
        found.append("inverted" if end < start else "no_length")
    last = max(start, end)
    if last < context.as_of or (placed := plain(part.order.text("placed_at"))) is not None and last < placed:
        placed = plain(part.order.text("placed_at"))
        if part.order.text("status") not in _OVER:
            found.append("before_order" if placed is not None and last < placed else "over")
    elif start - context.as_of > _SOON:
        found.append("ahead")
    if start_text.endswith(_UTC_MIDNIGHT) and end_text.endswith(_UTC_LAST_SECOND) and end > start:
        found.append("utc_day")
    return found


def _written(text: str, context: Context) -> str:
    """How an instant is written that is not plain: `no_zone`, `form`, `date`, `ambiguous` or `unreadable`."""
    reading = _read(text, context)
    if reading.kind == "local":
        return "no_zone"
    return "form" if reading.kind in ("instant", "epoch") else reading.kind


def _read(text: str, context: Context) -> InstantReading:
    return read(text, context.partner.date_format)


def _ambiguous(text: str, context: Context) -> bool:
    return bool(text) and plain(text) is None and _written(text, context) == "ambiguous"


def _names(part: Part) -> tuple[str, ...]:
    return _ENDS if part.path == WINDOW else ("",)


def _customer_side(order: Order) -> str:
    """Whose window it is: ship_from's for a pickup or return, else ship_to's."""
    return "ship_from" if order.text("kind") in _CUSTOMER_FROM and order.at("ship_from.address") else "ship_to"


def _place_zone(part: Part, context: Context) -> str:
    return zone_of(part.order.part(f"{_customer_side(part.order)}.address"), context.reference)


def _zones(part: Part, context: Context) -> tuple[list[str], str]:
    """The zones that a time without one may be in, and in words why it is the first; no words: it is not certain."""
    declared = context.partner.timezone
    if part.path != WINDOW:
        return ([declared], "that the partner declares") if declared else ([], "")
    zone = _place_zone(part, context)
    if zone:
        return [zone], "of the place"
    address = part.order.part(f"{_customer_side(part.order)}.address")
    return (zones_of(address, context.reference) or [declared] if declared else zones_of(address, context.reference)), ""


def _instants(local: datetime, zone: str) -> list[datetime]:
    """The instants that a local time may be; where clocks skip it, the ones that either offset would make of it."""
    found = list(located(local, zone))
    if found:
        return found
    hours = timedelta(hours=3)
    sides = [located(local + step, zone) for step in (-hours, hours)]
    return [local.replace(tzinfo=side[0].tzinfo) for side in sides if side]


def _near(order: Order, context: Context) -> bool:
    """Whether all instants of an order lie within a plausible span: placed in the past, its window soon and in order."""
    placed = plain(order.text("placed_at"))
    start, end = (plain(order.text(f"{WINDOW}.{name}")) for name in _ENDS)
    ahead = [instant - context.as_of for instant in (start, end) if instant is not None]
    return (
        (placed is None or placed <= context.as_of + timedelta(days=1))
        and all(timedelta(days=-1) <= span <= timedelta(days=60) for span in ahead)
        and not (start is not None and end is not None and not start <= end <= start + timedelta(days=14))
    )
