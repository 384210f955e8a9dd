"""A house with two partners: everybody who may come in, and something of each partner's; in this process."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from starlette.testclient import TestClient

from dq_service.app import open_app
from dq_service.service import keys, sessions, users
from dq_service.service.access import KEY_SCOPES, PERMISSIONS, UNSCOPED
from dq_service.service.outgoing import Outgoing
from dq_service.service.running import Service
from dq_service.settings import Settings
from dq_service.store import access as stored
from dq_service.store.database import Database
from dq_service.watch import Files, Watch
from dq_service.web.access.door import Entrance
from dq_service.web.api.installation import Opening
from dq_service.web.application import create_app
from tests.web.served import local

PARTNERS = ("acme", "tern")
OWN_SITE = {"Sec-Fetch-Site": "same-origin"}


def watch(data: Path) -> Watch:
    """An installation with the two partners, opened once for many houses."""
    (data / "partners").mkdir(parents=True)
    for name in PARTNERS:
        (data / "partners" / f"{name}.yaml").write_text(f"name: {name}\n", "utf-8")
    assert set(open_app(Settings(data)).partners) == set(PARTNERS)
    return Watch(Files(Settings(data)), every=3600)


class Kept:
    """A watch that no house closes: the next one wants it, too."""

    def __init__(self, inner: Watch) -> None:
        self.inner = inner
        self.trouble: tuple[str, ...] = ()

    def current(self) -> Any:
        return self.inner.current()

    def close(self) -> None:
        """The session's."""


@dataclass
class House:
    """The application, and who comes: headers by their name."""

    client: TestClient
    service: Service
    callers: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def ask(self, caller: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One request of one of them; "nobody" comes without a name."""
        sent = body if body is None or isinstance(body, bytes) else orjson.dumps(body)
        given = {**self.callers.get(caller, {}), **{name.replace("_", "-"): value for name, value in headers.items()}}
        if sent is not None:
            given.setdefault("content-type", "application/json")
        self.client.cookies.clear()
        return self.client.request(method, path, content=sent, headers=given, follow_redirects=False)

    def key(self, caller: str, partner: str | None, scopes: tuple[str, ...] = (), *, test: bool = False) -> None:
        """A new key, under this name."""
        now = datetime.now(UTC)
        text, _ = keys.make(
            self.service.database, self.service.secret, partner=partner, scopes=scopes, test=test, by="local", now=now
        )
        self.callers[caller] = {"Authorization": f"Bearer {text}"}
        self.service.keys.look()

    def user(self, caller: str, role: str, partner: str | None = None) -> None:
        """A new user who is signed in, under this name."""
        database, now = self.service.database, datetime.now(UTC)
        user, _ = users.add(database, f"{caller.replace(' ', '.')}@example.com", role, partner, by="local", now=now)
        with database.writing() as connection:
            stored.change_user(connection, user.id, must_change=False)
        token = sessions.begin(database, user, now)
        self.callers[caller] = {"Cookie": f"dq_session={token}", **OWN_SITE}

    def everybody(self) -> None:
        """Every role, and keys of every kind."""
        self.key("key of all", None, PERMISSIONS)
        self.key("key that only checks", None, ("check",))
        for partner in PARTNERS:
            self.key(f"key of {partner}", partner)
            self.key(f"test key of {partner}", partner, test=True)
            everything = tuple(one for one in PERMISSIONS if one not in UNSCOPED)
            self.key(f"widest key of {partner}", partner, everything)
        self.key("test key of all", None, KEY_SCOPES, test=True)
        for role in ("admin", "manager", "reviewer"):
            self.user(role, role)
        for partner in PARTNERS:
            self.user(f"partner {partner}", "partner", partner)


@contextmanager
def house(watched: Watch, url: str, entrance: Entrance | None = None) -> Iterator[House]:
    """A house on a database."""
    database = Database.open(url)
    kept = Kept(watched)
    service = Service(database, kept.current, Outgoing(()), url=url)
    try:
        with local(create_app(lambda: Opening(kept, service), entrance=entrance or Entrance(rate=1e6))) as client:
            yield House(client, service)
    finally:
        database.close()


def order(partner: str, number: int = 1, **more: Any) -> dict[str, Any]:
    """An order that is complete but for a city that is misspelled."""
    return {
        "order_id": f"{partner.upper()}-{number}", "partner": partner, "kind": "delivery",
        "ship_to": {"name": "Aisha Martinez", "phone": "+14025385759", "email": "aisha@example.com",
                    "address": {"line1": "14205 Ida Street", "city": "Omhaa", "state": "NE", "postal_code": "68142",
                                "country": "US"}},
        "items": [{"sku": "LMP-1496-R9", "quantity": 1}],
        **more,
    }  # fmt: skip
