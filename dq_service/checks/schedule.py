"""Whether a window can be kept, and whether an order was placed when it says; how its instants are written."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from dq_service.context import Context
from dq_service.finding import Candidate, Observation
from dq_service.order import Part
from dq_service.parsing.instant import how_written
from dq_service.parsing.iso_instant import plain, utc, utc_of

WINDOW: Final = "window"
PARTS: Final = (WINDOW, "placed_at", "respond_by", "source.updated_at")
_ENDS: Final = ("start", "end")
_OVER: Final = frozenset({"delivered", "returned", "cancelled"})  # nothing is driven for these any more
_DEADLINES: Final = frozenset({"ship_by", "deliver_by"})  # a basis that asks for an end alone
_UTC_MIDNIGHT: Final = ("T00:00:00Z", "T00:00:00+00:00", "T00:00:00.000Z")
_UTC_LAST_SECOND: Final = ("T23:59:59Z", "T23:59:59+00:00", "T23:59:59.999Z", "T23:59:00Z", *_UTC_MIDNIGHT)
_SOON: Final = timedelta(days=14)  # what starts sooner is far ahead for nobody, unless a partner has it otherwise
_AWAKE: Final = range(6, 23)  # hours at which parcels are handed over


def marks(part: Part, context: Context) -> Sequence[str]:
    """Of placed_at: `future`. Of a window: `half`, or what is wrong with its two ends: `inverted`, `no_length`,
    `over`, `before_order`, `ahead`, or `utc_day` for one of whole days in UTC.

    And how an instant is written that is not in ISO 8601: `no_zone` `form` `date` `ambiguous` `unreadable`.
    """
    if part.path == WINDOW:
        return _of_window(part, context)
    text = part.text()
    instant = utc(text)
    if instant is None:
        return (how_written(text, context.partner.date_format),) if text else ()
    return ("future",) if instant > utc_of(context.as_of) else ()


def window_missing(part: Part, context: Context) -> Sequence[Observation]:
    """No window at all, or one without start and end; something else in its place cannot be kept either."""
    return (Observation(WINDOW, None, (WINDOW,)),)


def half_open(part: Part, context: Context) -> Sequence[Observation]:
    """A window of which one end is missing; a deadline (ship_by, deliver_by) needs no start."""
    start, end = part.text("start"), part.text("end")
    if (end and part.text("basis") in _DEADLINES) or (start and plain(start) is None):
        return ()
    return (Observation(part.field("end" if start else "start")),)


def inverted(part: Part, context: Context) -> Sequence[Observation]:
    """A window that ends before it starts."""
    return (Observation(part.path, part.text("end"), tuple(part.field(name) for name in _ENDS)),)


def turned(seen: Observation, part: Part, context: Context) -> Sequence[Candidate]:
    """Start and end exchanged; at night rather an end in the afternoon, or on the next day."""
    start, end = plain(part.text("start")), plain(part.text("end"))
    assert start is not None
    assert end is not None
    first, last = seen.fields[-2:]
    swapped = {first: part.text("end"), last: part.text("start")}
    by_day = start.hour in _AWAKE and end.hour in _AWAKE
    found = [Candidate(swapped, 0.96 if by_day else 0.35, "start and end exchanged")]
    for later, told in (
        (timedelta(hours=12), "the end in the afternoon"),
        (timedelta(days=1), "the end on the next day"),
    ):
        moved = end + later
        if not by_day and end.hour < 12 and start < moved <= start + timedelta(hours=8):
            hours = {first: part.text("start"), last: moved.isoformat()}
            found.append(Candidate(hours, 0.5 if moved.hour in _AWAKE else 0.4, told))
    return sorted(found, key=lambda candidate: -(candidate.confidence or 0))


def over(part: Part, context: Context, *, long_ago: bool, days: int) -> Sequence[Observation]:
    """A window that has ended, of an order that is still to be handed over.

    `long_ago`: the order was placed, and its window ended, more than so many days ago. Then both tell of the same
    time, and it is the feed that is old (a replay, a backfill), not the window that is wrong.
    """
    since = context.as_of - timedelta(days=days)
    placed, end = plain(part.order.text("placed_at")), plain(part.text("end"))
    if (placed is not None and end is not None and placed < since and end < since) is not long_ago:
        return ()
    return (Observation(part.field("end"), part.text("end"), tuple(part.field(name) for name in _ENDS)),)


def before_order(part: Part, context: Context) -> Sequence[Observation]:
    """A window that had ended when the order was placed."""
    fields = (*(part.field(name) for name in _ENDS), "placed_at")
    return (Observation(part.field("end"), part.text("end"), fields),)


def far_ahead(part: Part, context: Context, *, days: int) -> Sequence[Observation]:
    """A window that starts more than so many days from now."""
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


def _of_window(part: Part, context: Context) -> Sequence[str]:
    start_text, end_text = part.text("start"), part.text("end")
    start, end = utc(start_text), utc(end_text)
    if start is None or end is None:
        date_format = context.partner.date_format
        found = [how_written(text, date_format) for text in (start_text, end_text) if text and utc(text) is None]
        if bool(start_text) != bool(end_text):
            found.append("half")
        return found
    found, last, now = [], end, utc_of(context.as_of)
    if end <= start:
        found.append("inverted" if end < start else "no_length")
        last = start
    elif start_text[11:16] == "00:00" and start_text.endswith(_UTC_MIDNIGHT) and end_text.endswith(_UTC_LAST_SECOND):
        found.append("utc_day")
    placed_text = part.order.json.get("placed_at")
    placed = utc(placed_text) if type(placed_text) is str else None
    before_order = placed is not None and last < placed
    if before_order or last < now:
        if part.order.text("status") not in _OVER:
            found.append("before_order" if before_order else "over")
    elif start - now > _SOON or context.partner.overrides:
        found.append("ahead")
    return found
