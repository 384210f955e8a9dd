"""The keys of a file, described once on a frozen dataclass: it is read, documented and put into a schema from there.

    @dataclass(frozen=True, slots=True)
    class Policy:
        hold_max: Annotated[timedelta, DURATION, "how long an order is held at most"] = timedelta(hours=2)

A field whose annotation has a `Kind` and a sentence is a key; a field without a default is a key that may not be left
out; other fields are not the file's. A key that Python keeps for itself has a `_` behind its field: `from_`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from keyword import iskeyword
from typing import Any, Final, TypeVar, get_type_hints

from dq_service.parsing.pattern import Pattern
from dq_service.parsing.reader import Reader

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: what it is in words, how it is read with a default, its JSON Schema, its inner keys."""

    words: str
    read: Callable[[Reader, str, Any], Any]
    schema: Mapping[str, Any] = field(default_factory=dict)
    keys: tuple["Key", ...] = ()


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a file. `default` is the value that it has when left out; meaningless where `required`."""

    name: str
    kind: Kind
    meaning: str
    default: Any
    required: bool

    @property
    def field(self) -> str:
        """The dataclass' field that it fills."""
        return f"{self.name}_" if iskeyword(self.name) else self.name

    @property
    def shown(self) -> Any:
        """The default as a file would write it (JSON's values); None where there is none to write."""
        return _as_written(self.default)


def keys(record: type[Any]) -> tuple[Key, ...]:
    """The keys that a dataclass describes, in its order."""
    hints = get_type_hints(record, include_extras=True)
    found = []
    for one in fields(record):
        kind, meaning = (*getattr(hints[one.name], "__metadata__", ()), None, None)[:2]
        if isinstance(kind, Kind):
            default = one.default_factory() if one.default_factory is not MISSING else one.default
            required = default is MISSING
            found.append(Key(one.name.removesuffix("_"), kind, str(meaning), None if required else default, required))
    return tuple(found)


def read_record(reader: Reader, record: type[T], **others: Any) -> T:
    """The dataclass that a mapping fills; `others` are its fields that are no keys. Closes the reader.

    What is wrong is noted by the reader; the record then holds the default (None where there is no default).
    """
    known = keys(record)
    reader.require(*(key.name for key in known if key.required))
    values = {key.field: key.kind.read(reader, key.name, key.default) for key in known}
    reader.close()
    return record(**values, **others)


