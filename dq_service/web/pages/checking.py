"""A file checked on a page: dropped, judged, shown, taken back repaired; nothing of it stays."""

import asyncio
import base64
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from dq_service.service.access import Caller
from dq_service.service.file_check import Checked, Checks, Unfit, check_file
from dq_service.web.pages.chart import bar
from dq_service.web.pages.desk import KEYS
from dq_service.web.pages.page import caller_in, room

PREFIX: Final = "/check"
MAX_FILE: Final = 20 * 2**20  # bytes
WAITING: Final = 4  # files that wait for the one that is being checked
INLINE: Final = 24 * 1024  # bytes of a repaired file that the page itself carries
VERDICTS: Final = ("rejected", "review", "incomplete", "repaired", "clean")
_SUFFIXES: Final = frozenset({".csv", ".tsv", ".txt", ".tab", ".xlsx", ".xlsm", ".json", ".ndjson", ".jsonl"})
_ROOM: Final = 64 * 1024  # bytes of a form around its file


class _TooLarge(Exception):
    """More bytes come than a file may have."""


class Checking:
    """The page; `checks` gives what orders are checked with at that moment. `max_file` is in bytes."""

    def __init__(self, checks: Callable[[], Checks], max_file: int) -> None:
        self._checks = checks
        self._max_file = max_file
        self._one = asyncio.Semaphore(1)  # a check keeps a processor busy; others want it, too
        self._waiting = 0

    def routes(self) -> Sequence[Route]:
        """The routes; `web/access/needs.py` says what each needs."""

        async def show(request: Request) -> Response:
            request.scope["route"] = found[0]  # for the log
            return self._page(caller_in(request))

        async def check(request: Request) -> Response:
            request.scope["route"] = found[1]
            return await self._answer(request, self._told)

        async def repaired(request: Request) -> Response:
            request.scope["route"] = found[2]
            return await self._answer(request, self._taken)

        found = [Route(PREFIX, show, methods=["GET"]), Route(PREFIX, check, methods=["POST"]),
                 Route(f"{PREFIX}/repaired", repaired, methods=["POST"])]  # fmt: skip
        return found

    def _page(self, caller: Caller, status: int = 200, wrong: str = "", **more: object) -> Response:
        values = {"checked": None, "name": "", "partner": "", "link": "", "rules": (), **more}
        return room(
            caller, "check", "check.html", status, wrong=wrong, most=self._max_file // 2**20 or 1,
            own=caller.partner or "", verdicts=VERDICTS, rule_pages="reviews" in caller.may, keys=KEYS, **values,
        )  # fmt: skip

    async def _answer(self, request: Request, say: Callable[[Caller, str, str, Checked], Response]) -> Response:
        caller = caller_in(request)
        if self._waiting >= WAITING:
            answer = self._page(caller, 503, "Several files wait already. Nothing was read; send it again in a minute.")
            answer.headers["Retry-After"] = "30"
            return answer
        self._waiting += 1
        try:
            async with self._bounded(request).form(max_files=1, max_fields=4) as form:
                return await self._checked(caller, form, say)
        except _TooLarge:
            return self._page(caller, 413, f"The file is larger than {self._max_file // 2**20 or 1} MiB.")
        except (HTTPException, ClientDisconnect):
            return self._page(caller, 400, "That was no form with a file in it.")
        finally:
            self._waiting -= 1

    def _bounded(self, request: Request) -> Request:
        """The request, of which no more is read than a file may have."""
        left = self._max_file + _ROOM
        receive = request.receive

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise _TooLarge
            return message

        return Request(request.scope, counted)

    async def _checked(
        self, caller: Caller, form: FormData, say: Callable[[Caller, str, str, Checked], Response]
    ) -> Response:
        file, named = form.get("file"), form.get("partner")
        partner = caller.partner or (named.strip()[:200] if isinstance(named, str) else "")
        if not isinstance(file, UploadFile) or not file.filename:
            return self._page(caller, 422, "Choose a file first.", partner=partner)
        if file.size is not None and file.size > self._max_file:
            raise _TooLarge
        name, checks = Path(file.filename.replace("\\", "/")).name[:200], self._checks()

        def work() -> Response:
            suffix = Path(name).suffix.lower()
            with tempfile.TemporaryDirectory(prefix="dq-check-") as folder:  # gone with the answer
                path = Path(folder) / f"orders{suffix if suffix in _SUFFIXES else ''}"
                with path.open("wb") as copy:
                    while piece := file.file.read(2**20):
                        copy.write(piece)
                return say(caller, name, partner, check_file(path, checks, partner, datetime.now(UTC)))

        async with self._one:
            try:
                return await asyncio.to_thread(work)
            except Unfit as wrong:
                return self._page(caller, 422, f"{wrong} Nothing of it was kept.", name=name, partner=partner)

    def _told(self, caller: Caller, name: str, partner: str, checked: Checked) -> Response:
        """The page that says what the file came to; a small repaired file lies in it."""
        link = ""
        if checked.fixed is not None and checked.fixed.stat().st_size <= INLINE:
            link = f"data:application/octet-stream;base64,{base64.b64encode(checked.fixed.read_bytes()).decode()}"
        most = max((sum(outcomes.values()) for _, outcomes in checked.rules.values()), default=0)
        rules = [
            (code, rule.replace("-", " "), sum(outcomes.values()), dict(sorted(outcomes.items())))
            for code, (rule, outcomes) in checked.rules.items()
        ]
        rules.sort(key=lambda one: (-one[2], one[0]))
        told = [(code, rule, count, outcomes, bar(count, most)) for code, rule, count, outcomes in rules]
        return self._page(caller, checked=checked, name=name, partner=partner, link=link, rules=told,
                          repaired_name=_repaired(name))  # fmt: skip

    def _taken(self, caller: Caller, name: str, partner: str, checked: Checked) -> Response:
        """The repaired file."""
        if checked.fixed is None:
            return self._page(caller, 200, "Nothing in it could be repaired: the file is as it should be sent, or "
                              "wants a person. Check it to see which.", name=name, partner=partner)  # fmt: skip
        told = f"attachment; filename*=UTF-8''{quote(_repaired(name), safe='')}"
        headers = {"Content-Disposition": told, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        return Response(checked.fixed.read_bytes(), 200, headers, "application/octet-stream")


def _repaired(name: str) -> str:
    path = Path(name)
    return f"{path.stem}.repaired{path.suffix}"
