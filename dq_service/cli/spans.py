"""Where the fields of an order stand in the line of JSON that it came in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from dq_service.fields import join

Span = tuple[int, int]  # first character and the one past the last, from 0

_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(slots=True)
class _Open:
    """An object or list whose end is not reached."""

    path: str
    is_list: bool
    start: int
    step: str | int = 0


def spans(line: str) -> Mapping[str, Span]:
    """The span of every value in a line that is one well-formed JSON object, by its path."""
    found: dict[str, Span] = {}
    opened: list[_Open] = []
    key = True  # whether a text here would be a key
    for token in _TOKEN.finditer(line):
        sign = token.group()
        if sign in "{[":
            path = join(opened[-1].path, opened[-1].step) if opened else ""
            opened.append(_Open(path, sign == "[", token.start()))
            key = sign == "{"
        elif sign in "}]":
            closed = opened.pop()
            found[closed.path] = closed.start, token.end()
        elif sign == ",":
            inside = opened[-1]
            if isinstance(inside.step, int):
                inside.step += 1
            key = not inside.is_list
        elif sign == ":":
            key = False
        elif key:
            opened[-1].step = orjson.loads(sign)
        else:
            found[join(opened[-1].path, opened[-1].step)] = token.span()
    return found


def replacements(where: Mapping[str, Span], changes: Mapping[str, Any]) -> list[tuple[Span, str]] | None:
    """The values to write and where, last first; None where a field does not stand in the line."""
    if not changes or any(field not in where for field in changes):
        return None
    return sorted(((where[field], orjson.dumps(value).decode()) for field, value in changes.items()), reverse=True)
