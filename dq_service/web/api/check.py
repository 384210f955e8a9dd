"""`POST /v1/orders/check`: one order in, one result out; nothing is kept.

An ASGI application of its own, bytes in and bytes out: what FastAPI would do for it costs as much as half a check.
"""

from datetime import UTC, datetime
from time import monotonic, perf_counter
from typing import Final
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from dq_service.context import Context
from dq_service.intake.json_text import Unreadable, read, write
from dq_service.meters import Meters
from dq_service.result import Result
from dq_service.web.api.asking import caller_of, partner_for
from dq_service.web.api.body import header, is_json, read_body
from dq_service.web.api.installation import Installation, Opened
from dq_service.web.api.problem import Refusal

CHECK_PATH: Final = "/v1/orders/check"
DEADLINE_MS: Final = 250
MAX_BODY: Final = 2**20
SHORTEST_MS, LONGEST_MS = 1, 60_000


class Check:
    """The call. `deadline_ms` holds where X-Deadline-Ms does not say otherwise, `max_body` is in bytes."""

    def __init__(self, installation: Installation, meters: Meters, *, deadline_ms: int, max_body: int) -> None:
        self._installation = installation
        self._meters = meters
        self._deadline_ms = deadline_ms
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._installation.current()
        milliseconds = deadline_of(scope, self._deadline_ms)
        partner = partner_for(caller_of(scope), partner_of(scope["query_string"]))
        raw = await read_body(scope, receive, self._max_body)
        begun = perf_counter()
        result = checked(app, raw, partner, milliseconds)
        self._meters.check_seconds.add(perf_counter() - begun)
        scope["state"]["partner"] = self._installation.known_partner(result.partner)
        content = write(result.to_json())
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def checked(app: Opened, raw: bytes, partner: str, milliseconds: int) -> Result:
    """The result for a body, on the clock from now on. Raises Refusal 400 for bytes that are no JSON.

    It runs on the event loop: a check takes a tenth of what handing it to a thread would.
    """
    end = monotonic() + milliseconds / 1000
    try:
        order = read(raw)
    except Unreadable as unread:
        if not is_json(raw):
            place = {name: at for name in ("line", "column") if (at := getattr(unread, name)) is not None}
            raise Refusal(400, f"The body is no JSON: {unread}.", **place) from None
        return _rejected(app, unread, partner, None)
    return app.check(order, as_of=datetime.now(UTC), partner=partner, expired=lambda: monotonic() >= end)


def result_of(app: Opened, raw: bytes, partner: str, *, line: int) -> Result:
    """The result for a line of a stream, without a deadline; whatever its bytes are."""
    try:
        order = read(raw)
    except Unreadable as unread:
        return _rejected(app, unread, partner, line)
    return app.check(order, as_of=datetime.now(UTC), partner=partner, line=line)


def _rejected(app: Opened, unread: Unreadable, partner: str, line: int | None) -> Result:
    context = Context(datetime.now(UTC), app.engine.reference, app.partner_of(None, partner))
    return app.engine.rejected(str(unread), context, field=unread.path, line=line)


def deadline_of(scope: Scope, otherwise: int) -> int:
    """Milliseconds that the check may take. Raises Refusal 400 for a header that is no whole number."""
    given = header(scope, b"x-deadline-ms")
    if given is None:
        return otherwise
    if not given.isdigit():
        raise Refusal(400, "X-Deadline-Ms wants a whole number of milliseconds.", header="X-Deadline-Ms")
    return LONGEST_MS if len(given) > 9 else max(SHORTEST_MS, min(int(given), LONGEST_MS))


def partner_of(query: bytes) -> str:
    """The partner that the query names; `""` where it names none."""
    return parse_qs(query.decode("latin-1")).get("partner", [""])[0] if query else ""
