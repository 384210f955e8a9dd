"""JSON as it stands in a column: exactly as it was, also what orjson does not take."""

import json
import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import Text
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL takes neither in a text
_ESCAPED: Final = "\ufffd"
_LONG_NUMBER: Final = re.compile(rb"\d{19}")  # orjson makes a float of a whole number past 64 bits


def text_of(value: Any) -> str:
    """JSON text of a value: plain where orjson can, else in ASCII (half characters, whole numbers of any length).

    Instants are written in ISO 8601; NaN and infinities, which are no JSON, as null.
    """
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(_plain(value), separators=(",", ":"), allow_nan=False)


def value_of(text: str | bytes) -> Any:
    """The value of JSON text that `text_of`, or a sender, wrote; numbers and half characters exactly."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
    raw = text if isinstance(text, bytes) else text.encode()
    return json.loads(raw) if _LONG_NUMBER.search(raw) else value


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def name_text(name: str) -> str:
    """A sender's own name of something, of any length: as it is, or as JSON after U+FFFD where no column takes it."""
    plain = name.isascii() and "\x00" not in name
    if plain or not (_UNSTORABLE.search(name) or name.startswith(_ESCAPED)):
        return name
    return _ESCAPED + json.dumps(name)


def name_of(text: str) -> str:
    """The name that `name_text` wrote."""
    return str(json.loads(text[1:])) if text.startswith(_ESCAPED) else text


class JSONText(TypeDecorator[Any]):
    """A column of JSON as text, the same on every database; None is NULL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else text_of(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else value_of(value)
