"""How values, instants, differences and fields read on a page."""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from difflib import SequenceMatcher
from typing import Any, Final

from markupsafe import Markup, escape

from dq_service.fields import parse_path
from dq_service.intake.json_text import write

ALIKE: Final = 0.6  # from here on a difference is shown within the text, below it as one text for another
LONGEST: Final = 400  # characters that are compared one by one
_NAMED: Final = {
    "\t": "TAB", "\n": "↵", "\r": "CR", "\u00a0": "NBSP", "\u00ad": "SHY", "\u200b": "ZWSP", "\u200c": "ZWNJ",
    "\u200d": "ZWJ", "\u202f": "NNBSP", "\u2060": "WJ", "\ufeff": "BOM", "\ufffd": "U+FFFD",
}  # fmt: skip
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_LABELS: Final = {
    "line1": "Street", "line2": "Unit, floor", "city": "City", "state": "State", "postal_code": "Postal code",
    "country": "Country", "phone": "Phone", "phone_extension": "Extension", "email": "E-mail", "sku": "SKU",
    "gtin": "GTIN", "sscc": "SSCC", "order_id": "Order number", "window": "Window", "start": "From", "end": "Until",
    "placed_at": "Placed", "respond_by": "Answer by", "po": "PO", "bol": "Bill of lading", "pro": "PRO", "id": "Number",
    "site_id": "Site", "access_code": "Access code", "min_age": "Least age", "pin": "PIN",
}  # fmt: skip
_GROUPS: Final = {"items": "Item", "packages": "Package", "contacts": "Contact", "stops": "Stop"}
_OUTSIDE: Final = {"ship_to", "address", "window", "totals", "references"}  # what a section's heading says already


def until(instant: datetime, now: datetime) -> str:
    """How far off an instant is: `in 12 min`, `2 h 5 min ago`, `now`."""
    seconds = round((instant - now).total_seconds())
    if abs(seconds) < 30:
        return "now"
    told = span(timedelta(seconds=abs(seconds)))
    return f"in {told}" if seconds > 0 else f"{told} ago"


def span(length: timedelta) -> str:
    """A length of time in its two largest units at most: `45 s`, `12 min`, `2 h 5 min`, `3 d`."""
    seconds = round(length.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours and days < 3 else f"{days} d"


def instant(value: datetime) -> str:
    """An instant as a machine reads it."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def as_instant(text: str) -> datetime:
    """The instant that the service wrote."""
    return datetime.fromisoformat(text)


def number(value: float) -> str:
    """A number with thousands set apart."""
    return f"{value:,}"


def confidence(value: float) -> str:
    """A probability, never rounded up to certainty."""
    return f"{min(value, 0.999):.3f}".rstrip("0") if value > 0.99 else f"{value:.2f}"


def text_of(value: Any) -> str:
    """A value as it stands in a field: text as it is, other things as JSON has them, nothing for what is missing."""
    if value is None:
        return ""
    return value if type(value) is str else write(value).decode()


def seen(value: Any) -> Markup:
    """A value in which what cannot be seen is made visible; what is not text stands as JSON."""
    text = text_of(value)
    if text.isascii() and text.isprintable() and text == text.strip():
        return escape(text)
    edge_left, edge_right = len(text) - len(text.lstrip(" ")), len(text.rstrip(" "))
    out: list[Markup | str] = []
    for place, sign in enumerate(text):
        if sign == " " and (place < edge_left or place >= edge_right):
            out.append(_mark("·", "a space at the edge"))
        elif sign == " " or not _hidden(sign):
            out.append(escape(sign))
        else:
            out.append(_mark(_NAMED.get(sign, f"U+{ord(sign):04X}"), f"U+{ord(sign):04X}"))
    return Markup("").join(out)


def brief(value: Any, kind: str) -> Markup:
    """A value among others in a line: instants as people write them, on the clock that they were written by."""
    if kind == "instant" and isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return seen(value)
        if at.tzinfo is not None:
            return Markup('<span title="{}">{}</span>').format(value, f"{at.day} {at:%b} {at:%H:%M}")
    return seen(value)


def _hidden(sign: str) -> bool:
    return sign in _NAMED or unicodedata.category(sign) in _UNSEEN or (sign.isspace() and sign != " ")


def _mark(sign: str, title: str) -> Markup:
    return Markup('<span class="unseen" title="{}">{}</span>').format(title, sign)


def removed(before: Any, after: Any) -> Markup:
    """What came in, with what goes marked."""
    return _marked(text_of(before), text_of(after), "del")


def added(before: Any, after: Any) -> Markup:
    """What is proposed, with what is new marked."""
    return _marked(text_of(before), text_of(after), "ins")


def _marked(before: str, after: str, tag: str) -> Markup:
    """One of two texts (`del`: the first) in which the pieces that the other does not have are marked."""
    text, other = (before, after) if tag == "del" else (after, before)
    if text == other or not text:
        return seen(text)
    whole = Markup(f"<{tag}>{{}}</{tag}>")
    if not other or len(text) > LONGEST or len(other) > LONGEST:
        return whole.format(seen(text))
    match = SequenceMatcher(None, before, after, autojunk=False)
    if match.ratio() < ALIKE:
        return whole.format(seen(text))
    pieces = []
    for kind, *places in match.get_opcodes():
        start, end = places[:2] if tag == "del" else places[2:]
        if start < end:
            piece = _inside(text, start, end)
            pieces.append(piece if kind == "equal" else whole.format(piece))
    return Markup("").join(pieces)


def _inside(text: str, start: int, end: int) -> Markup:
    """A piece of a text: a blank is at its edge only where it is at the text's."""
    piece = text[start:end]
    before, after = ("" if start == 0 else "x"), ("" if end == len(text) else "x")
    shown = seen(before + piece + after)
    return Markup(str(shown)[len(before) : len(str(shown)) - len(after)])


def label(path: str) -> str:
    """A field in words: `ship_to.address.city` is `City`, `items[0].sku` is `Item 1 SKU`."""
    steps = parse_path(path)
    words: list[str] = []
    for place, step in enumerate(steps):
        last = place == len(steps) - 1
        if type(step) is int:
            words[-1:] = [f"{_GROUPS.get(str(steps[place - 1]), str(steps[place - 1]).capitalize())} {step + 1}"]
        elif step == "*":
            words[-1:] = [_GROUPS.get(str(steps[place - 1]), str(steps[place - 1]).capitalize())]
        elif last or step not in _OUTSIDE:
            name = _LABELS.get(str(step)) or str(step).replace("_", " ")
            words.append(name if not words else name if name.isupper() else name.lower())
    told = " ".join(words)
    return told[:1].upper() + told[1:]


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "until": until,
    "span": span,
    "instant": instant,
    "as_instant": as_instant,
    "number": number,
    "confidence": confidence,
    "seen": seen,
    "brief": brief,
    "text_of": text_of,
    "removed": removed,
    "added": added,
    "label": label,
}
