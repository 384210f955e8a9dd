"""The door: who calls, by key, by session or from this machine, and whether they may; before everything else.

Once a key was made everybody says who they are. Until then whoever is on this machine may do all, and nobody else
anything: the address, the host that was asked for, and what a browser says of where a request comes from are looked at.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from dq_service.service import sessions
from dq_service.service.access import LOCAL, Caller
from dq_service.service.running import Service
from dq_service.service.secret import Secret
from dq_service.service.users import caller_of
from dq_service.store.access import User
from dq_service.store.trouble import Unavailable
from dq_service.web.access import csrf
from dq_service.web.access.limits import Limit
from dq_service.web.access.needs import Need, Needs
from dq_service.web.access.oidc import Provider
from dq_service.web.access.whence import here, session_of
from dq_service.web.api.asking import ASK
from dq_service.web.api.installation import Installation
from dq_service.web.api.problem import Refusal

_BEARER: Final = b"bearer "
_WRONG: Final = {"WWW-Authenticate": 'Bearer realm="dq-service", error="invalid_token"'}


@dataclass(frozen=True, slots=True)
class Entrance:
    """How people and programs come in. `public_url` is where browsers reach us, "" where that is the host they ask.

    `rate` is requests a second of each caller, for the whole server: each of its `workers` grants its share.
    `provider` makes the identity provider, None: there is none. `chosen` is told who chose a password of their own.
    """

    public_url: str = ""
    rate: float = 1000.0
    workers: int = 1
    provider: Callable[[Secret], Provider] | None = None
    chosen: Callable[[User], None] = lambda _: None


class Door:
    """The layer. It leaves the Caller in `scope["state"]["caller"]`; None where an open call came without a key."""

    def __init__(self, app: ASGIApp, installation: Installation, needs: Needs, entrance: Entrance) -> None:
        self._app = app
        self._installation = installation
        self._needs = needs
        self._public_url = entrance.public_url
        share = entrance.rate / entrance.workers
        self._limit = Limit(share, share)
        self._policy = f'"caller";q={entrance.rate:g};w=1'

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            try:
                caller = self._let_in(scope)
                if caller is None:
                    caller = await self._asked(scope)
                scope.setdefault("state", {})["caller"] = caller
            except Refusal as refused:
                await refused.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _let_in(self, scope: Scope) -> Caller | None:
        """Whoever comes with a key, at once; None: somebody else, or an open call. Raises Refusal."""
        given = None
        for name, value in scope["headers"]:
            if name == b"authorization":
                given = value
        if given is None:
            return None
        need = self._needs.of(scope)
        service = self._installation.kept
        if service is None:
            if need == "open":
                return None
            raise self._unopened(scope)
        caller = service.keys.caller(given[7:].strip()) if given[:7].lower() == _BEARER else None
        if caller is None:
            if need == "open":
                return None
            raise Refusal(401, "This is no key, or one that has ended.", _WRONG)
        self._check(need, caller)
        return caller

    async def _asked(self, scope: Scope) -> Caller | None:
        """Whoever comes without a key. Raises Refusal."""
        need = self._needs.of(scope)
        service = self._installation.kept
        if need == "open":
            return LOCAL if (service is None or not service.keys.closed) and here(scope) else None
        if service is not None:
            caller = await self._signed_in(scope, service)
            if caller is None and service.keys.closed:
                raise Refusal(401, "Say who you are: Authorization: Bearer KEY, or sign in.", ASK)
        else:
            caller = None
        if caller is None:
            caller = self._local(scope)
        self._check(need, caller)
        return caller

    async def _signed_in(self, scope: Scope, service: Service) -> Caller | None:
        token = session_of(scope)
        if not token:
            return None
        try:
            user = await asyncio.to_thread(sessions.user_of, service.database, token, service.clock())
        except Unavailable as trouble:
            again = {"Retry-After": str(max(1, trouble.retry_after))}
            raise Refusal(503, "Nobody can be recognised now.", again) from None
        if user is None:
            return None
        if scope["method"] not in csrf.SAFE and not csrf.own(scope, self._public_url):
            raise Refusal(403, "A page of another site asks for this.", reason="cross-site")
        if user.must_change:
            raise Refusal(403, "Choose a password of your own first, at /password.", reason="password")
        return caller_of(user)

    def _local(self, scope: Scope) -> Caller:
        """The operator of this machine, while no key was ever made. Raises Refusal."""
        if not here(scope):
            raise (
                self._unopened(scope)
                if self._installation.kept is None
                else Refusal(
                    403, "Only this machine is answered until there is a key: dq keys create.", reason="no-keys"
                )
            )
        if not csrf.own(scope, self._public_url, told=False):
            raise Refusal(403, "A page of another site asks for this.", reason="cross-site")
        return LOCAL

    def _unopened(self, scope: Scope) -> Refusal:
        """Nothing is open yet; why, is told on this machine alone."""
        if here(scope):
            self._installation.current()
        return Refusal(503, "Nothing is loaded to check orders with.", {"Retry-After": "1"})

    def _check(self, need: Need | None, caller: Caller) -> None:
        """Raises Refusal 403 where they may not, 429 where they ask too often."""
        if need != "open" and (need is None or need not in caller.may):
            raise Refusal(403, "This caller may not do that.", reason="permission")
        if caller is LOCAL:
            return
        wait = self._limit.wait(caller.name)
        if wait:
            seconds = ceil(wait)
            told = {
                "Retry-After": str(seconds),
                "RateLimit-Policy": self._policy,
                "RateLimit": f'"caller";r=0;t={seconds}',
            }
            raise Refusal(429, "More requests than this caller may make in a second.", told)