def json_schema(record: type[Any], title: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a file: editors complete and check with it."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **_object(keys(record))}


def walk(known: Sequence[Key], path: str = "") -> Iterator[tuple[str, Key]]:
    """Every key with its dotted path, inner ones after their own: `policy`, `policy.review`."""
    for key in known:
        yield path + key.name, key
        yield from walk(key.kind.keys, f"{path}{key.name}.")


def _object(known: Sequence[Key]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for key in known:
        properties[key.name] = {"description": key.meaning, **key.kind.schema}
        if key.shown is not None:
            properties[key.name]["default"] = key.shown
    required = [key.name for key in known if key.required]
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _as_written(value: Any) -> Any:
    if isinstance(value, timedelta):
        return iso_duration(value)
    if is_dataclass(value):
        return None  # its inner keys show theirs
    if isinstance(value, tuple):
        return list(value) or None
    return value or None if isinstance(value, str | Mapping) else value


# The kinds.


def one_of(values: Sequence[Any]) -> Kind:
    """One word of a vocabulary; `""` among the values is what stands for none."""

    def read(reader: Reader, key: str, default: Any) -> Any:
        return reader.one_of(key, values, default) if key in reader else default

    return Kind(" | ".join(value for value in values if value), read, {"enum": list(values)})


def some_of(values: Sequence[Any], words: str = "") -> Kind:
    """A list of words of a vocabulary."""
    schema = {"type": "array", "items": {"enum": list(values)}, "uniqueItems": True}
    words = words or f"list of {' | '.join(values)}"
    return Kind(words, lambda reader, key, default: reader.some_of(key, values, default), schema)


def number(least: float, most: float | None = None) -> Kind:
    """A number within bounds, both allowed."""
    schema = {"type": "number", "minimum": least, **({} if most is None else {"maximum": most})}
    words = f"number of at least {least:g}" if most is None else f"number from {least:g} to {most:g}"
    return Kind(words, lambda reader, key, default: reader.number(key, default, least, most), schema)


def numbers(names: Sequence[str], words: str) -> Kind:
    """A mapping from some of these names to numbers of at least 0."""

    def read(reader: Reader, key: str, default: Any) -> dict[str, float]:
        inner = reader.mapping(key)
        found = {name: inner.number(name, 1.0, least=0) for name in names if name in inner}
        inner.close()
        return found

    weight = {"type": "number", "minimum": 0}
    return Kind(
        words, read, {"type": "object", "properties": dict.fromkeys(names, weight), "additionalProperties": False}
    )


def written(words: str, parse: Callable[[str], Any], **schema: str) -> Kind:
    """A text that a function reads; the function's ValueError says what is wrong with it."""
    return Kind(words, lambda reader, key, default: reader.written(key, parse, default), {"type": "string", **schema})


def record_of(record: type[Any]) -> Kind:
    """A mapping with the keys of a dataclass."""
    inner = keys(record)

    def read(reader: Reader, key: str, default: Any) -> Any:
        return read_record(reader.mapping(key), record)

    return Kind("mapping", read, _object(inner), inner)


def records_of(record: type[Any]) -> Kind:
    """A list of mappings with the keys of a dataclass; a field `line` of it gets the line where each begins."""
    inner = keys(record)
    has_line = any(one.name == "line" for one in fields(record))

    def read(reader: Reader, key: str, default: Any) -> tuple[Any, ...]:
        entries = reader.mappings(key)
        return tuple(read_record(one, record, **({"line": one.line()} if has_line else {})) for one in entries)

    return Kind("list of mappings", read, {"type": "array", "items": _object(inner)}, inner)


def _mapping(reader: Reader, key: str, default: Any) -> Any:
    inner = reader.mapping(key)
    return {name: inner.given(name) for name in inner} or default


# A duration of ISO 8601 in units of a fixed length.
_DURATION: Final = re.compile(
    r"P(?=.)(?:([0-9]+)W)?(?:([0-9]+)D)?(?:T(?=.)(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?)?"
)


def duration(text: str) -> timedelta:
    """`PT2H`, `P1D`, `PT90M`, `P2W` (ISO 8601). Raises ValueError; years and months have no fixed length."""
    match = _DURATION.fullmatch(text)
    if match is None:
        if re.match(r"P[0-9WD]*[YM]|P[0-9]+Y", text):
            raise ValueError(f"{text!r}: years and months have no fixed length; give days, as P365D")
        raise ValueError(f"{text!r} is no duration; write PT2H, PT90M or P1D")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueError(f"{text!r} is too long") from None


def iso_duration(span: timedelta) -> str:
    """A duration as ISO 8601 writes it: `PT2H`, `P1D`."""
    minutes, seconds = divmod(span.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count)
    days = f"{span.days}D" if span.days else ""
    return f"P{days}T{clock}" if clock else f"P{days or 'T0S'}"


def clock_time(text: str) -> time:
    """A local time of day, `16:30`. Raises ValueError."""
    if re.fullmatch(r"[0-9]{2}:[0-9]{2}", text):
        try:
            return time.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError(f"{text!r} is no time of day; write 16:30")


def date_or_instant(text: str) -> date | datetime:
    """`2027-03-31`, or an instant `2027-03-31T18:00:00-06:00`. Raises ValueError, also where the offset is missing."""
    try:
        if len(text) == len("2027-03-31"):
            return date.fromisoformat(text)
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date; write 2027-03-31") from None
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no offset; write 2027-03-31, or 2027-03-31T18:00:00-06:00")
    return instant


TEXT: Final = Kind("text", Reader.text, {"type": "string"})
TEXTS: Final = Kind("list of texts", Reader.texts, {"type": "array", "items": {"type": "string"}})
FLAG: Final = Kind("true or false", Reader.flag, {"type": "boolean"})
MAPPING: Final = Kind("mapping", _mapping, {"type": "object"})
ANYTHING: Final = Kind("as given", Reader.given, {})
PATTERN: Final = written("pattern", Pattern, format="regex")
DURATION: Final = written("duration", duration, format="duration")
TIME: Final = written("time of day", clock_time, pattern="^[0-9]{2}:[0-9]{2}$")
DATE: Final = written("date or instant", date_or_instant)
