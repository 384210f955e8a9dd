"""A server with a day's orders on it, and browsers before it that notice whatever they must not see."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Request

from dq_service.demo import AS_OF, orders, write_folder
from tests.web.served import Served, serving


def write_day(folder: Path) -> None:
    """The demo's partners; their orders are held, whatever is wrong with them, and for long."""
    write_folder(folder)


def day() -> list[Any]:
    """The demo's orders, moved to tomorrow."""
    moved = datetime.now(UTC).replace(microsecond=0) - datetime.fromisoformat(AS_OF)
    days = timedelta(days=moved.days + 1)
    return [_moved(order, days) for order in orders()]


def _moved(value: Any, by: timedelta) -> Any:
    if isinstance(value, dict):
        return {name: _moved(inner, by) for name, inner in value.items()}
    if isinstance(value, list):
        return [_moved(inner, by) for inner in value]
    if isinstance(value, str) and value[:4] == "2026" and value[10:11] == "T":
        return (datetime.fromisoformat(value) + by).isoformat()
    return value


_FIRST = ("Ada", "Bo", "Cy", "Di")
_LAST = ("Fenwick", "Oakford", "Ashham", "Elmby", "Fenton", "Oakley", "Ashwick", "Elmford", "Fenham", "Oakby", "Ashton")


@dataclass(frozen=True, slots=True)
class Office:
    """A server with the orders of a day; `held` are the results of those that wait, by what their senders call them."""

    served: Served
    held: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.served.port}"

    def send(self, order: Any) -> Any:
        """Sends one order; its result."""
        answer = self.served.ask("POST", "/v1/orders", json.dumps(order).encode())
        assert answer.status in (200, 201), answer.raw
        if answer.json["action"] == "hold":
            self.held[answer.json["received_id"]] = answer.json
        return answer.json

    def of_rule(self, code: str) -> Any:
        """The result of the order that this rule holds."""
        return next(one for one in self.held.values() if any(said["rule"] == code for said in one["findings"]))

    def send_more(self, least: int) -> None:
        """The day's faulty orders under other names, until so many wait."""
        faulty = [order for order in day() if order["order_id"] in self.held]
        for number in range(len(_FIRST) * len(_LAST)):
            if len(self.held) >= least:
                break
            order = faulty[number % len(faulty)]
            name = f"{order['order_id'][:-4]}{2000 + number}"
            self.send(
                {
                    **order,
                    "order_id": name,
                    "ship_to": {
                        **order["ship_to"],
                        "name": f"{_FIRST[number // len(_LAST)]} {_LAST[number % len(_LAST)]}",
                    },
                }
            )


@contextmanager
def office(folder: Path) -> Iterator[Office]:
    """The server, for as long as it is wanted."""
    data = folder / "data"
    data.mkdir()
    write_day(data)
    with serving(data, folder / "server.txt") as served:
        made = Office(served)
        for order in day():
            made.send(order)
        yield made


@dataclass
class Seen:
    """A page in a browser, and what went on beside it that must not."""

    page: Page
    host: str
    amiss: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("console", lambda said: self.amiss.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.amiss.append(str(error)))
        self.page.on("request", self._asked)
        self.page.add_init_script(
            "addEventListener('securitypolicyviolation', (one) => console.error('policy', one.violatedDirective))"
        )

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.host, "data:")):
            self.amiss.append(f"asked elsewhere: {request.url}")


@contextmanager
def opened(
    browser: Browser, host: str, *, width: int = 1440, dark: bool = False, script: bool = True
) -> Iterator[Seen]:
    """A fresh browser before a server; at its end nothing is amiss."""
    context: BrowserContext = browser.new_context(
        base_url=host,
        viewport={"width": width, "height": 900 if width > 700 else 844},
        color_scheme="dark" if dark else "light",
        java_script_enabled=script,
        reduced_motion="reduce",
    )
    context.set_default_timeout(5_000)
    try:
        seen = Seen(context.new_page(), host)
        seen.listen()
        yield seen
        assert seen.amiss == []
    finally:
        context.close()
