"""One JSON document, read strictly: every value exactly as it was sent, or the place where it is no JSON.

orjson reads; three things that it lets pass are looked for afterwards: a key that stands twice in one object (it
keeps the last), a whole number of more than 64 bits (it keeps a rounded float), and nesting so deep that no result
could be written. The look is cheap because it only counts, in a plain document nothing but colons; where the counts
disagree, the document is read again by the standard library, slowly and exactly.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from decimal import Decimal
from typing import Any, Final

import orjson

from dq_service.fields import join, shape_at

DEEPEST: Final = 100  # levels of nesting; an order has six, and orjson writes 254
EXACT: Final = 2.0**53  # from here on a float may stand for several whole numbers
BOM: Final = b"\xef\xbb\xbf"

_DIGITS: Final = bytes.maketrans(b"123456789", b"000000000")
_LONG: Final = b"0" * 16  # digits of the first whole number that a float may not hold

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]')
_UTF_16_OR_32: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00", b"{\x00", b"[\x00")  # with or without mark
_WORDS: Final = {  # orjson's messages and ours
    "unexpected end of data": "it ends too early",
    "unexpected content after document": "something follows the end of the document",
    "number is infinity when parsed as double": "a number is too large",
    "depth limit exceeded": f"it is nested deeper than {DEEPEST} levels",
    "unexpected control character in string": "a control character stands unescaped in a text",
}


class Unreadable(ValueError):
    """Bytes that are no JSON document: why, and where. The text never repeats the input.

    `line` and `column` (in characters) count from 1; None where no place can be named. `path` is the field of the
    contract that is concerned, `""` where there is none.
    """

    def __init__(self, reason: str, line: int | None = None, column: int | None = None, path: str = "") -> None:
        place = "" if line is None else f" (line {line})" if column is None else f" (line {line}, column {column})"
        super().__init__(reason + place)
        self.reason = reason
        self.line = line
        self.column = column
        self.path = path

    def moved(self, lines: int) -> "Unreadable":
        """The same, so many lines further down: for a document that begins inside a file."""
        return Unreadable(self.reason, (self.line or 1) + lines, self.column, self.path)


def read(raw: bytes) -> Any:
    """The value of a JSON document in UTF-8, with or without byte order mark.

    Raises Unreadable for everything that is not exactly one JSON value as RFC 8259 and I-JSON (RFC 7493) have it:
    NaN, infinities, lone surrogates, equal keys in one object, other encodings, more than `DEEPEST` levels.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if raw.startswith(BOM) and not raw.startswith(BOM * 2):
            return read(raw[len(BOM) :])
        raise _unreadable(raw, error) from None
    if type(value) is dict or type(value) is list:
        if _is_plain(raw, value):
            return value
        keys = _count_keys(value)
        if keys != raw.count(b'":') or b" :" in raw or b"\n:" in raw or b"\t:" in raw or b"\r:" in raw:
            return _read_exactly(raw)
    elif type(value) is float and not -EXACT < value < EXACT:
        return _read_exactly(raw)
    return value


