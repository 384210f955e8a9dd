"""API keys: made, rotated, revoked, and recognised within microseconds.

A key is `dq_live_` or `dq_test_`, eight characters that name it, `_`, and 43 characters of secret (256 bits). Of the
secret only its HMAC-SHA256 under the installation's secret is kept.
"""

import asyncio
import base64
import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import inf
from typing import Final

from dq_service.faults import told
from dq_service.service.access import KEY_SCOPES, PERMISSIONS, UNSCOPED, Caller, Permission
from dq_service.service.errands import Declined
from dq_service.service.secret import Secret
from dq_service.store import access as stored
from dq_service.store.access import Key
from dq_service.store.audit import append
from dq_service.store.database import Database
from dq_service.store.kept import Note
from dq_service.store.schema import column_text
from dq_service.store.trouble import Conflict, Unavailable

log = logging.getLogger(__name__)

LIVE, TEST = "dq_live_", "dq_test_"
LENGTH: Final = 60
OVERLAP: Final = timedelta(hours=24)  # how long a key goes on beside its successor
EVERY: Final = 1.0  # seconds between two looks at what has changed
WRITTEN: Final = 60.0  # seconds between two notes of which keys were used
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another


def make(
    database: Database,
    secret: Secret,
    *,
    partner: str | None = None,
    scopes: Sequence[str] = (),
    test: bool = False,
    name: str = "",
    expires_at: datetime | None = None,
    by: str,
    now: datetime,
) -> tuple[str, Key]:
    """A new key: its text, which is told this once, and what is kept of it. Raises Declined, Unavailable."""
    wanted = _wanted(scopes, partner)
    known_partner(partner)
    if expires_at is not None and expires_at <= now:
        raise Declined("a key that ends before it begins is of no use")
    for _ in range(3):
        text, new = _minted(secret, test=test, now=now)
        new = replace(new, name=column_text(name), partner=partner, scopes=wanted, created_by=by, expires_at=expires_at)
        try:
            with database.writing() as connection:
                stored.add_key(connection, new)
                append(connection, [_note("key.create", new, by, now)])
        except Conflict:  # the same eight characters, once in 8 * 10^11
            continue
        return text, new
    raise Unavailable("busy", 1)


def rotate(
    database: Database, secret: Secret, prefix: str, *, overlap: timedelta = OVERLAP, by: str, now: datetime
) -> tuple[str, Key, datetime]:
    """A successor with the same rights, and until when the old one goes on. Raises Declined, Unavailable."""
    with database.writing() as connection:
        old = _there(stored.key(connection, prefix))
        if ended(old, now):
            raise Declined(f"key {old.prefix} has ended; make a new one")
        text, new = _minted(secret, test=old.test, now=now)
        expires_at = old.expires_at and now + (old.expires_at - old.created_at)  # as long as it was given first
        new = replace(new, name=old.name, partner=old.partner, scopes=old.scopes, created_by=by, follows=old.prefix,
                      expires_at=expires_at)  # fmt: skip
        end = now + overlap if old.expires_at is None else min(old.expires_at, now + overlap)
        stored.add_key(connection, new)
        stored.change_key(connection, old.prefix, expires_at=end)
        append(connection, [_note("key.rotate", new, by, now, old=old.prefix, old_ends=end.isoformat())])
    return text, new, end


def revoke(database: Database, prefix: str, *, by: str, now: datetime) -> Key:
    """Ends a key at once: within two seconds no worker takes it any more. Raises Declined, Unavailable."""
    with database.writing() as connection:
        key = _there(stored.key(connection, prefix))
        if key.revoked_at is None:
            stored.change_key(connection, key.prefix, revoked_at=now)
            append(connection, [_note("key.revoke", key, by, now)])
    return replace(key, revoked_at=key.revoked_at or now)


def every(database: Database) -> list[Key]:
    """All keys there ever were, oldest first. Raises Unavailable."""
    with database.reading() as connection:
        return stored.keys(connection)


def known_partner(partner: str | None) -> None:
    """Raises Declined for a name that is cut or changed where orders are kept: they would not be found by it."""
    if partner is not None and (not partner.strip() or not partner.isprintable() or column_text(partner) != partner):
        raise Declined("a partner's name has 1 to 200 printable characters")


def ended(key: Key, now: datetime) -> bool:
    """Whether a key is taken no more."""
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now)


def prefix_of(text: str) -> str:
    """The eight characters that name a key, of whatever part of it was given."""
    for kind in (LIVE, TEST):
        text = text.removeprefix(kind)
    return text[:8]


