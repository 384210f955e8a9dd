"""Signing in and out, and a password of one's own at the first time: plain pages that need no script."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from dq_service.service import passwords, sessions, users
from dq_service.service.access import LOCAL, PERMISSIONS
from dq_service.service.running import Service
from dq_service.store import access
from dq_service.store.access import User
from dq_service.store.trouble import Conflict, Unavailable
from dq_service.web.access import csrf
from dq_service.web.access.limits import Limit
from dq_service.web.access.oidc import LONGEST, Denied, Provider, log
from dq_service.web.access.whence import loopback, session_of
from dq_service.web.pages.page import page, to

T = TypeVar("T")

LARGEST: Final = 16_384  # bytes of a form
# Of one account 10 attempts at once and 1 in 90 seconds, of one address 30 and 1 in 10 seconds.
ACCOUNT: Final = (1 / 90, 10)
ADDRESS: Final = (1 / 10, 30)
WRONG: Final = "That name and password do not go together."
FLOW: Final = "dq_sign_in"
_PATH: Final = re.compile(r"/(?![/\\])[!-\[\]-~]{0,500}")


@dataclass(slots=True)
class SignIn:
    """What the pages need to know. `public_url` is where browsers reach us; `chosen` is told who chose a password."""

    service: Callable[[], Service | None]
    public_url: str = ""
    provider: Callable[[], Provider | None] = lambda: None
    chosen: Callable[[User], None] = lambda _: None
    workers: int = 1
    accounts: Limit = field(init=False)
    addresses: Limit = field(init=False)

    def __post_init__(self) -> None:
        self.accounts = Limit(ACCOUNT[0] / self.workers, max(2.0, ACCOUNT[1] / self.workers))
        self.addresses = Limit(ADDRESS[0] / self.workers, max(2.0, ADDRESS[1] / self.workers))


class Away(Exception):
    """The database cannot be asked now."""


def pages(sign_in: SignIn) -> Sequence[Route]:
    """The routes."""

    def guarded(show: Callable[[SignIn, Service, Request], Any]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            service = sign_in.service()
            if request.method == "POST" and not csrf.own(request.scope, sign_in.public_url):
                return page(
                    "login.html", 403, wrong="Another site asked for this. Nothing was done.", **_blank(request)
                )
            if service is not None:
                try:
                    found: Response = await show(sign_in, service, request)
                    return found
                except (Unavailable, Conflict):
                    pass
            return page("login.html", 503, wrong="Nobody can sign in now. Try again in a minute.", **_blank(request))

        return answer

    return [
        Route("/", guarded(_home), methods=["GET"]),
        Route("/login", guarded(_login), methods=["GET"]),
        Route("/login", guarded(_enter), methods=["POST"]),
        Route("/login/provider", guarded(_leave_for_provider), methods=["GET"]),
        Route("/login/callback", guarded(_back_from_provider), methods=["GET"]),
        Route("/password", guarded(_password), methods=["GET"]),
        Route("/password", guarded(_choose), methods=["POST"]),
        Route("/logout", guarded(_logout), methods=["POST"]),
    ]


async def _home(sign_in: SignIn, service: Service, request: Request) -> Response:
    user = await _user(service, request)
    if user is None:
        alone = request.scope.get("state", {}).get("caller") is LOCAL and not await _anybody(service)
        return to("/queue" if alone else "/login")
    if user.must_change:
        return to("/password")
    may = users.caller_of(user).may
    return page("home.html", user=user, may=[one for one in PERMISSIONS if one in may])


async def _anybody(service: Service) -> bool:
    """Whether there is anybody who could sign in."""

    def ask() -> bool:
        with service.database.reading() as connection:
            return access.any_user(connection)

    return await asyncio.to_thread(ask)


async def _login(sign_in: SignIn, service: Service, request: Request) -> Response:
    if await _user(service, request) is not None:
        return to(_then(request.query_params.get("then", "")))
    said = "You are signed out." if request.query_params.get("out") is not None else ""
    return _form(sign_in, then=request.query_params.get("then", ""), said=said)


async def _enter(sign_in: SignIn, service: Service, request: Request) -> Response:
    given = await _fields(request)
    name, then = given.get("name", "")[:200], given.get("then", "")
    known = users.name_of(name)
    address = _address(request, sign_in.public_url)
    wait = max(sign_in.accounts.waits(known), sign_in.addresses.waits(address))
    if wait:
        return _late(sign_in, wait, name, then)
    sign_in.accounts.wait(known)
    sign_in.addresses.wait(address)
    user = await asyncio.to_thread(sessions.signed_in, service.database, name, given.get("password", ""))
    if user is None:
        return _form(sign_in, 401, wrong=WRONG, name=name, then=then)
    sign_in.accounts.forget(known)
    return await _begun(sign_in, service, request, user, then)


async def _begun(sign_in: SignIn, service: Service, request: Request, user: User, then: str) -> Response:
    """Signed in: a session of their own, and the page that they wanted."""
    before = session_of(request.scope)
    token = await asyncio.to_thread(sessions.begin, service.database, user, service.clock(), instead_of=before)
    wanted = _then(then)
    answer = to(f"/password?{urlencode({'then': wanted})}" if user.must_change else wanted)
    _give(answer, request, sign_in.public_url, token)
    return answer


async def _logout(sign_in: SignIn, service: Service, request: Request) -> Response:
    token = session_of(request.scope)
    if token:
        await asyncio.to_thread(sessions.end, service.database, token)
    answer = to("/login?out")
    _give(answer, request, sign_in.public_url, "")
    return answer


async def _password(sign_in: SignIn, service: Service, request: Request) -> Response:
    user = await _user(service, request)
    if user is None or user.password is None:
        return to("/login" if user is None else "/")
    return _change(user, request.query_params.get("then", ""))


async def _choose(sign_in: SignIn, service: Service, request: Request) -> Response:
    user = await _user(service, request)
    if user is None or user.password is None:
        return to("/login" if user is None else "/")
    given = await _fields(request)
    new, then = given.get("new", ""), given.get("then", "")
    wrong = passwords.fault(new, user.name)
    if not wrong and new != given.get("again", ""):
        wrong = "The two are not the same."
    if not wrong:
        wrong = await _not_as_before(sign_in, user, given.get("now", ""), new)
    if wrong:
        return _change(user, then, wrong)
    await asyncio.to_thread(users.change_password, service.database, user, new, service.clock())
    await asyncio.to_thread(sign_in.chosen, user)
    token = await asyncio.to_thread(sessions.begin, service.database, user, service.clock())
    answer = to(_then(then))
    _give(answer, request, sign_in.public_url, token)
    return answer


async def _not_as_before(sign_in: SignIn, user: User, now: str, new: str) -> str:
    """Why a change is refused; at the first time the password until now was typed a moment ago."""
    if not user.must_change:
        if sign_in.accounts.wait(user.name):
            return "Too many attempts. Try again in a few minutes."
        if not await asyncio.to_thread(passwords.right, user.password, now):
            return "The password until now is another."
        sign_in.accounts.forget(user.name)
    if await asyncio.to_thread(passwords.right, user.password, new):
        return "That is the password until now."
    return ""


async def _leave_for_provider(sign_in: SignIn, service: Service, request: Request) -> Response:
    provider = sign_in.provider()
    if provider is None:
        return to("/login")
    try:
        where, sealed = await provider.begin(
            _callback(request, sign_in.public_url), request.query_params.get("then", "")
        )
    except Denied as denied:
        return _denied(sign_in, denied)
    answer = to(where)
    secure = _secure(request, sign_in.public_url)
    answer.set_cookie(FLOW, sealed, max_age=LONGEST, path="/login", secure=secure, httponly=True, samesite="lax")
    return answer


async def _back_from_provider(sign_in: SignIn, service: Service, request: Request) -> Response:
    provider = sign_in.provider()
    if provider is None:
        return to("/login")
    given = {name: value for name, value in request.query_params.items() if len(value) <= 4000}
    try:
        vouched, then = await provider.finish(
            request.cookies.get(FLOW, ""), given, _callback(request, sign_in.public_url)
        )
        user = await asyncio.to_thread(
            users.known_by, service.database, vouched.subject, vouched.email, vouched.granted, service.clock()
        )
        if user is None:
            raise Denied("nobody here is known by that name, and no claim gives a role")
    except Denied as denied:
        answer = _denied(sign_in, denied)
    else:
        answer = await _begun(sign_in, service, request, user, then)
    answer.delete_cookie(FLOW, path="/login")
    return answer


def _denied(sign_in: SignIn, denied: Denied) -> Response:
    log.warning("signing in at the identity provider failed: %s", denied)
    return _form(sign_in, 403, wrong="The identity provider does not let you in here. Ask whoever runs this service.")


def _late(sign_in: SignIn, wait: float, name: str, then: str) -> Response:
    minutes = ceil(wait / 60)
    soon = "a minute" if minutes == 1 else f"{minutes} minutes"
    answer = _form(sign_in, 429, wrong=f"Too many attempts. Try again in {soon}.", name=name, then=then)
    answer.headers["Retry-After"] = str(ceil(wait))
    return answer


def _form(
    sign_in: SignIn, status: int = 200, *, wrong: str = "", said: str = "", name: str = "", then: str = ""
) -> Response:
    provider = sign_in.provider()
    shown = urlsplit(provider.issuer).hostname or "" if provider is not None else ""
    return page("login.html", status, wrong=wrong, said=said, name=name, then=_then(then), provider=shown)


def _blank(request: Request) -> Mapping[str, str]:
    return {"said": "", "name": "", "then": "/", "provider": ""}


def _change(user: User, then: str, wrong: str = "") -> Response:
    values = {"first": user.must_change, "name": user.name, "then": _then(then), "shortest": passwords.SHORTEST}
    return page("password.html", 422 if wrong else 200, wrong=wrong, **values)


async def _user(service: Service, request: Request) -> User | None:
    token = session_of(request.scope)
    if not token:
        return None
    return await asyncio.to_thread(sessions.user_of, service.database, token, service.clock())


async def _fields(request: Request) -> Mapping[str, str]:
    """The fields of a form; none of one that is too large or no form."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            return {}
    try:
        given = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except (ValueError, ClientDisconnect):
        return {}
    return {name: values[-1] for name, values in given.items()}


def _then(wanted: str) -> str:
    """A page of ours and nobody else's."""
    return wanted if _PATH.fullmatch(wanted) and not wanted.startswith(("/login", "/password")) else "/"


def _callback(request: Request, public_url: str) -> str:
    return f"{public_url or str(request.base_url).rstrip('/')}/login/callback"


def _secure(request: Request, public_url: str) -> bool:
    return (public_url or request.url.scheme).startswith("https")


def _give(answer: Response, request: Request, public_url: str, token: str) -> None:
    """The session's cookie; an empty token takes it away."""
    secure = _secure(request, public_url)
    name = "__Host-dq_session" if secure else "dq_session"
    longest = int(sessions.LONGEST.total_seconds()) if token else 0
    answer.set_cookie(name, token, max_age=longest, path="/", secure=secure, httponly=True, samesite="lax")


def _address(request: Request, public_url: str) -> str:
    """Who tries: the address of the connection; behind a proxy on this machine, the one that it names."""
    client = request.client.host if request.client is not None else ""
    if public_url and loopback(client):
        named = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return named[:60] or client
    return client
