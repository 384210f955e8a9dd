"""Signing in at an identity provider: OpenID Connect's code flow with PKCE, state and nonce.

The libraries are imported when somebody does: most installations have no provider, and they take a tenth of a second.
"""

import base64
import hashlib
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import orjson

from dq_service.faults import told
from dq_service.service.access import ROLES
from dq_service.service.secret import Secret

if TYPE_CHECKING:
    import jwt
    from cryptography.fernet import Fernet

log = logging.getLogger(__name__)

PATIENCE: Final = 10.0  # seconds that the provider has for an answer
LONGEST: Final = 600  # seconds between leaving for the provider and coming back
FRESH: Final = 3600.0  # seconds that what the provider says of itself is believed
AGAIN: Final = 10.0  # seconds between two looks for a signature's key that we do not know
LEEWAY: Final = 60  # seconds that its clock may differ from ours
SIGNED_BY: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_STRONGEST: Final = {"admin": 0, "manager": 1, "reviewer": 2, "partner": 3}


class Denied(Exception):
    """The provider does not vouch for anybody here, or cannot be asked; the text is for the log, without names."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What a browser takes along to the provider, sealed, and brings back."""

    state: str
    nonce: str
    verifier: str
    then: str  # the page that was wanted


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who somebody is, by the provider: issuer and subject, verified address, role and partner that a claim gives."""

    subject: str
    email: str
    granted: tuple[str, str | None] | None


class Provider:
    """One identity provider. `roles` say which value of `claim` gives which role: `manager`, `partner:acme`."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        secret: Secret,
        *,
        claim: str = "groups",
        roles: Mapping[str, str] | None = None,
    ) -> None:
        self.issuer: Final = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._claim = claim
        self._roles = dict(roles or {})
        self._secret = secret
        self._described: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, jwt.PyJWKSet] | None = None

    async def begin(self, redirect: str, then: str) -> tuple[str, str]:
        """Where to send the browser, and the sealed flow that it takes along. Raises Denied."""
        flow = Flow(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), then)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(flow.verifier.encode()).digest()).rstrip(b"=").decode()
        wanted = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect,
            "scope": "openid email profile",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        where = (await self._description())["authorization_endpoint"]
        sealed = self._sealing().encrypt(orjson.dumps(asdict(flow))).decode()
        return f"{where}{'&' if '?' in where else '?'}{urlencode(wanted)}", sealed

    async def finish(self, sealed: str, given: Mapping[str, str], redirect: str) -> tuple[Vouched, str]:
        """Who came back, and the page that they wanted. `given` is the query that they came with. Raises Denied."""
        flow = self._opened(sealed)
        if not secrets.compare_digest(given.get("state", "").encode(), flow.state.encode()):
            raise Denied("the state is not the one that was sent along")
        if given.get("iss", self.issuer) != self.issuer:  # RFC 9207
            raise Denied("the answer is another issuer's")
        code = given.get("code", "")
        if not code:
            raise Denied("the provider gave no code")
        tokens = await self._tokens(code, flow, redirect)
        claims = await self._verified(str(tokens.get("id_token", "")), flow)
        if not claims.get("email") or (self._roles and self._claim not in claims):
            claims = {**await self._further(tokens, claims["sub"]), **claims}
        email = claims.get("email") if claims.get("email_verified") is True else ""
        granted = self._granted(claims.get(self._claim))
        return Vouched(f"{self.issuer} {claims['sub']}", email if isinstance(email, str) else "", granted), flow.then

    def _sealing(self) -> "Fernet":
        from cryptography.fernet import Fernet

        return Fernet(base64.urlsafe_b64encode(self._secret.derived("oidc")))

    def _opened(self, sealed: str) -> Flow:
        from cryptography.fernet import InvalidToken

        try:
            return Flow(**orjson.loads(self._sealing().decrypt(sealed.encode("ascii", "replace"), LONGEST)))
        except (InvalidToken, ValueError, TypeError):
            raise Denied("the browser has no sign-in under way, or it took too long") from None

    async def _tokens(self, code: str, flow: Flow, redirect: str) -> dict[str, Any]:
        about = await self._description()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect,
                "code_verifier": flow.verifier}  # fmt: skip
        ways = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if "client_secret_basic" in ways:
            return await self._asked(
                "POST", about["token_endpoint"], data=form, auth=(self._client_id, self._client_secret)
            )
        form |= {"client_id": self._client_id, "client_secret": self._client_secret}
        return await self._asked("POST", about["token_endpoint"], data=form)

    async def _verified(self, token: str, flow: Flow) -> dict[str, Any]:
        """The claims of an ID token (OpenID Connect Core, 3.1.3.7)."""
        import jwt

        try:
            key = await self._key(jwt.get_unverified_header(token).get("kid"))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=SIGNED_BY,
                audience=self._client_id,
                issuer=(await self._description())["issuer"],
                leeway=LEEWAY,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except jwt.PyJWTError as error:
            raise Denied(f"the ID token does not hold ({type(error).__name__})") from None
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self._client_id:
            raise Denied("the ID token is another party's")
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), flow.nonce.encode()):
            raise Denied("the nonce is not the one that was sent along")
        return claims

    async def _further(self, tokens: Mapping[str, Any], subject: str) -> dict[str, Any]:
        """What the provider's page about the user says, where the ID token is thin."""
        where = (await self._description()).get("userinfo_endpoint")
        token = tokens.get("access_token")
        if not where or not isinstance(token, str):
            return {}
        said = await self._asked("GET", where, headers={"Authorization": f"Bearer {token}"})
        if said.get("sub") != subject:
            raise Denied("the page about the user is another's")
        return said

    async def _key(self, kid: str | None) -> Any:
        import jwt

        now = monotonic()
        for attempt in (0, 1):
            if self._keys is None or now - self._keys[0] > FRESH or (attempt and now - self._keys[0] > AGAIN):
                raw = await self._asked("GET", (await self._description())["jwks_uri"])
                self._keys = now, jwt.PyJWKSet.from_dict(raw)
            for key in self._keys[1].keys:
                if key.public_key_use in (None, "sig") and (kid is None or key.key_id == kid):
                    return key
        raise Denied("the ID token is signed with a key that the provider does not name")

    async def _description(self) -> dict[str, Any]:
        now = monotonic()
        if self._described is None or now - self._described[0] > FRESH:
            about = await self._asked("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            if about.get("issuer", "").rstrip("/") != self.issuer.rstrip("/"):
                raise Denied("the provider calls itself by another name than DQ_OIDC_ISSUER")
            if not all(isinstance(about.get(name), str) for name in _ENDPOINTS):
                raise Denied("the provider's description is not whole")
            self._described = now, about
        return self._described[1]

    async def _asked(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        import httpx2

        try:
            async with httpx2.AsyncClient(timeout=PATIENCE, follow_redirects=False) as client:
                answer = await client.request(method, url, **more)
                if answer.status_code != 200:
                    raise Denied(f"the provider answered {answer.status_code}")
                said = orjson.loads(answer.content)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            log.warning("the identity provider cannot be asked: %s", told(error))
            raise Denied("the provider cannot be asked") from None
        if not isinstance(said, dict):
            raise Denied("the provider's answer is no object")
        return said

    def _granted(self, values: Any) -> tuple[str, str | None] | None:
        """The strongest role that the values of the claim give."""
        given: Sequence[Any] = values if isinstance(values, list) else [values]
        found = [self._roles[one] for one in given if isinstance(one, str) and one in self._roles]
        roles = [role.partition(":")[::2] for role in found]
        known = [(role, partner or None) for role, partner in roles if role in ROLES]
        return min(known, key=lambda one: _STRONGEST[one[0]], default=None)


_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
