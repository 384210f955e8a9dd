"""A talk with a service without the talking: what is asked, what comes back, and the steps that a driver takes for it.

A conversation is a generator. It yields steps; whoever drives it (threads, asyncio, a test) takes each and sends back
what it came to. All decisions are in the conversations, so that both clients share them.
"""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeAlias, TypeVar

from dq_service.order import JSON

T = TypeVar("T")

LONGEST_WAIT: Final = 3600.0  # seconds of a Retry-After that are believed


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `path` begins with `/` and has its query."""

    method: str
    path: str
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole; the names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def kind(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def retry_after(self) -> float:
        """Seconds that the service asks to wait; 0 where it does not say, or says it unreadably."""
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdecimal():
            return min(float(text[:9]), LONGEST_WAIT)
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return 0.0
        now = self._date or datetime.now(UTC)
        return min(max((_aware(until) - now).total_seconds(), 0.0), LONGEST_WAIT)

    @property
    def _date(self) -> datetime | None:
        """When the service wrote it, by its own clock, against which it reckons Retry-After."""
        try:
            return _aware(parsedate_to_datetime(self.headers.get("date", "")))
        except ValueError:
            return None

    def json(self) -> Any:
        """The body's value. Raises ValueError for what is no JSON."""
        return json.loads(self.body)  # orjson rounds long numbers and refuses half a character, which orders may have

    @property
    def problem(self) -> JSON | None:
        """The problem (RFC 9457) that it tells of; None where it is none: an error page of somebody in between."""
        if self.kind != "application/problem+json":
            return None
        try:
            told = self.json()
        except ValueError:
            return None
        return told if isinstance(told, dict) else None


@dataclass(frozen=True, slots=True)
class NoReply:
    """Why nothing came back, in the transport's word. `reached`: the service may have had the request."""

    why: str
    reached: bool = True


@dataclass(frozen=True, slots=True)
class Ask:
    """A step: send this, and wait so many seconds at most, all in all. Comes to a Reply or NoReply."""

    request: Request
    within: float


@dataclass(frozen=True, slots=True)
class Pause:
    """A step: wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Work:
    """A step: call this, which waits for a disk. Comes to what it returns, or raises what it raises."""

    call: Callable[[], Any]


Step: TypeAlias = Ask | Pause | Work
Conversation: TypeAlias = Generator[Step, Any, T]


def _aware(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
