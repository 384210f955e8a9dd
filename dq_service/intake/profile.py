"""A profile: how one system's payload maps onto the order, in one file, proved by samples of its own.

A file is `NAME.yaml` in the folder of profiles. The dataclasses below are its description: from `KEYS` come the
reading, the documentation and the schema of the file.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from dq_service.fields import ORDER, Shape, join, shape_at
from dq_service.parsing.reader import Reader, did_you_mean, none_of, reader
from dq_service.parsing.record import ANYTHING, FLAG, TEXT, TEXTS, Key, Kind, keys, one_of, read_record, written
from dq_service.parsing.yaml import Problem
from dq_service.reference.statuses import STATUSES

Format = Literal["json", "csv"]

_FORMATS: Final[tuple[Format, ...]] = ("json", "csv")
WHOLE: Final = ("@",)  # the payload itself is the order, or the list of them
WORDS: Final[Mapping[str, tuple[str, ...]]] = {  # fields whose value the contract names: a map ends in one of these
    "status": STATUSES,
    "kind": ("delivery", "pickup", "return", "exchange", "transfer"),
    "window.basis": ("appointment", "ship_by", "deliver_by"),
}


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", text):
        raise ValueError(f"{text!r} is no name; small letters, digits, '-', '_' and '.', 64 at most")
    return text


def _one_or_more(read: Reader, key: str, default: Any) -> tuple[str, ...]:
    """A text, or a list of texts."""
    value = read.given(key)
    return (value,) if isinstance(value, str) else read.texts(key, default or ())


SOURCES: Final = Kind(
    "expression, or list of them",
    _one_or_more,
    {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
)
VALUE_MAP: Final = Kind(
    "mapping of a value to the order's",
    lambda read, key, default: {name: inner.given(name) for inner in (read.mapping(key),) for name in inner} or None,
    {"type": "object"},
)


def _fields(read: Reader, key: str, default: Any) -> tuple["Taken", ...]:
    inner = read.mapping(key)
    return tuple(_taken(inner, name) for name in inner)


def _taken(read: Reader, name: str) -> "Taken":
    """A field's entry: an expression, a list of them, or a mapping that says more."""
    value, line = read.given(name), read.line(name)
    if isinstance(value, str):
        return Taken((value,), field=name, line=line)
    if isinstance(value, list):
        return Taken(read.texts(name), field=name, line=line)
    if isinstance(value, dict):
        return read_record(read.mapping(name), Taken, field=name, line=line)
    read.problem(f"{name} wants an expression, a list of them, or a mapping with from, each or constant", name)
    return Taken(field=name, line=line)


FIELDS: Final = Kind("mapping of field to where it comes from", _fields, {"type": "object"})


@dataclass(frozen=True, slots=True)
class Taken:
    """Where one field of the order comes from; an expression alone stands for `{from: expression}`."""

    from_: Annotated[
        tuple[str, ...],
        SOURCES,
        "where the value stands: JMESPath, from the order (in a list from the entry), or a column's heading; of "
        "several the first that gives something",
    ] = ()
    map: Annotated[
        Mapping[str, Any] | None,
        VALUE_MAP,
        "the partner's words and the order's; case, spaces, `-` and `_` do not matter, `*` stands for any other word. "
        "A word that is not in it goes on as it is, and what rules say of it is the profile's",
    ] = field(default=None, hash=False)
    constant: Annotated[Any, ANYTHING, "a value that every order gets, where `from` gives nothing"] = field(
        default=None, hash=False
    )
    join: Annotated[bool, FLAG, "true, of columns: all of them, with a space between"] = False
    each: Annotated[
        tuple[str, ...], SOURCES, "of a list (items, packages): where the entries stand; `fields` are then read in each"
    ] = ()
    fields: Annotated[tuple["Taken", ...], FIELDS, "of a list: the fields of an entry, by their names in it"] = ()
    field: str = ""
    line: int = 0


def _samples(read: Reader, key: str, default: Any) -> tuple["Sample", ...]:
    found = []
    for one in read.mappings(key):
        lines = {name: one.line("gives", place, name) for place, name in _names(one.given("gives"))}
        found.append(read_record(one, Sample, line=one.line(), lines=lines))
    return tuple(found)


def _names(gives: Any) -> Iterator[tuple[int, str]]:
    for place, order in enumerate(gives if isinstance(gives, list) else ()):
        for name in order if isinstance(order, dict) else ():
            yield place, name


def _orders(read: Reader, key: str, default: Any) -> tuple[Mapping[str, Any], ...]:
    return tuple({name: one.given(name) for name in one} for one in read.mappings(key))


@dataclass(frozen=True, slots=True)
class Sample:
    """A payload and what must come of it. `lines` are those of the fields under `gives`."""

    name: Annotated[str, TEXT, "what it shows"]
    payload: Annotated[Any, ANYTHING, "the payload, as YAML; of a csv profile, a text with its lines"] = field(
        hash=False
    )
    gives: Annotated[
        tuple[Mapping[str, Any], ...],
        Kind("list of mappings", _orders, {"type": "array", "items": {"type": "object"}}),
        "for each order in it, fields and their values; null: the order must not have the field",
    ] = field(default=(), hash=False)
    answers_for: Annotated[
        tuple[str, ...], TEXTS, "fields that the profile answers for, not the partner, in any of these orders"
    ] = ()
    refused: Annotated[bool, FLAG, "true: no order can be made of it"] = False
    line: int = field(default=0, compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)


