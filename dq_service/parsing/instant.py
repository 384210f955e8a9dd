"""A point in time as systems and people write it: an instant, a local time, a day, or one of two days."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

InstantKind = Literal[
    "instant",  # with its offset from UTC
    "local",  # a time without a zone
    "date",  # a day without a time
    "ambiguous",  # day and month could trade places
    "epoch",  # seconds or milliseconds since 1970
    "unreadable",
]
DateOrder = Literal["", "DMY", "MDY", "YMD"]

LONGEST: Final = 80  # characters that are read

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv enero ene",
            "february feb février fevrier févr fevr fév fev febrero",
            "march mar mars marzo",
            "april apr avril avr abril abr",
            "may mai mayo",
            "june jun juin junio",
            "july jul juillet juil julio",
            "august aug août aout agosto ago",
            "september sept sep septembre septiembre set",
            "october oct octobre octubre",
            "november nov novembre noviembre",
            "december dec décembre decembre déc diciembre dic",
        ),
        start=1,
    )
    for name in names.split()
}
# RFC 5322 section 4.3: the zones that have letters. Others ("ET", "IST") say no one offset.
_ZONES: Final = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
_WEEKDAY: Final = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,? +", re.I)
_DATE: Final = (
    r"(?P<date>\d{4}(?P<apart>[-/.])\d{1,2}(?P=apart)\d{1,2}"
    r"|\d{1,2}(?P<between>[-/.])\d{1,2}(?P=between)(?:\d{4}|\d{2})"
    r"|\d{1,2}(?:st|nd|rd|th)?[- ](?:of |de )?[^\W\d_]{3,10}\.?,?[- ](?:de )?\d{4}"
    r"|[^\W\d_]{3,10}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{8})"
)
_TIME: Final = (
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r" ?(?P<half>[ap]\.?m\b\.?)?"
)
_ZONE: Final = (
    r"(?: ?(?:(?:GMT|UTC)(?=[+-]))?(?P<zone>[+-]\d\d:?\d\d|[+-]\d\d|[A-Z]{1,3}\b)(?: UTC)?)?"
    r"(?: ?\[[\w/+-]+\]| \([\w ]+\))?"  # Java's and JavaScript's name of the zone behind its offset
)
_DATE_FIRST: Final = re.compile(rf"{_DATE}(?:(?:T|,? +(?:at |à )?){_TIME}{_ZONE})?", re.I)
_TIME_FIRST: Final = re.compile(rf"{_TIME}{_ZONE},? +(?:on )?{_DATE}", re.I)
EARLIEST: Final = "1970"  # a year before is what systems write for nothing: 0001-01-01, 1900-01-01
_DATE_WITH_ZONE: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:Z|[+-]\d\d:\d\d)", re.A)  # XML Schema's xs:date
_EPOCH: Final = re.compile(r"(\d{10})(?:\.\d{1,9})?|(\d{13})(?:\.0+)?", re.A)
_COMPACT: Final = re.compile(r"(\d{8})(\d\d)(\d\d)(\d\d)?", re.A)


class InstantReading(NamedTuple):
    """What a text says as a point in time.

    `value` has an offset for `instant` and `epoch`, none for `local` and `date` (whose value is its midnight), and
    is None for the others; `readings` holds both of an ambiguous one, month first. `has_time`: a time of day is
    given, not just the day.
    """

    text: str
    kind: InstantKind
    value: datetime | None = None
    has_time: bool = True
    readings: tuple[datetime, ...] = ()


@lru_cache(maxsize=16384)
def read(text: str, order: DateOrder = "") -> InstantReading:
    """A text read as a point in time. `order` is how its sender writes dates; it decides only what can be both."""
    if (text[4:5] == "-" and text[10:11] in ("T", " ") and len(text) >= 16 and text.isascii() and text >= EARLIEST) or (
        text[8:9] == "T" and text[:8].isdecimal() and len(text) >= 13 and text.isascii() and text >= EARLIEST
    ):
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            return InstantReading(text, "instant" if value.tzinfo else "local", value)
    written = " ".join(text[: LONGEST + 1].split())
    if len(written) > LONGEST:
        return InstantReading(text, "unreadable")
    if (written.isdecimal() and written.isascii()) or _EPOCH.fullmatch(written):
        return _number(text, written, order)
    if day := _DATE_WITH_ZONE.fullmatch(written):
        written = day[1]
    written = _WEEKDAY.sub("", written, count=1) if _WEEKDAY.match(written) else written
    found = _DATE_FIRST.fullmatch(written) or _TIME_FIRST.fullmatch(written)
    if not found:
        return InstantReading(text, "unreadable")
    try:
        return _reading(text, _days(found["date"], order), *_time_of(found))
    except (ValueError, OverflowError):
        return InstantReading(text, "unreadable")


def how_written(text: str, order: DateOrder = "") -> str:
    """How an instant is written that is not plain: `no_zone`, `form`, `date`, `ambiguous` or `unreadable`."""
    kind = read(text, order).kind
    if kind == "local":
        return "no_zone"
    return "form" if kind in ("instant", "epoch") else kind


def _number(text: str, written: str, order: DateOrder) -> InstantReading:
    """Digits alone: seconds or milliseconds since 1970, or a date without its hyphens."""
    if epoch := _EPOCH.fullmatch(written):
        seconds = float(written) if epoch[1] else int(epoch[2]) / 1000
        return InstantReading(text, "epoch", datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
    try:
        if len(written) == 8:
            return _reading(text, _days(written, order), None, timedelta(), None)
        if compact := _COMPACT.fullmatch(written):
            hour, minute, second = (int(part or 0) for part in compact.groups()[1:])
            return _reading(text, _days(compact[1], order), time(hour, minute, second), timedelta(), None)
    except (ValueError, OverflowError):
        pass
    return InstantReading(text, "unreadable")


def _reading(
    text: str, days: list[date], moment: time | None, extra: timedelta, zone: timezone | None
) -> InstantReading:
    values = [datetime.combine(day, moment or time(), zone) + extra for day in days]
    has_time = moment is not None
    if min(values).year < int(EARLIEST):
        return InstantReading(text, "unreadable")
    if len(values) > 1:
        return InstantReading(text, "ambiguous", None, has_time, tuple(values))
    kind: InstantKind = "date" if not has_time else "instant" if zone else "local"
    return InstantReading(text, kind, values[0], has_time)


def _time_of(found: re.Match[str]) -> tuple[time | None, timedelta, timezone | None]:
    """The time of day, what comes on top (24:00 is the next day's midnight), and the zone. Raises ValueError."""
    if found["hour"] is None:
        return None, timedelta(), None
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    microsecond = int((found["fraction"] or "0").ljust(6, "0")[:6])
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("an hour of the twelve")
        hour = hour % 12 + (12 if found["half"][0] in "pP" else 0)
    elif found["minute"] is None:
        raise ValueError("a number alone is no time")
    extra = timedelta()
    if (hour, minute, second, microsecond) == (24, 0, 0, 0):
        hour, extra = 0, timedelta(days=1)
    return time(hour, minute, second, microsecond), extra, _zone(found["zone"])


def _zone(written: str | None) -> timezone | None:
    """An offset from UTC. Raises ValueError for letters that say no one offset."""
    if not written:
        return None
    if written[0] not in "+-":
        hours = _ZONES.get(written.upper())
        if hours is None:
            raise ValueError("no one zone")
        return timezone(timedelta(hours=hours))
    digits = written[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if written[0] == "-" else offset)


def _days(written: str, order: DateOrder) -> list[date]:
    """The days that a date can mean, month first before day first. Raises ValueError when none."""
    words = re.findall(r"\d+|[^\W\d_]+", written.lower())
    names = [_MONTHS[word] for word in words if word in _MONTHS]
    numbers = [word for word in words if word.isdecimal()]
    if any(word.isalpha() and word not in _MONTHS and word not in _FILLERS for word in words):
        raise ValueError("a word that is no month")
    if names:
        day, year = numbers
        return [date(int(year), names[0], int(day))]
    if len(numbers) == 1:
        digits = numbers[0]
        if 1900 <= int(digits[:4]) < 2200 and int(digits[4:6]) <= 12:
            return [date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))]
        numbers = [digits[:2], digits[2:4], digits[4:]]
    first, second, third = map(int, numbers)
    if len(numbers[0]) == 4:
        return [date(first, second, third)]
    if order == "YMD" and len(numbers[2]) == 2:
        return [date(2000 + first, second, third)]
    year = third if len(numbers[2]) == 4 else 2000 + third
    possible = {"MDY": _day(year, first, second), "DMY": _day(year, second, first)}
    if declared := possible.get(order):
        return [declared]
    days = [day for day in possible.values() if day]
    if not days:
        raise ValueError("no day of the calendar")
    return list(dict.fromkeys(days))


_FILLERS: Final = frozenset({"st", "nd", "rd", "th", "of", "de"})


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def located(local: datetime, zone: str) -> tuple[datetime, ...]:
    """The instants at which clocks in a zone (IANA name) show a local time, each with its offset. Remembered, since
    windows are at few hours of few days.

    One as a rule; two, earlier first, in the hour that comes twice when summer time ends; none in the hour that is
    left out when it begins. Raises ZoneInfoNotFoundError (a KeyError) for a zone that does not exist.
    """
    rules = ZoneInfo(zone)
    # PEP 495: the two folds of a local time differ in their offset only around a change of clocks; where it comes
    # twice the first has the larger offset, where it is left out the smaller.
    first, second = (local.replace(tzinfo=rules, fold=fold).utcoffset() or timedelta() for fold in (0, 1))
    offsets = (first,) if first == second else (first, second) if first > second else ()
    return tuple(local.replace(tzinfo=timezone(offset), fold=0) for offset in offsets)
