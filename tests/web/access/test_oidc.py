"""Signing in at a real identity provider on loopback; and what is refused of one that is not sound."""

import asyncio
import base64
import json
import logging
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from dq_service.service import users
from dq_service.service.secret import Secret
from dq_service.watch import Watch
from dq_service.web.access.door import Entrance
from dq_service.web.access.oidc import Denied, Provider
from tests.web.access.house import House, house

ROLES: Final = {"dq-admins": "admin", "ops": "manager", "acme-desk": "partner:acme"}
VERIFIED: Final = {"email_verified": True}


# The provider runs in a thread of ours; what its libraries will do one day is none of our business.
pytestmark = pytest.mark.filterwarnings("ignore")


class Stay(HTTPRedirectHandler):
    """A browser that stops at a redirect."""

    def redirect_request(self, *_: Any) -> None:
        return None


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider with people of all kinds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import oidc_provider_mock as mock
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    people = [
        mock.User(sub="1", claims={"email": "ada@example.com", **VERIFIED}),
        mock.User(sub="2", claims={"email": "ada@example.com", **VERIFIED}),
        mock.User(sub="3", claims={"email": "bob@example.com", "email_verified": False}),
        mock.User(sub="4", claims={"email": "eve@example.com", **VERIFIED}),
        mock.User(sub="5", claims={"email": "ops@example.com", "groups": ["staff", "ops"], **VERIFIED}),
        mock.User(sub="6", claims={"email": "desk@example.com", "groups": "acme-desk", **VERIFIED}),
    ]
    with mock.run_server_in_thread(require_nonce=True, user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def desk(issuer: str, watched: Watch, sqlite_url: str) -> Iterator[House]:
    """A house that knows this provider."""

    def provider(secret: Secret) -> Provider:
        return Provider(issuer, "dq", "its secret", secret, roles=ROLES)

    with house(watched, sqlite_url, Entrance(provider=provider)) as desk:
        yield desk


def get(desk: House, path: str) -> Any:
    return desk.client.get(path, follow_redirects=False)


def granted(where: str, sub: str) -> str:
    """What a browser is sent back with when that person agrees at the provider."""
    try:
        build_opener(Stay).open(Request(where, data=urlencode({"sub": sub}).encode(), method="POST"), timeout=10)
    except HTTPError as redirect:
        back = urlsplit(redirect.headers["location"] or "")
        return f"{back.path}?{back.query}"
    raise AssertionError("no redirect")


def enter(desk: House, sub: str, then: str = "/") -> Any:
    """The whole way there and back."""
    leaving = get(desk, f"/login/provider?then={then}")
    assert leaving.status_code == 303
    return get(desk, granted(leaving.headers["location"], sub))


def add(desk: House, name: str, role: str = "reviewer") -> None:
    users.add(desk.service.database, name, role, None, password=False, by="local", now=desk.service.clock())


def who(desk: House) -> list[tuple[str, str, str | None]]:
    return [(user.name, user.role, user.partner) for user in users.every(desk.service.database)]


def test_a_user_who_is_there_comes_in_by_a_verified_address(desk: House) -> None:
    assert "Sign in with localhost" in get(desk, "/login").text
    add(desk, "ada@example.com")
    back = enter(desk, "1", "/queue")
    assert (back.status_code, back.headers["location"]) == (303, "/queue")
    assert "ada@example.com" in get(desk, "/").text
    assert desk.client.cookies.get("dq_sign_in") is None
    assert enter(desk, "1").status_code == 303  # once more, by the subject
    assert enter(desk, "2").status_code == 403  # another with the same address


@pytest.mark.parametrize(("sub", "name"), [("3", "bob@example.com"), ("4", "nobody@example.com")])
def test_an_address_that_is_not_verified_or_not_known_does_not(desk: House, sub: str, name: str) -> None:
    add(desk, name)
    back = enter(desk, sub)
    assert back.status_code == 403
    assert "does not let you in" in back.text
    assert get(desk, "/").headers["location"] == "/login"


@pytest.mark.parametrize(
    ("sub", "user"),
    [("5", ("ops@example.com", "manager", None)), ("6", ("desk@example.com", "partner", "acme"))],
)
def test_a_claim_gives_a_role(desk: House, sub: str, user: tuple[str, str, str | None]) -> None:
    assert enter(desk, sub).status_code == 303
    assert who(desk) == [user]
    users.disable(desk.service.database, user[0], by="local", now=desk.service.clock())
    assert enter(desk, sub).status_code == 403


def test_what_goes_to_the_provider(desk: House) -> None:
    leaving = get(desk, "/login/provider")
    wanted = parse_qs(urlsplit(leaving.headers["location"]).query)
    assert wanted["response_type"] == ["code"]
    assert wanted["code_challenge_method"] == ["S256"]
    assert wanted["redirect_uri"] == ["http://127.0.0.1/login/callback"]
    assert len(wanted["state"][0]) == len(wanted["nonce"][0]) == 32
    cookie = leaving.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "path=/login" in cookie
    assert wanted["state"][0] not in cookie  # sealed


def test_what_comes_back_must_be_this_browsers_and_only_once(desk: House) -> None:
    add(desk, "ada@example.com")
    leaving = get(desk, "/login/provider")
    back = granted(leaving.headers["location"], "1")
    flow = desk.client.cookies["dq_sign_in"]
    code = parse_qs(urlsplit(back).query)["code"][0]
    desk.client.cookies.clear()
    assert get(desk, back).status_code == 403  # without the flow
    desk.client.cookies.set("dq_sign_in", "made-up")
    assert get(desk, back).status_code == 403
    for query in (f"code={code}&state=other", f"code={code}", "state=x&error=access_denied", ""):
        desk.client.cookies.set("dq_sign_in", flow)
        assert get(desk, f"/login/callback?{query}").status_code == 403
    desk.client.cookies.clear()
    other = get(desk, "/login/provider")  # a flow of its own: another state, nonce and verifier
    assert other.status_code == 303
    assert get(desk, back).status_code == 403
    desk.client.cookies.clear()
    desk.client.cookies.set("dq_sign_in", flow)
    assert get(desk, back).status_code == 303
    desk.client.cookies.clear()
    desk.client.cookies.set("dq_sign_in", flow)
    assert get(desk, back).status_code == 403  # the code is used


def test_a_provider_that_is_away_is_no_fault(watched: Watch, sqlite_url: str) -> None:
    def away(secret: Secret) -> Provider:
        return Provider("http://localhost:9", "dq", "x", secret)

    with house(watched, sqlite_url, Entrance(provider=away)) as desk:
        assert get(desk, "/login/provider").status_code == 403
        assert get(desk, "/login/callback?code=x&state=y").status_code == 403


# --- ID tokens that do not hold -------------------------------------------------------------------------------------

OURS = rsa.generate_private_key(65537, 2048)
THEIRS = rsa.generate_private_key(65537, 2048)
HERE = "https://id.example.com"


class Signing(Provider):
    """A provider whose answers are made here."""

    def __init__(self) -> None:
        super().__init__(HERE, "dq", "secret", Secret.new(), roles=ROLES)
        self.token: Callable[[str], str] = lambda nonce: ""
        self.nonce = ""

    async def _asked(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        if url.endswith("openid-configuration"):
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            return {"issuer": HERE, **{name: f"{HERE}/{name}" for name in names}}
        if url.endswith("jwks_uri"):
            key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(OURS.public_key()))
            return {"keys": [{**key, "kid": "k1", "use": "sig", "alg": "RS256"}]}
        return {"id_token": self.token(self.nonce), "access_token": "x"}

    async def whole_way(self) -> str:
        where, sealed = await self.begin("http://here/login/callback", "/")
        query = {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}
        self.nonce = query["nonce"]
        vouched, _ = await self.finish(sealed, {"state": query["state"], "code": "c"}, "http://here/login/callback")
        return vouched.subject


def claims(given: str, **other: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {"iss": HERE, "sub": "1", "aud": "dq", "iat": now, "exp": now + 60, "nonce": given, "email": "a@example.com"}
    return {name: value for name, value in {**good, "groups": [], **other}.items() if value is not None}


def signed(given: str, key: Any = OURS, algorithm: str = "RS256", kid: str = "k1", **other: Any) -> str:
    return jwt.encode(claims(given, **other), key, algorithm, headers={"kid": kid})


def unsigned(nonce: str) -> str:
    head, body = (base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode()
                  for one in ({"alg": "none", "kid": "k1"}, claims(nonce)))  # fmt: skip
    return f"{head}.{body}."


def test_a_token_that_holds() -> None:
    provider = Signing()
    provider.token = signed
    assert asyncio.run(provider.whole_way()) == f"{HERE} 1"


@pytest.mark.parametrize(
    "token",
    [
        lambda nonce: signed(nonce, THEIRS),
        lambda nonce: signed(nonce, kid="k2"),
        lambda nonce: signed(nonce, key="secret" * 8, algorithm="HS256"),
        unsigned,
        lambda nonce: signed(nonce, nonce="other"),
        lambda nonce: signed(nonce, nonce=None),
        lambda nonce: signed(nonce, iss="https://evil.example.com"),
        lambda nonce: signed(nonce, aud="another"),
        lambda nonce: signed(nonce, aud=["dq", "another"]),
        lambda nonce: signed(nonce, exp=int(time.time()) - 3600),
        lambda nonce: signed(nonce, exp=None),
        lambda nonce: signed(nonce, sub=None),
        lambda nonce: signed(nonce)[:-4] + "AAAA",
        lambda nonce: "no token",
        lambda nonce: "",
    ],
    ids=["key", "kid", "shared secret", "none", "nonce", "no nonce", "issuer", "audience", "azp", "expired", "endless",
         "nobody", "signature", "text", "nothing"],
)  # fmt: skip
def test_a_token_that_does_not_hold(token: Callable[[str], str]) -> None:
    provider = Signing()
    provider.token = token
    with pytest.raises(Denied):
        asyncio.run(provider.whole_way())