SAMPLES: Final = Kind("list of samples", _samples, {"type": "array", "items": {"type": "object"}}, keys(Sample))


@dataclass(frozen=True, slots=True)
class Profile:
    """How a system's payload maps onto the order. `file` says where that is written."""

    name: Annotated[str, written("text", _name), "the profile's name, as its file is called and as partners name it"]
    about: Annotated[str, TEXT, "whose payloads they are, of which version, and where that is documented"]
    fields: Annotated[tuple[Taken, ...], FIELDS, "the order's fields by path, and where each comes from"]
    samples: Annotated[tuple[Sample, ...], SAMPLES, "payloads that prove it; a profile without any is not loaded"]
    format: Annotated[Format, one_of(_FORMATS), "csv is any table: also a workbook's or Parquet's"] = "json"
    orders: Annotated[
        tuple[str, ...],
        SOURCES,
        "where the orders stand in a JSON payload: an object or a list of them; the first of these expressions that "
        "gives something. Left out: the payload itself",
    ] = WHOLE
    aside: Annotated[
        tuple[str, ...],
        TEXTS,
        "parts of the payload (columns of a table) that hold no field of the order, though their names sound so: "
        "customer.state, line_items.product_id",
    ] = ()
    file: str = field(default="", compare=False)


KEYS: Final[tuple[Key, ...]] = keys(Profile)
FIELD_KEYS: Final[tuple[Key, ...]] = keys(Taken)
SAMPLE_KEYS: Final[tuple[Key, ...]] = SAMPLES.keys


def load(text: str | bytes, file: str) -> Profile:
    """The profile in a file's text, not proved. Raises DocumentError with everything that is wrong in it."""
    content = reader(text, file)
    profile = read_record(content, Profile, file=file)
    problems = content.problems
    problems += (Problem(file, line, message) for line, message in _wrong(profile.fields, "", profile.format))
    if profile.format == "json":
        for place, one in enumerate(profile.orders):
            if wrong := _broken(one):
                problems.append(Problem(file, content.line("orders", place), f"orders: {wrong}"))
    elif profile.orders != WHOLE:
        content.problem("orders is of JSON payloads; a table's rows are the orders", "orders")
    if profile.name and Path(file).name != f"{profile.name}.yaml":
        content.problem(f"profile '{profile.name}' belongs in {profile.name}.yaml", "name")
    if "samples" in content and not profile.samples:
        content.problem("a profile wants one sample at least", "samples")
    content.finish()
    return profile


def _wrong(fields: tuple[Taken, ...], inside: str, format: Format) -> Iterator[tuple[int, str]]:
    """What is wrong with the fields of an object of the order."""
    for one in fields:
        path = join(inside, one.field)
        shape = None if "[" in one.field and format == "json" else _shape(path)
        if shape is None:
            yield one.line, f"no field '{one.field}' in the order{did_you_mean(one.field, _known(inside))}"
        elif one.each or one.fields:
            yield from _wrong_list(one, path, shape, format)
        elif isinstance(shape, Mapping):
            yield one.line, f"{one.field} is an object; name its fields, as {one.field}.{next(iter(shape))}"
        elif not one.from_ and one.constant is None:
            yield one.line, f"{one.field} comes from nowhere; give from or constant"
        if format == "json":
            broken = ((text, _broken(text)) for text in (*one.from_, *one.each))
            yield from ((one.line, f"{one.field}: {wrong}") for _, wrong in broken if wrong)
            if one.join:
                yield one.line, f"{one.field}: join is of columns; in JSON write words(a, b)"
        if one.map is not None and not one.from_:
            yield one.line, f"{one.field}: a map without from"
        for value in (*(one.map or {}).values(), one.constant):
            if value is not None and path in WORDS and value not in WORDS[path]:
                yield one.line, f"{one.field}: {none_of(value, WORDS[path])}"


def _wrong_list(one: Taken, path: str, shape: Shape, format: Format) -> Iterator[tuple[int, str]]:
    if format == "csv":
        yield one.line, f"{one.field}: in a table each is not needed; name the columns, as {one.field}[*].sku"
    elif not isinstance(shape, list) or isinstance(shape[0], str):
        yield one.line, f"{one.field} is no list of objects"
    elif not one.each or not one.fields:
        yield one.line, f"{one.field} wants both: each, where the entries stand, and fields"
    elif one.from_ or one.map or one.constant is not None:
        yield one.line, f"{one.field}: of a list only each and fields are said"
    else:
        yield from _wrong(one.fields, f"{path}[*]", format)


def _shape(path: str) -> "Shape | None":
    try:
        return shape_at(path)
    except ValueError:
        return None


def _known(inside: str) -> list[str]:
    """The fields of an object of the order, and those inside them, as a profile names them."""
    shape = shape_at(inside) if inside else ORDER
    return list(_within(shape, "")) if shape is not None else []


def _within(shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, Mapping):
        for name, inner in shape.items():
            yield join(path, name)
            yield from _within(inner, join(path, name))


def _broken(text: str) -> str:
    from dq_service.intake.expression import Unfit, expression  # whoever only lists the profiles needs no JMESPath

    try:
        expression(text)
    except Unfit as unfit:
        return str(unfit)
    return ""
