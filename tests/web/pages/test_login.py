"""Signing in: what is answered, what a browser gets, what ends when; over HTTP."""

import re
import statistics
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from dq_service.service import users
from dq_service.service.outgoing import Outgoing
from dq_service.service.running import Service
from dq_service.store.access import User
from dq_service.store.database import Database
from dq_service.web.access.door import Entrance
from dq_service.web.api.installation import Opening, Watched
from dq_service.web.application import create_app
from tests.web.served import local

OWN = "correct horse battery"
SITE = {"Sec-Fetch-Site": "same-origin"}
ELSEWHERE = {"Sec-Fetch-Site": "cross-site"}


class Nothing:
    """An installation without rules: nobody checks an order here."""

    trouble: tuple[str, ...] = ()
    published: Mapping[str, int] = MappingProxyType({})

    def current(self) -> Any:
        return self

    def close(self) -> None:
        """Nothing is held."""


class Desk:
    """A browser before the pages of a service, which has one user."""

    def __init__(self, client: TestClient, service: Service, database: Database) -> None:
        self.client = client
        self.service = service
        self.database = database
        self.chosen: list[str] = []

    def add(self, name: str = "ada@example.com", role: str = "manager") -> str:
        return users.add(self.database, name, role, None, by="local", now=datetime.now(UTC))[1]

    def post(self, path: str, headers: dict[str, str] = SITE, **fields: str) -> Any:
        return self.client.post(path, data=fields, headers=headers, follow_redirects=False)

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers, follow_redirects=False)

    def enter(self, password: str, name: str = "ada@example.com", **more: str) -> Any:
        return self.post("/login", name=name, password=password, **more)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One engine: what is stored is tested on both in `service/`."""
    return sqlite_url


@pytest.fixture
def desk(database: Database, database_url: str) -> Iterator[Desk]:
    watched = cast(Watched, Nothing())
    service = Service(database, lambda: cast(Any, watched), Outgoing(()), url=database_url)
    chosen: list[str] = []

    def told(user: User) -> None:
        chosen.append(user.name)

    with local(create_app(lambda: Opening(watched, service), entrance=Entrance(chosen=told))) as client:
        desk = Desk(client, service, database)
        desk.chosen = chosen
        yield desk


def goes_to(answer: Any) -> str:
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def wrong(answer: Any) -> str:
    found = re.search(r'role="alert">([^<]+)<', answer.text)
    return found[1] if found else ""


def test_the_first_time_a_password_of_ones_own_is_chosen(desk: Desk) -> None:
    once = desk.add()
    assert goes_to(desk.get("/")) == "/login"
    assert goes_to(desk.enter(once, then="/queue?a=1")) == "/password?then=%2Fqueue%3Fa%3D1"
    assert goes_to(desk.get("/")) == "/password"
    refused = desk.client.get("/v1/webhooks")
    assert (refused.status_code, refused.json()["reason"]) == (403, "password")
    assert (
        wrong(desk.post("/password", new="short", again="short", then="/")) == "A password has 12 characters or more."
    )
    assert wrong(desk.post("/password", new=OWN, again=OWN + "x")) == "The two are not the same."
    assert wrong(desk.post("/password", new=once, again=once)) == "That is the password until now."
    before = desk.client.cookies["dq_session"]
    assert goes_to(desk.post("/password", new=OWN, again=OWN, then="/queue?a=1")) == "/queue?a=1"
    assert desk.client.cookies["dq_session"] != before
    assert desk.chosen == ["ada@example.com"]
    assert "ada@example.com" in desk.get("/").text
    assert desk.client.get("/v1/webhooks", headers=SITE).status_code == 403  # a manager has no webhooks
    assert desk.client.get("/v1/orders", headers=SITE).status_code == 200


def in_with_own_password(desk: Desk) -> None:
    desk.enter(desk.add())
    desk.post("/password", new=OWN, again=OWN)


def test_the_cookie_is_for_the_browser_alone(desk: Desk) -> None:
    set_cookie = desk.enter(desk.add()).headers["set-cookie"].lower()
    assert re.match(r"dq_session=[\w-]{43}; httponly; max-age=604800; path=/; samesite=lax", set_cookie)


def test_over_https_the_cookie_is_secure(database: Database, database_url: str) -> None:
    watched = cast(Watched, Nothing())
    opening = Opening(watched, Service(database, lambda: cast(Any, watched), Outgoing(()), url=database_url))
    once = users.add(database, "ada", "admin", None, by="local", now=datetime.now(UTC))[1]
    entrance = Entrance(public_url="https://dq.example.com")
    with local(create_app(lambda: opening, entrance=entrance)) as client:
        answer = client.post("/login", data={"name": "ada", "password": once}, follow_redirects=False,
                             headers={"Origin": "https://dq.example.com"})  # fmt: skip
    assert answer.headers["set-cookie"].startswith("__Host-dq_session=")
    assert "; secure" in answer.headers["set-cookie"].lower()


def test_unknown_and_wrong_are_answered_alike(desk: Desk) -> None:
    once = desk.add()
    desk.add("off@example.com")
    users.disable(desk.database, "off@example.com", by="local", now=datetime.now(UTC))
    answers = [desk.enter(once + "x"), desk.enter("x", name="eve@example.com"), desk.enter("x", name="off@example.com")]
    texts = {re.sub(r'value="[^"]*@[^"]*"', "", answer.text) for answer in answers}
    assert {answer.status_code for answer in answers} == {401}
    assert len(texts) == 1
    assert wrong(answers[0]) == "That name and password do not go together."


def test_unknown_and_wrong_take_about_as_long(desk: Desk) -> None:
    desk.add()
    desk.enter("warm", name="nobody")

    def took(name: str) -> float:
        desk.service.keys.look()
        begun = time.process_time()
        desk.enter("some wrong password", name=name)
        return time.process_time() - begun

    there, not_there = zip(*((took("ada@example.com"), took(f"x{n}@example.com")) for n in range(6)), strict=True)
    assert statistics.median(not_there) > statistics.median(there) / 2
    assert statistics.median(there) > statistics.median(not_there) / 2


def test_attempts_at_one_account_are_limited_whether_it_is_there_or_not(desk: Desk) -> None:
    once = desk.add()
    for name in ("ada@example.com", "eve@example.com"):
        statuses = [desk.enter("wrong", name=name).status_code for _ in range(11)]
        assert statuses == [401] * 10 + [429]
    late = desk.enter(once)
    assert (late.status_code, wrong(late)) == (429, "Too many attempts. Try again in 2 minutes.")
    assert int(late.headers["retry-after"]) <= 90
    assert desk.add("bob") != ""
    assert desk.enter("wrong", name="bob").status_code == 401  # another's


def test_attempts_from_one_address_are_limited(desk: Desk) -> None:
    statuses = [desk.enter("wrong", name=f"user{n}@example.com").status_code for n in range(31)]
    assert statuses == [401] * 30 + [429]


def test_signing_out_ends_the_session_on_our_side(desk: Desk) -> None:
    in_with_own_password(desk)
    token = desk.client.cookies["dq_session"]
    assert goes_to(desk.post("/logout")) == "/login?out"
    assert "You are signed out." in desk.get("/login?out").text
    desk.client.cookies.set("dq_session", token)
    assert goes_to(desk.get("/")) == "/login"


def test_a_password_is_changed_by_who_knows_it(desk: Desk) -> None:
    in_with_own_password(desk)
    assert wrong(desk.post("/password", now="not it at all", new=OWN[::-1], again=OWN[::-1])) == (
        "The password until now is another."
    )
    assert goes_to(desk.post("/password", now=OWN, new=OWN[::-1], again=OWN[::-1])) == "/"
    desk.client.cookies.clear()
    assert desk.enter(OWN).status_code == 401
    assert goes_to(desk.enter(OWN[::-1])) == "/"


@pytest.mark.parametrize("path", ["/login", "/password", "/logout"])
@pytest.mark.parametrize("headers", [ELSEWHERE, {"Origin": "https://evil.example"}, {}], ids=["site", "origin", "none"])
def test_another_site_can_do_nothing(desk: Desk, path: str, headers: dict[str, str]) -> None:
    in_with_own_password(desk)
    once = desk.add("eve")
    answer = desk.post(path, headers, name="eve", password=once, new="x" * 5 + OWN, again="x" * 5 + OWN, now=OWN)
    assert answer.status_code == 403
    assert "ada@example.com" in desk.get("/").text


def test_a_session_at_the_api_wants_its_own_site_for_what_changes_something(desk: Desk) -> None:
    in_with_own_password(desk)
    for headers, status in ((SITE, 200), (ELSEWHERE, 403), ({}, 403), ({"Origin": "http://127.0.0.1"}, 200)):
        assert desk.client.post("/v1/rechecks", json={"dry_run": True}, headers=headers).status_code == status


@pytest.mark.parametrize(
    "then", ["//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "javascript:x", "/login", ""]
)
def test_nobody_is_sent_elsewhere(desk: Desk, then: str) -> None:
    in_with_own_password(desk)
    desk.post("/logout")
    assert goes_to(desk.enter(OWN, then=then)) == "/"


def test_pages_run_no_script_and_stand_in_no_frame(desk: Desk) -> None:
    for path in ("/login", "/login?then=%22%3E%3Cscript%3E"):
        page = desk.get(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert "<script" not in page.text
    shown = desk.enter("x", name='"><script>alert(1)</script>').text
    assert "<script" not in shown
    sheets = [desk.get(path) for path in re.findall(r'<link rel="stylesheet" href="([^"]+)"', shown)]
    assert all(sheet.headers["content-type"].startswith("text/css") for sheet in sheets)
    assert all("immutable" in sheet.headers["cache-control"] for sheet in sheets)
    assert 0 < sum(len(sheet.content) for sheet in sheets) + len(shown) < 60_000


def test_what_is_no_form(desk: Desk) -> None:
    for body in (b"\xff\xfe", b"x" * 20_000, b"&" * 100, b"name=%00&password=%00", b""):
        answer = desk.client.post("/login", content=body, headers=SITE)
        assert answer.status_code == 401
