"""Requests that another site's page has a browser make."""

import pytest
from starlette.types import Scope

from dq_service.web.access.csrf import own
from dq_service.web.access.whence import here, session_of

HERE, THERE = "http://127.0.0.1:8000", "https://evil.example"


def scope(client: str = "127.0.0.1", **headers: str) -> Scope:
    named = {"host": "127.0.0.1:8000", **{name.replace("_", "-"): value for name, value in headers.items()}}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in named.items()]
    return {"type": "http", "method": "POST", "path": "/", "headers": raw, "client": (client, 5)}


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "none"}, True),
        ({"sec_fetch_site": "same-site"}, False),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_site": "cross-site", "origin": HERE}, False),  # the browser's own word goes first
        ({"origin": HERE}, True),
        ({"origin": "https://dq.example.com"}, True),
        ({"origin": THERE}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://127.0.0.1:9000"}, False),
        ({"origin": "http://127.0.0.1:8000.evil.example"}, False),
        ({}, False),
    ],
)
def test_whose_page_asks(headers: dict[str, str], ours: bool) -> None:
    assert own(scope(**headers), "https://dq.example.com") is ours


def test_what_no_browser_sent_is_no_page_where_no_cookie_is_at_stake() -> None:
    assert own(scope(), told=False)
    assert not own(scope(origin=THERE), told=False)


@pytest.mark.parametrize(
    ("client", "host", "at_home"),
    [
        ("127.0.0.1", "127.0.0.1:8000", True),
        ("127.0.0.1", "localhost", True),
        ("::1", "[::1]:8000", True),
        ("::ffff:127.0.0.1", "dq.localhost:8000", True),
        ("127.0.0.1", "evil.example", False),  # a name of theirs that leads here (DNS rebinding)
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "", False),
        ("10.0.0.7", "localhost", False),
        ("192.0.2.1", "127.0.0.1", False),
        ("", "localhost", False),
    ],
)
def test_who_is_on_this_machine(client: str, host: str, at_home: bool) -> None:
    assert here(scope(client, host=host)) is at_home


def test_the_session_of_a_cookie() -> None:
    assert session_of(scope(cookie="a=b; dq_session=token; c=d")) == "token"
    assert session_of(scope(cookie="__Host-dq_session=token")) == "token"
    assert session_of(scope(cookie="dq_session=another; __Host-dq_session=token")) == "token"  # a neighbour set it
    assert session_of(scope(cookie="xdq_session=token")) == ""
    assert session_of(scope()) == ""
