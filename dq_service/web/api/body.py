"""A request's body, read as far as it is allowed to go."""

import json
import re
from collections import Counter
from typing import Any, Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from dq_service.web.api.problem import Refusal

# To the end where it is not closed, or each quote inside would be tried as a beginning: hours for one body.
_TEXT: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body, of `limit` bytes at most, whatever its content type says: the bytes decide what it is.

    A body that announces more is refused before a byte of it is read, one that does not say so once it has sent too
    much. Raises Refusal 413, or 415 for an encoded one, or ClientDisconnect.
    """
    plain(scope)
    announced = header(scope, b"content-length")
    if announced is not None and announced.isdigit() and int(announced[:20]) > limit:
        raise _too_large(limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        pieces, size = [body], len(body)
        while message.get("more_body"):
            message = await receive()
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            if size > limit:
                raise _too_large(limit)
        body = b"".join(pieces)
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    if len(body) > limit:
        raise _too_large(limit)
    return body


def plain(scope: Scope) -> None:
    """Raises Refusal 415 for a body that is compressed: what is in it is not seen here, so it would be no order."""
    for key, value in scope["headers"]:
        if key == b"content-encoding" and any(
            coding.strip().lower() not in (b"", b"identity") for coding in value.split(b",")
        ):
            text = "Content-Encoding is not undone here; send it plain."
            raise Refusal(415, text, {"Accept-Encoding": "identity"}, header="Content-Encoding")


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that name (in lower case), without blanks around it; None where there is none."""
    for key, value in scope["headers"]:
        if key == name:
            stripped: bytes = value.strip()
            return stripped
    return None


def headers(scope: Scope, name: bytes) -> list[bytes]:
    """All headers of that name (in lower case), without blanks around them."""
    return [value.strip() for key, value in scope["headers"] if key == name]


def is_json(raw: bytes) -> bool:
    """Whether bytes that the strict reader refused are JSON all the same, as RFC 8259's grammar has it.

    Then they are a bad order (equal keys, half a character, a number too large), and else no order at all. What is
    nested too deeply to tell counts as JSON if every bracket is closed.
    """
    try:
        text = raw.decode("utf-8-sig")
        json.loads(text, parse_int=_unread, parse_float=_unread, parse_constant=_refused)
    except RecursionError:
        brackets = Counter(_TEXT.sub("", text))
        return brackets["["] == brackets["]"] and brackets["{"] == brackets["}"]
    except ValueError:
        return False
    return True


def _unread(literal: str) -> None:
    """A number is not needed, and reading it is what may fail."""


def _refused(literal: str) -> Any:
    raise ValueError("NaN and infinities are no JSON")


def _too_large(limit: int) -> Refusal:
    return Refusal(413, f"The body is larger than {limit} bytes, the most that is read.", limit=limit)
