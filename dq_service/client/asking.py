"""Asking until there is an answer: what is tried again, after which pause, and when that is given up."""

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Final, TypeVar
from uuid import uuid4

from dq_service.client.circuit import Circuit
from dq_service.client.errors import Unavailable, refused
from dq_service.client.wire import Ask, Conversation, NoReply, Pause, Reply, Request

T = TypeVar("T")

AGAIN: Final = frozenset({429, 502, 503, 504})
IN_FLIGHT: Final = 409  # of a request under a key of its caller, or with Retry-After; else a conflict that stays
KEY: Final = "Idempotency-Key"
FAULT: Final = 500
FAULTS: Final = 3  # how often one request may meet a fault of the service before that is its answer
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds; the pause is anything from 0 to the double of the last (full jitter)


class Unreadable(Exception):
    """A reply that is not the service's: an error page, a redirect, half an answer. It is asked again."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How a client asks. `timeout`, in seconds, is for a call as a whole, whatever is tried again within it."""

    timeout: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    clock: Callable[[], float] = monotonic
    chance: Callable[[], float] = random.random  # 0 to 1
    circuit: Circuit = field(default_factory=Circuit)

    def answer(
        self,
        request: Request,
        read: Callable[[Reply], T],
        *,
        ends: float | None = None,
        once: bool = False,
    ) -> Conversation[T]:
        """What `read` makes of the service's reply. It raises Unreadable for what is none.

        `ends` is the instant of the clock at which to give up: `timeout` from now, or math.inf for never. `once`: not
        asked again where the service may have acted already. A POST always carries an Idempotency-Key, the same in
        every try. Raises Refused, Unavailable.
        """
        keyed = KEY in request.headers
        request = self._signed(request)
        ends = self.clock() + self.timeout if ends is None else ends
        why, tries, faults = "the service was away, and is tried again later", 0, 0
        while True:
            now = self.clock()
            if (rest := self.circuit.wait(now)) > 0:
                if ends < math.inf:
                    raise Unavailable(why, retry_after=rest)
                yield Pause(rest)
                continue
            reply: Reply | NoReply = yield Ask(request, self.timeout if ends == math.inf else max(ends - now, 0.0))
            try:
                value = _settled(reply, read, keyed=keyed)
            except _Again as again:
                failure, why = again, again.why
            else:
                self.circuit.succeeded()
                return value
            now = self.clock()
            faults += failure.status == FAULT
            if failure.counts:
                self.circuit.failed(now, failure.retry_after)
            pause = self._pause(tries, failure.retry_after)
            if now + pause >= ends or faults == FAULTS or (once and failure.reached):
                raise Unavailable(failure.why, status=failure.status, retry_after=failure.retry_after)
            tries += 1
            yield Pause(pause)

    def _signed(self, request: Request) -> Request:
        key = {KEY: uuid4().hex} if request.method == "POST" else {}
        return replace(request, headers={**self.headers, **key, **request.headers})

    def _pause(self, tries: int, retry_after: float) -> float:
        return retry_after + self.chance() * min(FIRST_PAUSE * 2.0 ** min(tries, 16), LONGEST_PAUSE)


class _Again(Exception):
    """A failure that may pass."""

    def __init__(self, why: str, status: int | None = None, retry_after: float = 0.0, reached: bool = True) -> None:
        super().__init__(why)
        self.why = why
        self.status = status
        self.retry_after = retry_after
        self.reached = reached

    @property
    def counts(self) -> bool:
        """Whether it says that the service is away: a key in flight does not, nor a fault over one order."""
        return self.status not in (IN_FLIGHT, FAULT)


def _settled(reply: Reply | NoReply, read: Callable[[Reply], T], *, keyed: bool) -> T:
    """What a reply comes to; `keyed`: to a request under a key of its caller. Raises Refused, or _Again."""
    if isinstance(reply, NoReply):
        raise _Again(f"no answer from the service ({reply.why})", reached=reply.reached)
    status, problem = reply.status, reply.problem
    if status in AGAIN or (status == IN_FLIGHT and (keyed or "retry-after" in reply.headers)):
        raise _Again(f"the service answered {status}", status, reply.retry_after, reached=status not in (429, 503))
    if status >= 500:
        raise _Again(f"the service failed ({status})", status, reply.retry_after)
    if problem is not None:
        raise refused(status, problem)
    if not 200 <= status < 300:
        raise _Again(f"what answered is not the service ({status})", status, reply.retry_after)
    try:
        return read(reply)
    except Unreadable:
        raise _Again("what answered is not the service (no result)", status) from None
