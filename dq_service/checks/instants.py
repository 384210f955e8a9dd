"""How instants are written: in ISO 8601 with their offset, or in another form that has one reading, two or none."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Order, Part
from dq_service.parsing.customer import side_of
from dq_service.parsing.instant import InstantReading, how_written, located, read
from dq_service.parsing.iso_instant import plain
from dq_service.parsing.time_zone import zone_of, zones_of

WINDOW: Final = "window"
SURE: Final = 0.999
DECLARED: Final = 0.997  # the partner declares its zone, so midnight UTC is no time that it meant
_ENDS: Final = ("start", "end")
_LAST_SECOND: Final = timedelta(days=1, seconds=-1)


def reads(part: Part, context: Context, *, as_: str) -> Sequence[Observation]:
    """Instants that are written with `no_zone`, in another `form`, or are `unreadable`."""
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
    fields = (f"{side_of(part.order)}.address",) if part.path == WINDOW else ()
    return tuple(
        Candidate({seen.field: instant.isoformat()}, share, f"{zone} is the time zone {told or 'it may be in'}", fields)
        for instant, zone in found
    )


def dated(part: Part, context: Context) -> Sequence[Observation]:
    """A window whose ends are days without a time, or its start alone."""
    ends = {name: part.text(name) for name in _ENDS}
    days = [
        name for name in _ENDS if ends[name] and plain(ends[name]) is None and _written(ends[name], context) == "date"
    ]
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
    return (Candidate(changes, SURE, f"the whole day in {zone}", (f"{side_of(part.order)}.address",)),)


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
    assert start is not None
    assert end is not None
    last = end - timedelta(seconds=1) if end.hour == 0 else end
    first = located(start.replace(tzinfo=None, microsecond=0), seen.clue)
    final = located(last.replace(tzinfo=None, second=59, microsecond=0), seen.clue)
    if not first or not final:
        return ()
    changes = {part.field("start"): first[0].isoformat(), part.field("end"): final[-1].isoformat()}
    side = f"{side_of(part.order)}.address"
    return (Candidate(changes, DECLARED if context.partner.timezone else 0.85, f"the day in {seen.clue}", (side,)),)


def _written(text: str, context: Context) -> str:
    return how_written(text, context.partner.date_format)


def _read(text: str, context: Context) -> InstantReading:
    return read(text, context.partner.date_format)


def _ambiguous(text: str, context: Context) -> bool:
    return bool(text) and plain(text) is None and _written(text, context) == "ambiguous"


def _names(part: Part) -> tuple[str, ...]:
    return _ENDS if part.path == WINDOW else ("",)


def _place_zone(part: Part, context: Context) -> str:
    return zone_of(part.order.part(f"{side_of(part.order)}.address"), context.reference)


def _zones(part: Part, context: Context) -> tuple[list[str], str]:
    """The zones that a time without one may be in, and in words why it is the first; no words: it is not certain."""
    declared = context.partner.timezone
    if part.path != WINDOW:
        return ([declared], "that the partner declares") if declared else ([], "")
    zone = _place_zone(part, context)
    if zone:
        return [zone], "of the place"
    address = part.order.part(f"{side_of(part.order)}.address")
    return (
        zones_of(address, context.reference) or [declared] if declared else zones_of(address, context.reference)
    ), ""


def _instants(local: datetime, zone: str) -> list[datetime]:
    """The instants that a local time may be; where clocks skip it, the ones that either offset would make of it."""
    found = list(located(local, zone))
    if found:
        return found
    hours = timedelta(hours=3)
    sides = [located(local + step, zone) for step in (-hours, hours)]
    return [local.replace(tzinfo=side[0].tzinfo) for side in sides if side]


def _near(order: Order, context: Context) -> bool:
    """Whether an order's instants are plausible together: placed in the past, its window soon and in order."""
    placed = plain(order.text("placed_at"))
    start, end = (plain(order.text(f"{WINDOW}.{name}")) for name in _ENDS)
    ahead = [instant - context.as_of for instant in (start, end) if instant is not None]
    return (
        (placed is None or placed <= context.as_of + timedelta(days=1))
        and all(timedelta(days=-1) <= span <= timedelta(days=60) for span in ahead)
        and not (start is not None and end is not None and not start <= end <= start + timedelta(days=14))
    )