def write(value: Any, *, pretty: bool = False) -> bytes:
    """A value as JSON in UTF-8, on one line or indented by two. As orjson writes it; whole numbers of any length too.

    Half a character (a lone surrogate) is written as its escape, `\\ud800`.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2 if pretty else None)
    except TypeError:
        shape: dict[str, Any] = {"indent": 2} if pretty else {"separators": (",", ":")}
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_as_json, **shape)
        return text.encode("utf-8", "backslashreplace")


def _as_json(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


def _is_plain(raw: bytes, value: Any) -> bool:
    """Whether a document without many brackets loses nothing when it is read, as nearly all: written again, its value
    is the same text; or there are neither escapes nor long numbers, and as many colons.
    """
    if raw.count(b"{") + raw.count(b"[") > DEEPEST:
        return False
    written = orjson.dumps(value)
    return written == raw or (
        b"\\" not in raw and _LONG not in raw.translate(_DIGITS) and raw.count(b":") == written.count(b":")
    )


def _count_keys(value: Any) -> int:
    """How many keys all objects have together; -1 where a number may have been rounded."""
    keys = 0
    level = [value]
    for _ in range(DEEPEST):
        deeper: list[Any] = []
        for node in level:
            if type(node) is dict:
                keys += len(node)
                node = node.values()
            for inner in node:
                kind = type(inner)
                if kind is str:  # nearly all are
                    continue
                if kind is dict or kind is list:
                    deeper.append(inner)
                elif kind is float and not -EXACT < inner < EXACT:
                    return -1
        if not deeper:
            return keys
        level = deeper
    raise Unreadable(_WORDS["depth limit exceeded"])


class _EqualKeys(Exception):
    """Two equal keys in one object."""


def _read_exactly(raw: bytes) -> Any:
    """The document once more, by the standard library; orjson has found it well formed."""
    text = raw.decode()
    try:
        return json.loads(text, object_pairs_hook=_object, parse_float=_number)
    except _EqualKeys:
        position, path = _second_key(text)
        raise Unreadable("a key stands twice in one object", *_place(text, position), path) from None
    except RecursionError:
        raise Unreadable(_WORDS["depth limit exceeded"]) from None
    except ValueError:  # past the 4,300 digits that Python turns into a number
        raise Unreadable("a number is too large") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _EqualKeys
    return found


def _number(literal: str) -> float | int:
    """A float, or where it would round a whole number written as `12345678901234567890.0`, that number."""
    value = float(literal)
    if abs(value) < EXACT or "e" in literal or "E" in literal:
        return value
    exact = Decimal(literal)
    return int(exact) if exact == exact.to_integral_value() and exact != Decimal(value) else value


def entries(text: str) -> Iterator[tuple[int, int]]:
    """Where each entry of a list of orders begins and ends: the outermost list, or that under the key `orders`.

    The text must be JSON. Nothing for any other document.
    """
    opened: list[str] = []
    name, start, wanted = "", 0, 0  # wanted: how many brackets are open inside the list
    for token in _TOKEN.finditer(text):
        sign = token.group()
        if sign == "{" or sign == "[":
            if sign == "[" and (not opened or (opened == ["{"] and name == '"orders"')) and not wanted:
                wanted, start = len(opened) + 1, token.end()
            opened.append(sign)
        elif sign == "}" or sign == "]":
            if wanted == len(opened) and text[start : token.start()].strip():
                yield _trimmed(text, start, token.start())
            opened.pop()
            if wanted > len(opened):
                return
        elif sign == ",":
            if wanted == len(opened):
                yield _trimmed(text, start, token.start())
                start = token.end()
            elif len(opened) == 1:
                name = ""
        elif sign != ":" and len(opened) == 1:
            name = sign


def entries_at(text: str, steps: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where each entry of the list under these keys begins and ends. The text must be JSON, without equal keys."""
    keys: list[str | None] = []  # of each open object the key that is being read; None for a list
    name, start = "", 0
    wanted = 0  # how many brackets are open inside the list
    for token in _TOKEN.finditer(text):
        sign = token.group()
        if sign == "{" or sign == "[":
            if sign == "[" and not wanted and keys == list(steps):
                wanted, start = len(keys) + 1, token.end()
            keys.append("" if sign == "{" else None)
        elif sign == "}" or sign == "]":
            if wanted == len(keys):
                if text[start : token.start()].strip():
                    yield _trimmed(text, start, token.start())
                return
            keys.pop()
        elif sign == ",":
            if wanted == len(keys):
                yield _trimmed(text, start, token.start())
                start = token.end()
        elif sign == ":":
            keys[-1] = json.loads(name)
        else:
            name = sign


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())


@dataclass(slots=True)
class _Open:
    """An object or list whose end is not reached."""

    path: str
    keys: set[str] | None  # so far; None for a list
    step: str | int  # the key or place that is being read


def _second_key(text: str) -> tuple[int, str]:
    """Where the first repeated key stands, and the field of the contract that it names (`""` if none)."""
    opened: list[_Open] = []
    name, start = "", 0
    for token in _TOKEN.finditer(text):
        sign = token.group()
        if sign == "{" or sign == "[":
            path = join(opened[-1].path, opened[-1].step) if opened else ""
            opened.append(_Open(path, set() if sign == "{" else None, 0))
        elif sign == "}" or sign == "]":
            opened.pop()
        elif sign == ":":
            inside, key = opened[-1], json.loads(name)
            assert inside.keys is not None, "a colon stands only in objects"
            if key in inside.keys:
                path = join(inside.path, key)
                return start, path if _known(path) else ""
            inside.keys.add(key)
            inside.step = key
        elif sign == ",":
            inside = opened[-1]
            inside.step = inside.step + 1 if type(inside.step) is int else inside.step
        else:
            name, start = sign, token.start()
    raise AssertionError("equal keys were found and cannot be found again")


def _known(path: str) -> bool:
    try:
        return shape_at(path) is not None
    except ValueError:
        return False


def _place(text: str, position: int) -> tuple[int, int]:
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def _unreadable(raw: bytes, error: orjson.JSONDecodeError) -> Unreadable:
    """orjson's refusal in our words."""
    if not raw.strip(b" \t\r\n"):
        return Unreadable("it is empty")
    if raw.startswith(_UTF_16_OR_32):
        return Unreadable("it is not in UTF-8, it looks like UTF-16", 1, 1)
    try:
        text = raw.decode()
    except UnicodeDecodeError as bad:
        before = raw[: bad.start].decode()
        return Unreadable("it is not in UTF-8", *_place(before, len(before)))
    place = _place(text, min(error.pos, len(text.rstrip())))
    rest = text[error.pos : error.pos + 9].lstrip("-")
    if rest.startswith(("NaN", "Infinity")):
        return Unreadable("NaN and infinities are no JSON", *place)
    if "surrogate" in error.msg:
        return Unreadable("half a character (a lone surrogate) stands in a text", *place)
    return Unreadable(_WORDS.get(error.msg.partition(":")[0], error.msg.partition(":")[0]), *place)
