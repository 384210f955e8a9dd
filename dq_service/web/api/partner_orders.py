"""`POST /v1/partners/{partner}/orders`: a payload in the partner's own format, mapped by its profile and kept.

One order in it is answered as `POST /v1/orders` answers it. Several are kept each for itself, and the answer is one
for all: nobody is told that all is well while one of them was not kept.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from starlette.types import Receive, Scope, Send

from dq_service.intake.json_text import read, write
from dq_service.intake.record import TooMany
from dq_service.order import JSON
from dq_service.service.group import Asked, Once
from dq_service.service.ledger import MOST, Ledger
from dq_service.service.versions import digest_of_bytes
from dq_service.store.kept import Step
from dq_service.web.api.asking import arriving, caller_of, carried_out, key_of, partner_for, revision_of
from dq_service.web.api.body import read_body
from dq_service.web.api.check import deadline_of
from dq_service.web.api.installation import Installation
from dq_service.web.api.keep import KEEP_PATH, answer, is_repeat
from dq_service.web.api.problem import Refusal

PARTNER_PATH: Final = "/v1/partners/{partner}/orders"
MOST_ORDERS: Final = 1000  # in a payload
AT_ONCE: Final = 32 * 1024  # bytes that are mapped on the event loop; handing them to a thread would take as long


class PartnerOrders:
    """The call; `max_body` is in bytes and holds for the whole payload."""

    def __init__(self, installation: Installation, *, deadline_ms: int, max_body: int) -> None:
        self._installation = installation
        self._deadline_ms = deadline_ms
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ledger, app = self._installation.service().ledger, self._installation.current()
        milliseconds, once, if_match = deadline_of(scope, self._deadline_ms), key_of(scope), revision_of(scope)
        partner: str = scope["path_params"]["partner"]
        caller = caller_of(scope)
        partner = partner_for(caller, partner)
        raw = await read_body(scope, receive, self._max_body)
        try:
            if len(raw) <= AT_ONCE:
                records = app.mapped(partner, raw, MOST_ORDERS)
            else:
                records = await asyncio.to_thread(app.mapped, partner, raw, MOST_ORDERS)
        except TooMany:
            raise Refusal(413, f"More than {MOST_ORDERS} orders in one payload.", limit=MOST_ORDERS) from None
        if len(records) == 1:
            asked = arriving(
                raw, partner, caller, milliseconds=milliseconds, once=once, if_match=if_match, mapped=records[0]
            )
            await answer(await carried_out(ledger, asked), send)
            return
        if if_match is not None:
            raise Refusal(400, "If-Match is of one order, and the payload holds several.", header="If-Match")
        every = [arriving(one.raw or b"", partner, caller, milliseconds=milliseconds, mapped=one) for one in records]
        steps = await _all_kept(ledger, _once(every, once, raw, caller.scope(partner)))
        content = write({"results": [_told(step) for step in steps]})
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
        if steps and all(map(is_repeat, steps)):
            headers.append((b"idempotent-replay", b"true"))
        status = 201 if any(step.before is None for step in steps) else 200
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def _once(every: Sequence[Asked], key: str, raw: bytes, scope: str) -> Sequence[Asked]:
    """The first order under the request's key, the others under keys made of it; all stand for the whole payload."""
    if not key:
        return every
    digest, others = digest_of_bytes(raw), f"{scope}\x1fpayload"
    keys = (
        Once(others, f"{place}:{key}", digest) if place else Once(scope, key, digest) for place in range(len(every))
    )
    return [replace(asked, once=once) for asked, once in zip(every, keys, strict=True)]


async def _all_kept(ledger: Ledger, every: Sequence[Asked]) -> Sequence[Step]:
    """The steps of all, in their order. Raises Refusal where one of them was not kept, when all others are through.

    The first goes ahead: whether the key came with another payload before is known from it.
    """
    first = [await carried_out(ledger, asked) for asked in every[:1]]
    rest: list[Step | BaseException] = []
    for start in range(1, len(every), MOST):  # no more at once than share a commit: others want to be kept, too
        some = (carried_out(ledger, asked) for asked in every[start : start + MOST])
        rest += await asyncio.gather(*some, return_exceptions=True)
    kept = [*first, *(step for step in rest if isinstance(step, Step))]
    failed = [error for error in rest if isinstance(error, BaseException)]
    for error in failed:
        if not isinstance(error, Refusal):
            raise error
    if failed:
        refused = failed[0]
        assert isinstance(refused, Refusal)
        text = f"{refused.detail} {len(kept)} of {len(every)} orders were kept; send all again, they will be repeats."
        raise Refusal(refused.status, text, refused.headers, **refused.members)
    return kept


def _told(step: Step) -> JSON:
    """What became of one of several orders."""
    told: JSON = {
        "status": 201 if step.before is None else 200,
        "location": f"{KEEP_PATH}/{step.after.id}",
        "result": read(step.after.result),
    }
    if is_repeat(step):
        told["replay"] = True
    return told