def _wanted(scopes: Sequence[str], partner: str | None) -> tuple[Permission, ...]:
    given = set(scopes or KEY_SCOPES)
    if unknown := sorted(given - set(PERMISSIONS)):
        raise Declined(f"no scope '{unknown[0]}'; there are {', '.join(PERMISSIONS)}")
    if partner is not None and (wide := sorted(given & UNSCOPED)):
        raise Declined(f"scope '{wide[0]}' is for everybody's orders; a key of one partner cannot have it")
    return tuple(one for one in PERMISSIONS if one in given)


def _minted(secret: Secret, *, test: bool, now: datetime) -> tuple[str, Key]:
    prefix = "".join(secrets.choice(_LETTERS) for _ in range(8))
    own = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=")
    digest = hmac.digest(secret.derived("keys"), own, "sha256")
    key = Key(prefix, digest, secret.id, "", None, (), test, now, "")
    return f"{TEST if test else LIVE}{prefix}_{own.decode()}", key


def _there(key: Key | None) -> Key:
    if key is None:
        raise Declined("there is no such key; dq keys list names them")
    return key


def _note(action: str, key: Key, by: str, now: datetime, **more: str) -> Note:
    detail = {"scopes": list(key.scopes), "test": key.test, "name": key.name, **more}
    return Note(now, by, action, f"key:{key.prefix}", key.partner or "", detail)


@dataclass(frozen=True, slots=True)
class _Known:
    digest: bytes
    caller: Caller
    until: float  # seconds since 1970; infinity where it does not end
    start: bytes  # the whole public part, with the `_` after it


class KeyRing:
    """The keys as one worker knows them: taken anew when one was made or changed, within two seconds."""

    def __init__(self, database: Database, secret: Secret, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._secret = secret
        self._clock = clock
        self._under = secret.derived("keys")
        self._known: dict[bytes, _Known] = {}
        self._right: dict[bytes, _Known] = {}  # by a hash of the whole key, once it was verified: a third of the time
        self._seen: tuple[int, int] | None = None
        self._used: set[str] = set()
        self._noted: dict[str, date] = {}
        self.closed = False  # a key was made once: who asks must say who they are

    def caller(self, text: bytes) -> Caller | None:
        """Whose key this is; None where it is nobody's, or has ended."""
        digest = hashlib.sha256(text).digest()
        known = self._right.get(digest) or self._verified(text, digest)
        if known is None:
            return None
        if known.until != inf and known.until <= self._clock().timestamp():
            return None
        self._used.add(known.caller.name)
        return known.caller

    def _verified(self, text: bytes, digest: bytes) -> _Known | None:
        right = self._right  # before the rest: `look` gives a new one last
        known = self._known.get(text[8:16]) if len(text) == LENGTH else None
        if known is None or text[:17] != known.start:
            return None
        keyed = hmac.digest(self._under, text[17:], "sha256")
        if not hmac.compare_digest(keyed, known.digest):
            return None
        right[digest] = known
        return known

    def look(self) -> None:
        """Takes what has changed. Raises Unavailable."""
        with self._database.reading() as connection:
            seen = stored.keys_seen(connection)
            if seen == self._seen:
                return
            keys = stored.keys(connection)
        foreign = [key.prefix for key in keys if key.secret_id != self._secret.id and key.revoked_at is None]
        if foreign:
            log.error("%d keys were made under another secret (DQ_SECRET, or `secret` in the data folder) and are "
                      "not taken: %s", len(foreign), ", ".join(foreign[:10]))  # fmt: skip
        self._known = {key.prefix.encode(): _known(key) for key in keys if key.revoked_at is None}
        self._right = {}
        self.closed = bool(keys)
        self._seen = seen

    async def run(self) -> None:
        """Looks each second, until it is cancelled, and writes down each minute which keys were used."""
        rounds = 0
        while True:
            await asyncio.sleep(EVERY)
            rounds += 1
            try:
                await asyncio.to_thread(self.look)
                if rounds % int(WRITTEN / EVERY) == 0:
                    await asyncio.to_thread(self.write_down)
            except (Unavailable, Conflict):  # what is known stays known
                continue
            except Exception as broke:
                log.error("the keys cannot be looked at: %s", told(broke))

    def write_down(self) -> None:
        """The day on which keys were last used, where it is not written yet. Raises Unavailable."""
        used, self._used = self._used, set()
        today = self._clock().date()
        days = {name.partition(":")[2]: today for name in used if self._noted.get(name) != today}
        if days:
            with self._database.writing() as connection:
                stored.used(connection, days)
            self._noted.update(dict.fromkeys(used, today))


def _known(key: Key) -> _Known:
    caller = Caller(f"key:{key.prefix}", frozenset(key.scopes), key.partner, key.test)  # type: ignore[arg-type]
    until = inf if key.expires_at is None else key.expires_at.timestamp()
    return _Known(key.digest, caller, until, f"{TEST if key.test else LIVE}{key.prefix}_".encode())
