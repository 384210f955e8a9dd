"""What goes wrong with a page is told on a page: whoever is not signed in may sign in, and comes back."""

import json
from typing import Any, Final
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dq_service.web.pages.page import room, to

PROBLEM: Final = b"application/problem+json"
_TITLES: Final = {
    401: "Sign in",
    403: "Not for you",
    404: "Nothing here",
    409: "Somebody was here before",
    412: "Somebody was here before",
    429: "Too quick",
    503: "Not now",
}


class Failing:
    """The layer in front of the pages' paths: a problem that a browser is answered becomes a page."""

    def __init__(self, app: ASGIApp, prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self._prefixes):
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def told(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _kind(message) == PROBLEM:
                start = message
                return
            if start is None:
                await send(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                await _page(scope, start, body)(scope, receive, send)

        await self._app(scope, receive, told)


def _kind(start: Message) -> bytes:
    return next((bytes(value) for name, value in start["headers"] if name.lower() == b"content-type"), b"")


def _page(scope: Scope, start: Message, body: bytes) -> ASGIApp:
    problem: dict[str, Any] = json.loads(body)
    status = start["status"]
    back = quote(scope["path"]) if scope["method"] == "GET" else "/queue"
    if status == 401:
        return to(f"/login?then={quote(back, safe='')}")
    if status == 403 and problem.get("reason") == "password":
        return to(f"/password?then={quote(back, safe='')}")
    told = problem.get("detail", "")
    if status == 404:
        told = "There is no such page, or no such order for you."
    if status >= 500 and "instance" in problem:
        told = f"{told} It is {problem['instance']} there. Nothing was changed by this."
    caller = scope.get("state", {}).get("caller")
    answer = room(caller, "", "trouble.html", status, title=_TITLES.get(status, "That did not work"), told=told)
    for name, value in start["headers"]:
        if name.lower() in (b"retry-after", b"allow"):
            answer.headers[name.decode("latin-1")] = value.decode("latin-1")
    return answer
