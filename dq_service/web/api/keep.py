"""`POST /v1/orders`: one order in, kept durably before it is answered, exactly once."""

from collections.abc import Callable
from typing import Final

from starlette.types import Receive, Scope, Send

from dq_service.service.ledger import Ledger
from dq_service.store.kept import Step
from dq_service.web.api.asking import arriving, caller_of, carried_out, key_of, partner_for, revision_of
from dq_service.web.api.body import read_body
from dq_service.web.api.check import deadline_of, partner_of

KEEP_PATH: Final = "/v1/orders"


class Keep:
    """The call: an ASGI application of its own, as `Check` is, and for the same reason."""

    def __init__(
        self, ledger: Callable[[], Ledger], known: Callable[[str], str], *, deadline_ms: int, max_body: int
    ) -> None:
        """`ledger()` raises Refusal 503 while there is none; `known()` is a partner's name where we have its file."""
        self._ledger = ledger
        self._known = known
        self._deadline_ms = deadline_ms
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ledger = self._ledger()
        milliseconds, once, if_match = deadline_of(scope, self._deadline_ms), key_of(scope), revision_of(scope)
        caller = caller_of(scope)
        named = partner_for(caller, partner_of(scope["query_string"]))
        raw = await read_body(scope, receive, self._max_body)
        asked = arriving(raw, named, caller, milliseconds=milliseconds, once=once, if_match=if_match)
        step = await carried_out(ledger, asked)
        scope["state"].update(order=step.after.id, partner=self._known(step.after.identity.partner))
        await answer(step, send)


async def answer(step: Step, send: Send) -> None:
    """Tells what became of a body: the result, and where the order is found."""
    content = step.after.result
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(content)),
        (b"etag", b'"%d"' % step.after.revision),
        (b"location", f"{KEEP_PATH}/{step.after.id}".encode()),
    ]
    if is_repeat(step):
        headers.append((b"idempotent-replay", b"true"))
    status = 201 if step.before is None else 200
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def is_repeat(step: Step) -> bool:
    """Whether a body was there before: nothing of it was written."""
    return step.before is not None and step.body is None
