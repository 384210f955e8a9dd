"""How a request becomes a command for the ledger, and what the ledger refuses becomes a problem."""

import re
from collections.abc import Mapping
from typing import Final

from starlette.types import Scope

from dq_service.intake.json_text import Unreadable, read
from dq_service.intake.record import Record
from dq_service.order import JSON
from dq_service.service.access import Caller
from dq_service.service.commands import ANY, Arrive, Reason, Refused, Revisions
from dq_service.service.group import Asked, Once, OtherBody
from dq_service.service.ledger import InFlight, Ledger, Overloaded
from dq_service.service.versions import digest_of, digest_of_bytes, identity_of, version_of
from dq_service.store.kept import Step, Version
from dq_service.store.trouble import Unavailable
from dq_service.web.api.body import header, headers
from dq_service.web.api.problem import Refusal

ASK: Final = {"WWW-Authenticate": 'Bearer realm="dq-service"'}
KEY_LENGTH: Final = 255  # characters of an Idempotency-Key
_KEY = re.compile(r'"((?:[^"\\]|\\.)*)"|([!-~]+)')  # a structured field's string, or the same without its quotes
_TAG = re.compile(r'[ \t]*(?:(W/)?"([!#-~\x80-\xff]*)")?[ \t]*(?:,|$)')  # an entity tag of a list, or nothing
_REVISION = re.compile(r"[1-9]\d{0,8}")
_STATUS: Final[Mapping[Reason, int]] = {"unknown": 404, "older": 412}


async def carried_out(ledger: Ledger, asked: Asked) -> Step:
    """The ledger's step. Raises Refusal: 404, 409, 412, 422, or 503 with Retry-After."""
    try:
        return await ledger.carry_out(asked)
    except Refused as refused:
        raise Refusal(_STATUS.get(refused.reason, 409), refused.text, reason=refused.reason) from None
    except InFlight:
        text = "A request with this Idempotency-Key is being carried out; ask again for its answer."
        raise Refusal(409, text, {"Retry-After": "1"}, header="Idempotency-Key") from None
    except OtherBody:
        text = "This Idempotency-Key came with another body before; a new request wants a new key."
        raise Refusal(422, text, header="Idempotency-Key") from None
    except Overloaded:
        raise Refusal(503, "More is waiting than can be kept soon.", {"Retry-After": "1"}) from None
    except Unavailable as trouble:
        raise unavailable(trouble) from None


def unavailable(trouble: Unavailable) -> Refusal:
    """The problem of a database that cannot be asked or written now: 503."""
    return Refusal(503, "Orders cannot be kept or read now.", {"Retry-After": str(max(1, trouble.retry_after))})


def caller_of(scope: Scope) -> Caller:
    """Who calls, as the door has it. Raises Refusal 401 where nobody let them in."""
    caller: Caller | None = scope.get("state", {}).get("caller")
    if caller is None:
        raise Refusal(401, "Say who you are: Authorization: Bearer KEY, or sign in.", ASK)
    return caller


def partner_for(caller: Caller, named: str) -> str:
    """The partner that a call is about: the one named, of a partner's caller always their own. Raises Refusal 403."""
    if caller.partner is None:
        return named
    if named and named != caller.partner:
        raise Refusal(403, "This caller is of another partner.", reason="partner")
    return caller.partner


def arriving(
    raw: bytes,
    named: str,
    caller: Caller,
    *,
    milliseconds: int | None = None,
    once: str = "",
    if_match: Revisions | None = None,
    backfill: bool = False,
    mapped: Record | None = None,
) -> Asked:
    """A body as the command that keeps it, from a caller; `named` is `partner_for` them.

    `milliseconds` are what its check may take, None: as long as it takes.

    `mapped`: what a profile has made of these bytes.
    """
    order: JSON | None = None
    trouble: Unreadable | None = None
    if mapped is not None:
        trouble = mapped.trouble
        order = mapped.order if trouble is None else None
    else:
        try:
            value = read(raw)
            order = value if type(value) is dict else None
        except Unreadable as unread:
            trouble = unread
    digest = digest_of_bytes(raw) if order is None else digest_of(order)
    arrive = Arrive(
        identity_of(order, named, digest, caller.test),
        raw,
        order,
        digest,
        version_of(order) if order is not None else Version(),
        backfill=backfill,
        if_match=if_match,
        mapped=mapped is not None and order is not None,
    )
    key = Once(caller.scope(arrive.identity.partner), once, digest_of_bytes(raw)) if once else None
    return Asked(arrive, arrive.identity, named=named, milliseconds=milliseconds, trouble=trouble, once=key)


def key_of(scope: Scope) -> str:
    """The Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), `""` without one. Raises Refusal 400."""
    given = header(scope, b"idempotency-key")
    if given is None:
        return ""
    found = _KEY.fullmatch(given.decode("latin-1"))
    key = re.sub(r"\\(.)", r"\1", found[1]) if found and found[1] is not None else found[2] if found else ""
    if not key or len(key) > KEY_LENGTH or not key.isascii() or not key.isprintable():
        text = f"Idempotency-Key wants 1 to {KEY_LENGTH} printable ASCII characters, best a UUID."
        raise Refusal(400, text, header="Idempotency-Key")
    return key


def revision_of(scope: Scope) -> Revisions | None:
    """The revisions that If-Match names (RFC 9110, 13.1.1); None without one. Raises Refusal 400.

    A weak tag, or one that is none of ours, matches nothing.
    """
    given = headers(scope, b"if-match")
    if not given:
        return None
    text = b",".join(given).decode("latin-1")
    if text == "*":
        return ANY
    revisions, tags, place = set(), 0, 0
    while place < len(text):
        found = _TAG.match(text, place)
        if found is None:
            raise _no_tags()
        if found[2] is not None:
            tags += 1
            if not found[1] and _REVISION.fullmatch(found[2]):
                revisions.add(int(found[2]))
        place = found.end()
    if not tags:
        raise _no_tags()
    return revisions


def _no_tags() -> Refusal:
    text = 'If-Match wants revisions as their ETags give them, "3" or "3", "4", or *.'
    return Refusal(400, text, header="If-Match")
